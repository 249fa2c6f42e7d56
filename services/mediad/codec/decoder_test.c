/*
 * decoder_test.c - sizes that a codec's library must never see, comfort noise
 * and resampling.
 */
#include "services/mediad/codec/decoder.h"

#include "lib/test/test.h"
#include "services/mediad/codec/encoder.h"
#include "services/mediad/codec/noise.h"
#include "services/mediad/codec/resampler.h"
#include "services/mediad/codec/setup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int16_t pcm[DECODER_SAMPLES_MAX];
static uint8_t payload[2048];

static void begin(void)
{
	static bool done;

	if (!done)
		CHECK(codec_setup(&(struct codec_setup){
			.opus_complexity = CODEC_OPUS_COMPLEXITY}));
	done = true;
}

static int decoded(enum codec codec, enum codec what, size_t size, size_t cap)
{
	struct decoder *decoder = decoder_new(codec, 48000);
	int samples = decoder_decode(decoder, what, payload, size, pcm, cap);

	decoder_free(decoder);
	return samples;
}

TEST(sizes_that_are_none_are_refused_before_the_codec_sees_them)
{
	begin();
	memset(payload, 0, sizeof(payload));
	CHECK_INT(decoded(CODEC_PCMU, CODEC_PCMU, 0, 9999), -1);
	CHECK_INT(decoded(CODEC_PCMU, CODEC_PCMU, 960, 9999), 960);
	CHECK_INT(decoded(CODEC_PCMU, CODEC_PCMU, 961, 9999), -1);
	CHECK_INT(decoded(CODEC_PCMU, CODEC_PCMU, 160, 159), -1);
	CHECK_INT(decoded(CODEC_PCMU, CODEC_PCMA, 160, 9999), -1);
	CHECK_INT(decoded(CODEC_G722, CODEC_G722, 960, 9999), 1920);
	CHECK_INT(decoded(CODEC_G722, CODEC_G722, 961, 9999), -1);
	CHECK_INT(decoded(CODEC_G722, CODEC_G722, 160, 319), -1);
	/* A table of contents that says 60 ms, and six of them. */
	payload[0] = 0x18;
	CHECK_INT(decoded(CODEC_OPUS, CODEC_OPUS, 100, 9999), 2880);
	CHECK_INT(decoded(CODEC_OPUS, CODEC_OPUS, 100, 2879), -1);
	payload[0] = 0x1b;
	payload[1] = 6;
	CHECK_INT(decoded(CODEC_OPUS, CODEC_OPUS, 100, 9999), -1);
	payload[1] = 0;
	CHECK_INT(decoded(CODEC_OPUS, CODEC_OPUS, 100, 9999), -1);
	CHECK_INT(decoded(CODEC_OPUS, CODEC_OPUS, 1, 9999), -1);
	CHECK_INT(decoded(CODEC_OPUS, CODEC_OPUS, 0, 9999), -1);
}

TEST(g729_comes_in_frames_of_ten_bytes_and_one_of_two_at_the_end)
{
	begin();
	if (!codec_is_there(CODEC_G729))
		return;
	memset(payload, 0, sizeof(payload));
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 0, 9999), -1);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 2, 9999), 80);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 10, 9999), 80);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 22, 9999), 240);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 11, 9999), -1);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 8, 9999), -1);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 20, 159), -1);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 120, 9999), 960);
	CHECK_INT(decoded(CODEC_G729, CODEC_G729, 122, 9999), -1);
}

TEST(comfort_noise_belongs_to_codecs_of_its_clock_that_have_none)
{
	begin();
	payload[0] = 50;
	CHECK_INT(decoded(CODEC_PCMA, CODEC_CN, 1, 9999), 0);
	CHECK_INT(decoded(CODEC_G722, CODEC_CN, 1, 9999), 0);
	CHECK_INT(decoded(CODEC_OPUS, CODEC_CN, 1, 9999), -1);
	CHECK_INT(decoded(CODEC_PCMA, CODEC_CN, 0, 9999), -1);
}

TEST(noise_is_as_loud_as_its_payload_says_however_it_is_coloured)
{
	static const uint8_t colours[][12] = {
		{40},
		{40, 127, 127},
		{40, 220},
		{40, 30, 200, 90},
		{40, 230, 30, 200},
		{40 | 0x80, 1},
	};
	static const size_t sizes[] = {1, 3, 2, 4, 4, 2};
	int16_t sound[16000];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct noise noise = {0};

		CHECK(noise_read(&noise, colours[i], sizes[i]));
		noise_make(&noise, sound, 16000);
		CHECK(abs((int)noise_level(sound, 16000) - 40) <= 3);
	}
}

TEST(the_strangest_colours_are_no_louder_than_sound_can_be)
{
	uint8_t strange[40] = {0};
	struct noise noise = {0};

	for (size_t i = 1; i < sizeof(strange); i++)
		strange[i] = i % 2 ? 255 : 0;
	CHECK(noise_read(&noise, strange, sizeof(strange)));
	noise_make(&noise, pcm, 960);
	CHECK_INT(noise.order, NOISE_ORDER_MAX);
	CHECK(!noise_read(&noise, strange, 0));
}

TEST(a_pause_that_nobody_described_is_silence)
{
	struct decoder *decoder;

	begin();
	decoder = decoder_new(CODEC_PCMU, 8000);
	pcm[0] = pcm[159] = 1;
	decoder_pause(decoder, pcm, 160);
	CHECK_INT(pcm[0] | pcm[159], 0);
	CHECK(!decoder_pauses(decoder));
	payload[0] = 30;
	CHECK_INT(decoder_decode(decoder, CODEC_CN, payload, 1, pcm, 160), 0);
	CHECK(decoder_pauses(decoder));
	decoder_pause(decoder, pcm, 160);
	CHECK(abs((int)noise_level(pcm, 160) - 30) <= 3);
	/* Speech ends it. */
	CHECK_INT(decoder_decode(decoder, CODEC_PCMU, payload, 160, pcm, 160),
		  160);
	decoder_pause(decoder, pcm, 160);
	CHECK_INT(noise_level(pcm, 160), NOISE_LEVEL_MAX);
	decoder_free(decoder);
}

TEST(other_rates_have_as_much_sound_as_high_and_as_loud)
{
	static const uint32_t rates[][2] = {{8000, 16000},  {16000, 8000},
					    {8000, 48000},  {48000, 8000},
					    {16000, 48000}, {48000, 16000}};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint32_t from = rates[i][0], to = rates[i][1];
		struct resampler *resampler = resampler_new(from, to);
		int16_t in[960], out[960];
		double power = 0;
		size_t total = 0;

		for (uint32_t f = 0; f < 50; f++) {
			size_t samples = from / 50, given;

			for (size_t n = 0; n < samples; n++)
				in[n] = (int16_t)(8000 *
						  sin(2 * M_PI * 1000 *
						      (double)(f * samples +
							       n) /
						      from));
			given = resampler_run(resampler, in, samples, out, 960);
			CHECK_INT(given, to / 50);
			for (size_t n = 0; f >= 25 && n < given; n++, total++)
				power += (double)out[n] * out[n];
		}
		CHECK(fabs(10 * log10(power / (double)total / 32e6)) < 0.1);
		resampler_free(resampler);
	}
	CHECK(!resampler_new_fine(3999, 8000));
	CHECK(!resampler_new_fine(44100, 192001));
	CHECK(!resampler_free(resampler_new_fine(44100, 8000)));
}

TEST_MAIN()
