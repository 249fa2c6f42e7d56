/*
 * wav_test.c - heads of recordings.
 */
#include "services/mediad/record/wav.h"

#include "lib/test/test.h"

#include <string.h>

static const struct wav second = {
	.rate = 8000, .channels = 2, .sound = 8000 * 2 * 2};

TEST(a_head_says_what_the_file_holds)
{
	uint8_t head[WAV_HEAD_BYTES];
	struct wav found;

	wav_head(&second, head);
	CHECK(wav_look(head, sizeof(head), &found));
	CHECK_INT(found.rate, 8000);
	CHECK_INT(found.channels, 2);
	CHECK_INT(found.sound, 32000);
	CHECK_INT(wav_ms(&found), 1000);
}

TEST(the_head_is_the_one_that_every_player_knows)
{
	static const uint8_t wanted[WAV_HEAD_BYTES] =
		"RIFF\x24\x7d\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0"
		"\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data\0\x7d\0";
	uint8_t head[WAV_HEAD_BYTES];

	wav_head(&second, head);
	CHECK(memcmp(head, wanted, sizeof(head)) == 0);
}

TEST(what_is_no_head_of_ours_is_refused)
{
	uint8_t head[WAV_HEAD_BYTES];
	struct wav found;

	wav_head(&second, head);
	CHECK(!wav_look(head, sizeof(head) - 1, &found));
	head[22] = 3; /* channels */
	CHECK(!wav_look(head, sizeof(head), &found));
	wav_head(&second, head);
	head[34] = 8; /* bits */
	CHECK(!wav_look(head, sizeof(head), &found));
	memset(head, 0, sizeof(head));
	CHECK(!wav_look(head, sizeof(head), &found));
}

TEST(a_file_that_was_never_there_lasts_no_time)
{
	struct wav none = {0};

	CHECK_INT(wav_ms(&none), 0);
	CHECK_INT(wav_ms(&second), 1000);
}

TEST_MAIN()
