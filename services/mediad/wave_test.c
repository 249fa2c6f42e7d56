/*
 * wave_test.c - the tone is measured, not compared with a copy of itself.
 */
#include "services/mediad/wave.h"

#include "lib/test/test.h"

#include <math.h>

/* Goertzel: how much of one frequency is in a second of the tone, as dBm0. */
static const char *country = "";

static const uint8_t *ringing(enum codec codec, uint32_t frame)
{
	return wave_frame(wave_of(country), codec, frame);
}

static double level(enum codec codec, double hz, uint32_t first_frame)
{
	const double turn = 2 * acos(-1.0) * hz / CODEC_CLOCK_HZ;
	const double factor = 2 * cos(turn);
	double s1 = 0, s2 = 0;
	const int samples = CODEC_CLOCK_HZ;

	for (int i = 0; i < samples; i++) {
		uint32_t frame = first_frame + (uint32_t)i / G711_FRAME_MAX;
		uint8_t byte = ringing(codec, frame)[i % G711_FRAME_MAX];
		int16_t sample = codec == CODEC_PCMU ? g711_from_ulaw(byte)
						     : g711_from_alaw(byte);
		double s = sample + factor * s1 - s2;

		s2 = s1;
		s1 = s;
	}
	return 20 * log10(2 * sqrt(s1 * s1 + s2 * s2 - factor * s1 * s2) /
				  samples / 32767 +
			  1e-9) +
	       3.14;
}

TEST(both_tones_are_there_at_their_level_in_both_laws)
{
	wave_init();
	for (int codec = CODEC_PCMU; codec <= CODEC_PCMA; codec++) {
		CHECK(fabs(level((enum codec)codec, 440, 0) + 19) < 0.2);
		CHECK(fabs(level((enum codec)codec, 480, 0) + 19) < 0.2);
		CHECK(fabs(level((enum codec)codec, 440, 50) + 19) < 0.2);
	}
}

TEST(nothing_else_is_there)
{
	wave_init();
	CHECK(level(CODEC_PCMU, 425, 0) < -50);
	CHECK(level(CODEC_PCMU, 460, 0) < -50);
	CHECK(level(CODEC_PCMA, 960, 0) < -50);
	CHECK(level(CODEC_PCMA, 1000, 0) < -50);
}

TEST(it_sounds_for_two_seconds_and_pauses_for_four)
{
	wave_init();
	for (int codec = CODEC_PCMU; codec <= CODEC_PCMA; codec++) {
		uint8_t zero =
			codec == CODEC_PCMU ? g711_ulaw(0) : g711_alaw(0);

		for (uint32_t frame = 0; frame < 900; frame++) {
			const uint8_t *bytes =
				ringing((enum codec)codec, frame);
			int sounding = 0;

			for (int i = 0; i < G711_FRAME_MAX; i++)
				sounding += bytes[i] != zero;
			CHECK((sounding > 100) == (frame % 300 < 100));
		}
	}
}

/* Share of the frames of a minute that sound. */
static double share(void)
{
	int sounding = 0;

	for (uint32_t frame = 0; frame < 3000; frame++) {
		const uint8_t *bytes = ringing(CODEC_PCMU, frame);
		int loud = 0;

		for (int i = 0; i < G711_FRAME_MAX; i++)
			loud += bytes[i] != g711_ulaw(0);
		sounding += loud > 50;
	}
	return sounding / 3000.0;
}

TEST(a_country_has_its_own_tone_and_cadence)
{
	wave_init();
	country = "de"; /* 425 Hz, 1 s on, 4 s off */
	CHECK(fabs(level(CODEC_PCMA, 425, 0) + 16) < 0.2);
	CHECK(level(CODEC_PCMA, 440, 0) < -40);
	CHECK(fabs(share() - 0.2) < 0.01);
	country = "uk"; /* 400 and 450 Hz, twice 0.4 s in 3 s */
	CHECK(level(CODEC_PCMU, 400, 0) > -28);
	CHECK(level(CODEC_PCMU, 450, 0) > -28);
	CHECK(fabs(share() - 0.8 / 3) < 0.01);
	country = "jp"; /* 400 Hz, its loudness going up and down */
	CHECK(level(CODEC_PCMU, 384, 0) > -31);
	CHECK(level(CODEC_PCMU, 416, 0) > -31);
	CHECK(fabs(share() - 1.0 / 3) < 0.02);
	country = "nowhere";
	CHECK(fabs(level(CODEC_PCMU, 480, 0) + 19) < 0.2);
	country = "";
}

TEST_MAIN()
