/*
 * opus_test.c - what the other side's fmtp line asks of our Opus is done.
 */
#include "services/mediad/codec/encoder.h"
#include "services/mediad/codec/setup.h"

#include "lib/test/test.h"

#include <math.h>

#define RATE_HZ 16000
#define FRAME (RATE_HZ / 50)
#define SECONDS 4
#define FRAMES (50 * SECONDS)

/* Of some seconds of sound. */
struct sent {
	unsigned packets, bytes, least, most;
	uint8_t toc; /* the last one's first octet */
};

static uint32_t seed;

/* Uneven like a voice, with noise; or as good as silence. */
static int16_t sound_at(unsigned i, bool voice)
{
	double t = (double)i / RATE_HZ;

	seed = seed * 1664525u + 1013904223u;
	if (!voice)
		return (int16_t)((int)(seed >> 31) * 2 - 1);
	return (int16_t)(6000 * fabs(sin(5 * t)) *
				 (sin(1319 * t) + .6 * sin(4587 * t) +
				  .3 * sin(30000 * t)) /
				 2 +
			 (int)(seed >> 23) - 256);
}

static struct sent say(struct codec_fmtp fmtp, bool voice)
{
	struct codec_terms terms = {.codec = CODEC_OPUS, .fmtp = fmtp};
	struct encoder *encoder;
	struct sent sent = {.least = UINT32_MAX};

	CHECK(codec_setup(&(struct codec_setup){.opus_complexity = 5}));
	encoder = encoder_new(&terms, RATE_HZ);
	for (unsigned n = 0; n < FRAMES; n++) {
		int16_t pcm[FRAME];
		uint8_t out[ENCODER_BYTES_MAX];
		struct sound sound = {pcm, FRAME};
		struct encoded encoded;

		for (unsigned i = 0; i < FRAME; i++)
			pcm[i] = sound_at(n * FRAME + i, voice);
		if (!encoder_next(encoder, &sound, out, sizeof(out), &encoded))
			continue;
		sent.packets++;
		sent.bytes += (unsigned)encoded.size;
		sent.toc = out[0];
		if (encoded.size < sent.least)
			sent.least = (unsigned)encoded.size;
		if (encoded.size > sent.most)
			sent.most = (unsigned)encoded.size;
	}
	encoder_free(encoder);
	return sent;
}

static unsigned bits_a_second(struct sent sent)
{
	return sent.bytes * 8 / SECONDS;
}

TEST(maxaveragebitrate_is_kept)
{
	unsigned usual = bits_a_second(say((struct codec_fmtp){0}, true));

	CHECK(usual > 20000 && usual < 32000);
	for (unsigned most = 8000; most <= 16000; most += 4000) {
		struct codec_fmtp fmtp = {.bitrate_max = most};

		CHECK(bits_a_second(say(fmtp, true)) <= most + most / 20);
	}
}

TEST(with_cbr_all_packets_are_as_long)
{
	struct sent sent = say((struct codec_fmtp){.cbr = true}, true);

	CHECK_INT(sent.packets, FRAMES);
	CHECK_INT(sent.least, sent.most);
	sent = say((struct codec_fmtp){0}, true);
	CHECK(sent.least < sent.most);
}

TEST(with_usedtx_silence_is_not_sent_and_without_it_is)
{
	struct codec_fmtp dtx = {.dtx = true};

	CHECK_INT(say((struct codec_fmtp){0}, false).packets, FRAMES);
	CHECK(say(dtx, false).packets < FRAMES / 4);
	CHECK(say(dtx, true).packets > FRAMES * 9 / 10);
}

/* RFC 6716, 3.1: the five upper bits; 8 to 11 are SILK's of 16 kHz. */
TEST(what_cannot_be_played_back_is_not_sent)
{
	struct codec_fmtp narrow = {.playback_hz = 8000};

	CHECK(say((struct codec_fmtp){0}, true).toc >> 3 >= 8);
	CHECK(say(narrow, true).toc >> 3 < 4);
}

TEST(stereo_that_the_other_side_likes_is_sent_as_one_channel)
{
	struct codec_fmtp stereo = {.stereo = true};

	CHECK_INT(say(stereo, true).toc & 4, 0);
}

TEST_MAIN()
