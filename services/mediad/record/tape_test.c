/*
 * tape_test.c - who is heard when in a recording.
 */
#include "services/mediad/record/tape.h"

#include "lib/test/test.h"

#define RATE 8000
#define FRAME 160
#define FRAME_MS 20

static struct tape tape;
static int16_t out[TAPE_SIDES * TAPE_FRAME_MAX];
static int64_t now;
static size_t frames;    /* that came out */
static int16_t first[2]; /* samples of the last one */

static void begin(bool dual)
{
	now = 1000000;
	frames = 0;
	tape_end(&tape);
	tape_begin(&tape, RATE, dual, now);
}

static void drain(void)
{
	while (tape_take(&tape, out, now) > 0) {
		frames++;
		first[0] = out[0];
		first[1] = out[1];
	}
}

/* 'count' ticks, at each of which either side says its number, or nothing. */
static void tick(unsigned count, int16_t a, int16_t b)
{
	int16_t pcm[2][FRAME];

	for (unsigned i = 0; i < FRAME; i++) {
		pcm[0][i] = a;
		pcm[1][i] = b;
	}
	while (count--) {
		now += FRAME_MS;
		if (a)
			tape_put(&tape, 0, pcm[0], FRAME, now);
		if (b)
			tape_put(&tape, 1, pcm[1], FRAME, now);
		drain();
	}
}

TEST(both_sides_are_added_and_limited)
{
	begin(false);
	tick(10, 100, 20);
	CHECK_INT(frames, 10);
	CHECK_INT(first[0], 120);
	tick(1, 30000, 30000);
	CHECK_INT(first[0], INT16_MAX);
}

TEST(a_channel_a_side)
{
	begin(true);
	tick(10, 100, 20);
	CHECK_INT(first[0], 100);
	CHECK_INT(first[1], 20);
}

TEST(a_side_that_says_nothing_is_silence_and_waited_for_briefly)
{
	begin(true);
	tick(50, 100, 0);
	CHECK_INT(frames, 50 - TAPE_SLACK_MS / FRAME_MS);
	CHECK_INT(first[0], 100);
	CHECK_INT(first[1], 0);
	tick(50, 100, 7);
	CHECK_INT(frames, 100);
	CHECK_INT(first[1], 7);
}

TEST(a_recording_lasts_as_long_as_the_call_though_nobody_speaks)
{
	begin(false);
	tick(100, 0, 0);
	while (tape_take_rest(&tape, out, now) > 0)
		frames++;
	CHECK_INT(frames, 100);
}

TEST(a_pause_takes_no_time_or_is_silence)
{
	begin(false);
	tick(10, 100, 20);
	tape_pause(&tape, false, now);
	tick(100, 100, 20);
	CHECK_INT(frames, 10);
	tape_go_on(&tape, now);
	tick(10, 100, 20);
	CHECK_INT(frames, 20);
	tape_pause(&tape, true, now);
	tick(100, 100, 20);
	tape_go_on(&tape, now);
	tick(10, 100, 20);
	CHECK_INT(frames, 130);
	CHECK_INT(first[0], 120);
}

TEST(a_fast_clock_is_held_back)
{
	int16_t pcm[FRAME] = {5};

	begin(false);
	for (unsigned i = 0; i < 1000; i++) {
		now += FRAME_MS;
		tape_put(&tape, 0, pcm, FRAME, now);
		if (i % 10 == 0) /* ten per cent more than there is time */
			tape_put(&tape, 0, pcm, FRAME, now);
		tape_put(&tape, 1, pcm, FRAME, now);
		drain();
	}
	CHECK(frames >= 999 && frames <= 1000);
}

TEST(hours_without_a_sample_are_passed_over)
{
	begin(false);
	tick(10, 100, 20);
	now += 7 * 3600 * 1000;
	tick(10, 100, 20);
	drain();
	CHECK(frames <= 20 + TAPE_GAP_MAX_MS / FRAME_MS);
	CHECK_INT(first[0], 120);
}

TEST_MAIN()
