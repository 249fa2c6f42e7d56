/*
 * codecs.c - what the codecs cost: µs of CPU for 20 ms of sound, each alone,
 * and each pair as mediad joins them. The sound is uneven like speech, for the
 * codecs' work depends on it; the time is this thread's, whatever else runs.
 */
#include "services/mediad/codec/resampler.h"
#include "services/mediad/codec/setup.h"
#include "services/mediad/codec/transcoder.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#define FRAMES 500 /* 10 s */
#define RATE_MAX 48000

static const enum codec codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722,
				    CODEC_OPUS, CODEC_G729};
#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

static int16_t speech[RATE_MAX / 50 * FRAMES];
static uint8_t packets[FRAMES][ENCODER_BYTES_MAX];
static size_t sizes[FRAMES];

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void speak(uint32_t rate_hz)
{
	uint32_t seed = 12345;

	for (size_t i = 0; i < rate_hz / 50 * FRAMES; i++) {
		double t = (double)i / rate_hz;
		double loud = fmax(0, sin(2 * M_PI * 1.7 * t)) * 6000;

		seed = seed * 1664525u + 1013904223u;
		speech[i] = (int16_t)(loud *
					      (sin(2 * M_PI * 210 * t) +
					       .6 * sin(2 * M_PI * 730 * t) +
					       .3 * sin(2 * M_PI * 2150 * t)) /
					      2 +
				      (int)(seed >> 24) - 128);
	}
}

/* Fills 'packets'. */
static double encode_us(enum codec codec, uint32_t rate_hz)
{
	struct codec_terms terms = {.codec = codec};
	struct encoder *encoder = encoder_new(&terms, rate_hz);
	size_t frame = rate_hz / 50;
	double began;

	speak(rate_hz);
	began = now_us();
	for (size_t i = 0; i < FRAMES; i++) {
		struct sound sound = {speech + i * frame, frame};
		struct encoded encoded = {.size = 0};

		encoder_next(encoder, &sound, packets[i], ENCODER_BYTES_MAX,
			     &encoded);
		sizes[i] = encoded.size;
	}
	encoder_free(encoder);
	return (now_us() - began) / FRAMES;
}

static double decode_us(enum codec codec, uint32_t rate_hz)
{
	struct decoder *decoder = decoder_new(codec, rate_hz);
	static int16_t pcm[DECODER_SAMPLES_MAX];
	double began = now_us();

	for (size_t i = 0; i < FRAMES; i++)
		decoder_decode(decoder, codec, packets[i], sizes[i], pcm,
			       DECODER_SAMPLES_MAX);
	decoder_free(decoder);
	return (now_us() - began) / FRAMES;
}

static double join_us(enum codec from, enum codec to)
{
	struct codec_terms terms = {.codec = to};
	struct transcoder *transcoder = transcoder_new(from, &terms);
	double began;

	encode_us(from, decoder_rate_of(from, RATE_MAX));
	began = now_us();
	for (size_t i = 0; i < FRAMES; i++) {
		uint8_t out[ENCODER_BYTES_MAX];
		struct encoded encoded;

		transcoder_take(transcoder, from, packets[i], sizes[i]);
		while (transcoder_next(transcoder, out, sizeof(out), &encoded))
			;
	}
	transcoder_free(transcoder);
	return (now_us() - began) / FRAMES;
}

static double resample_us(uint32_t from_hz, uint32_t to_hz)
{
	struct resampler *resampler = resampler_new(from_hz, to_hz);
	size_t frame = from_hz / 50;
	int16_t out[RATE_MAX / 50];
	double began;

	speak(from_hz);
	began = now_us();
	for (size_t i = 0; i < FRAMES; i++)
		resampler_run(resampler, speech + i * frame, frame, out,
			      RATE_MAX / 50);
	resampler_free(resampler);
	return (now_us() - began) / FRAMES;
}

static void alone(void)
{
	static const uint32_t rates[] = {8000, 16000, 48000};

	puts("codec\trate\tencode us\tdecode us");
	for (size_t i = 0; i < CODECS; i++)
		for (size_t j = 0; j < 3; j++) {
			double encode, decode;

			if (!codec_is_there(codecs[i]) ||
			    decoder_rate_of(codecs[i], rates[j]) != rates[j])
				continue;
			encode = encode_us(codecs[i], rates[j]);
			decode = decode_us(codecs[i], rates[j]);
			printf("%s\t%u\t%.1f\t%.1f\n",
			       codec_rows[codecs[i]].name, rates[j], encode,
			       decode);
		}
}

int main(void)
{
	codec_setup(&(struct codec_setup){.opus_complexity =
						  CODEC_OPUS_COMPLEXITY});
	alone();
	puts("from\tto\tus");
	for (size_t i = 0; i < CODECS; i++)
		for (size_t j = 0; j < CODECS; j++)
			if (i != j && codec_is_there(codecs[i]) &&
			    codec_is_there(codecs[j]))
				printf("%s\t%s\t%.1f\n",
				       codec_rows[codecs[i]].name,
				       codec_rows[codecs[j]].name,
				       join_us(codecs[i], codecs[j]));
	puts("resampled\tto\tus");
	printf("8000\t16000\t%.1f\n", resample_us(8000, 16000));
	printf("16000\t8000\t%.1f\n", resample_us(16000, 8000));
	printf("16000\t48000\t%.1f\n", resample_us(16000, 48000));
	printf("48000\t8000\t%.1f\n", resample_us(48000, 8000));
	return 0;
}
