/*
 * g711_test.c - tables against functions, functions against the curves.
 */
#include "services/mediad/codec/g711.h"

#include "lib/test/test.h"

#include <math.h>
#include <stdlib.h>

/* G.711's mu-law curve, mu = 255, over 16-bit samples. */
static double mu_curve(double y)
{
	return (pow(256, y) - 1) / 255 * 32768;
}

TEST(every_code_decodes_and_encodes_to_itself)
{
	for (int code = 0; code < 256; code++) {
		uint8_t byte = (uint8_t)code;
		/* 0x7f is mu-law's second zero. */
		if (byte != 0x7f)
			CHECK_INT(g711_ulaw(g711_from_ulaw(byte)), byte);
		CHECK_INT(g711_alaw(g711_from_alaw(byte)), byte);
	}
}

TEST(the_recoding_tables_are_encode_of_decode)
{
	for (int code = 0; code < 256; code++) {
		uint8_t to_a = (uint8_t)code, to_u = (uint8_t)code;

		g711_recode(CODEC_PCMU, CODEC_PCMA, &to_a, 1);
		CHECK_INT(to_a, g711_alaw(g711_from_ulaw((uint8_t)code)));
		g711_recode(CODEC_PCMA, CODEC_PCMU, &to_u, 1);
		CHECK_INT(to_u, g711_ulaw(g711_from_alaw((uint8_t)code)));
	}
}

TEST(the_same_codec_is_left_alone)
{
	uint8_t bytes[3] = {0, 0x55, 0xff};

	g711_recode(CODEC_PCMA, CODEC_PCMA, bytes, 3);
	CHECK_INT(bytes[0], 0);
	CHECK_INT(bytes[1], 0x55);
	CHECK_INT(bytes[2], 0xff);
}

TEST(ulaw_follows_the_logarithmic_curve)
{
	for (int step = 1; step < 128; step++) {
		double wanted = mu_curve((step + 0.5) / 128);
		int got = g711_from_ulaw((uint8_t)(0xff - step));

		CHECK(fabs(got - wanted) < 12 + wanted * 0.08);
	}
}

TEST(quantising_costs_less_than_a_half_step_of_its_segment)
{
	for (int sample = -32000; sample <= 32000; sample += 7) {
		int u = g711_from_ulaw(g711_ulaw((int16_t)sample));
		int a = g711_from_alaw(g711_alaw((int16_t)sample));

		CHECK(abs(u - sample) <= 5 + abs(sample) / 32);
		CHECK(abs(a - sample) <= 8 + abs(sample) / 32);
	}
}

TEST(known_codes_of_the_recommendation)
{
	CHECK_INT(g711_ulaw(0), 0xff);
	CHECK_INT(g711_alaw(0), 0xd5);
	CHECK_INT(g711_ulaw(INT16_MAX), 0x80);
	CHECK_INT(g711_ulaw(INT16_MIN), 0x00);
	CHECK_INT(g711_alaw(INT16_MAX), 0xaa);
	CHECK_INT(g711_alaw(INT16_MIN), 0x2a);
}

TEST_MAIN()
