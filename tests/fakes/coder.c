/*
 * coder.c - what a story's phone says and hears, in any codec that mediad has:
 *
 *   coder encode CODEC MS HERTZ SECONDS LOSS
 *                        a tone, in packets of MS, to stdout, for a network
 * that loses LOSS of a hundred packets (Opus says things twice) coder decode
 * CODEC   packets from stdin, samples to stdout
 *
 * A packet is two bytes of size, one that is 1 for comfort noise, and its
 * payload. Samples are 16 bits, little-endian, at 16000 Hz where the codec can,
 * at 8000 otherwise. It uses services/mediad/codec, whose own tests say whether
 * that is right; baresip is at the other end wherever it has the codec.
 */
#include "services/mediad/codec/decoder.h"
#include "services/mediad/codec/encoder.h"
#include "services/mediad/codec/setup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 16000
#define AMPLITUDE 16384
#define PAYLOAD_MAX 1500

static enum codec named(const char *name)
{
	enum codec codecs[CODEC_AUDIO_MAX];

	return codec_list(name, codecs) == 1 ? codecs[0] : CODEC_NONE;
}

static int encode(enum codec codec, unsigned ms, double hertz, unsigned seconds,
		  unsigned loss)
{
	struct codec_terms terms = {
		.codec = codec, .ptime_ms = ms, .fmtp = {.fec = loss > 0}};
	struct encoder *encoder = encoder_new(&terms, RATE_HZ);
	uint32_t rate_hz = encoder_rate(encoder);
	uint8_t out[ENCODER_BYTES_MAX];
	struct encoded encoded;
	size_t at = 0;

	encoder_expect_loss(encoder, loss);
	while (at < (size_t)rate_hz * seconds) {
		int16_t pcm[RATE_HZ / 100];
		struct sound sound = {pcm, rate_hz / 100};

		for (size_t i = 0; i < sound.samples; i++, at++)
			pcm[i] = (int16_t)(AMPLITUDE *
					   sin(2 * M_PI * hertz * (double)at /
					       rate_hz));
		while (encoder_next(encoder, &sound, out, sizeof(out),
				    &encoded)) {
			uint8_t head[3] = {(uint8_t)(encoded.size >> 8),
					   (uint8_t)(encoded.size & 0xff), 0};

			fwrite(head, 1, sizeof(head), stdout);
			fwrite(out, 1, encoded.size, stdout);
		}
	}
	encoder_free(encoder);
	return 0;
}

static int decode(enum codec codec)
{
	struct decoder *decoder = decoder_new(codec, RATE_HZ);
	size_t frame = decoder_rate(decoder) / 50;
	uint8_t head[3], payload[PAYLOAD_MAX];

	while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
		static int16_t pcm[DECODER_SAMPLES_MAX];
		size_t size = (size_t)head[0] << 8 | head[1];
		int samples;

		if (size > sizeof(payload) ||
		    fread(payload, 1, size, stdin) != size)
			return 1;
		samples =
			decoder_decode(decoder, head[2] ? CODEC_CN : codec,
				       payload, size, pcm, DECODER_SAMPLES_MAX);
		if (samples < 0)
			return 1;
		if (head[2]) {
			samples = (int)frame;
			decoder_pause(decoder, pcm, frame);
		}
		fwrite(pcm, sizeof(*pcm), (size_t)samples, stdout);
	}
	decoder_free(decoder);
	return 0;
}

int main(int argc, char **argv)
{
	enum codec codec;

	codec_setup(&(struct codec_setup){.opus_complexity =
						  CODEC_OPUS_COMPLEXITY});
	codec = argc > 2 ? named(argv[2]) : CODEC_NONE;
	if (codec == CODEC_NONE) {
		fprintf(stderr, "coder: no such codec\n");
		return 2;
	}
	if (argc == 7 && strcmp(argv[1], "encode") == 0)
		return encode(codec, (unsigned)strtoul(argv[3], NULL, 10),
			      strtod(argv[4], NULL),
			      (unsigned)strtoul(argv[5], NULL, 10),
			      (unsigned)strtoul(argv[6], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "decode") == 0)
		return decode(codec);
	fprintf(stderr, "coder: encode CODEC MS HERTZ SECONDS LOSS | "
			"decode CODEC\n");
	return 2;
}
