/*
 * voice_test.c - who is taken for speaking.
 */
#include "services/mediad/record/voice.h"

#include "lib/test/test.h"

#include <math.h>
#include <stdlib.h>

#define FRAME 160

static bool hear(struct voice *voice, double amplitude, unsigned frames)
{
	int16_t pcm[FRAME];
	bool heard = false;

	for (unsigned f = 0; f < frames; f++) {
		for (unsigned i = 0; i < FRAME; i++)
			pcm[i] =
				(int16_t)(amplitude * sin((double)i * 0.7 + f));
		heard = voice_heard(voice, pcm, FRAME);
	}
	return heard;
}

TEST(silence_is_none_and_a_voice_is_one)
{
	struct voice voice = {0};

	CHECK(!hear(&voice, 0, 50));
	CHECK(hear(&voice, 3000, 1));
	CHECK(hear(&voice, 600, 1));
	CHECK(!hear(&voice, 0, 1));
}

TEST(a_voice_that_speaks_at_once_is_heard)
{
	struct voice voice = {0};

	CHECK(hear(&voice, 500, 1));
}

TEST(a_line_that_hums_is_silent)
{
	struct voice voice = {0};

	CHECK(!hear(&voice, 40, 100));
	hear(&voice, 200, 1500);
	CHECK(!hear(&voice, 200, 1));
	CHECK(hear(&voice, 1500, 1));
}

TEST(a_long_loud_speech_never_becomes_silence)
{
	struct voice voice = {0};

	CHECK(hear(&voice, 6000, 3000));
}

TEST_MAIN()
