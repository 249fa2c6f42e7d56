/*
 * tape.c - see tape.h. A side's sample number n stands at n modulo 'room';
 * time becomes sample numbers by the clock of whoever puts.
 */
#include "services/mediad/record/tape.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1000

void tape_begin(struct tape *tape, uint32_t rate, bool dual, int64_t now_ms)
{
	memset(tape, 0, sizeof(*tape));
	tape->rate = rate;
	tape->room = (size_t)rate * TAPE_ROOM_MS / MS_PER_S;
	assert(tape->room > 0 && (tape->room & (tape->room - 1)) == 0);
	tape->dual = dual;
	tape->begin_ms = now_ms;
}

void tape_end(struct tape *tape)
{
	for (unsigned i = 0; i < TAPE_SIDES; i++) {
		free(tape->sides[i].samples);
		tape->sides[i].samples = NULL;
	}
}

/* How many samples should have come by now. */
static uint64_t due(const struct tape *tape, int64_t now_ms)
{
	int64_t ms = now_ms - tape->begin_ms - tape->skipped_ms;

	if (tape->paused && !tape->paused_silent)
		ms -= now_ms - tape->paused_ms;
	return ms > 0 ? (uint64_t)ms * tape->rate / MS_PER_S : 0;
}

static uint64_t slack(const struct tape *tape)
{
	return (uint64_t)TAPE_SLACK_MS * tape->rate / MS_PER_S;
}

static void append(struct tape *tape, struct tape_side *side,
		   const int16_t *pcm, size_t samples)
{
	uint64_t room = tape->taken + tape->room - side->at;

	if (samples > room)
		samples = (size_t)room;
	if (pcm && !side->samples)
		side->samples = mem_new(tape->room, sizeof(*side->samples));
	for (size_t i = 0; side->samples && i < samples; i++)
		side->samples[(side->at + i) & (tape->room - 1)] =
			pcm ? pcm[i] : 0;
	side->at += samples;
}

/* Silence up to sample number 'at', as far as there is room. */
static void fill(struct tape *tape, struct tape_side *side, uint64_t at)
{
	if (side->at < tape->taken)
		side->at = tape->taken;
	if (at > side->at)
		append(tape, side, NULL, (size_t)(at - side->at));
}

void tape_put(struct tape *tape, unsigned side, const int16_t *pcm,
	      size_t samples, int64_t now_ms)
{
	struct tape_side *to = &tape->sides[side];
	uint64_t end = due(tape, now_ms);
	uint64_t early = slack(tape) / 2;

	if (tape->paused)
		return;
	if (to->at < tape->taken)
		to->at = tape->taken;
	/* Ahead of the clock by more than it can jitter: left out. */
	if (to->at + samples > end + early + samples)
		return;
	/* Behind it: nothing was heard in between. */
	if (to->at + samples + early < end)
		fill(tape, to, end - samples);
	append(tape, to, pcm, samples);
}

static int16_t added(int a, int b)
{
	int sum = a + b;

	return (int16_t)(sum > INT16_MAX   ? INT16_MAX
			 : sum < INT16_MIN ? INT16_MIN
					   : sum);
}

static int16_t sample(const struct tape *tape, unsigned side, size_t i)
{
	const int16_t *samples = tape->sides[side].samples;

	return samples ? samples[(tape->taken + i) & (tape->room - 1)] : 0;
}

static size_t take(struct tape *tape, int16_t *pcm_out, size_t frame)
{
	size_t n = 0;

	for (size_t i = 0; i < frame; i++) {
		int16_t a = sample(tape, 0, i), b = sample(tape, 1, i);

		if (tape->dual) {
			pcm_out[n++] = a;
			pcm_out[n++] = b;
		} else {
			pcm_out[n++] = added(a, b);
		}
	}
	tape->taken += frame;
	return n;
}

/* Time that nobody recorded is passed over where it is longer than a person
 * wants to hear. */
static void pass_over(struct tape *tape, int64_t now_ms)
{
	uint64_t end = due(tape, now_ms);
	uint64_t most = (uint64_t)TAPE_GAP_MAX_MS * tape->rate / MS_PER_S;

	if (end > tape->taken + most)
		tape->skipped_ms += (int64_t)((end - tape->taken - most) *
					      MS_PER_S / tape->rate);
}

static size_t take_to(struct tape *tape, int16_t *pcm_out, uint64_t end)
{
	size_t frame = tape->rate / MS_PER_S * TAPE_FRAME_MS;
	uint64_t wanted = tape->taken + frame;

	for (unsigned i = 0; i < TAPE_SIDES; i++) {
		struct tape_side *side = &tape->sides[i];

		if (side->at >= wanted)
			continue;
		if (end < wanted)
			return 0;
		fill(tape, side, wanted);
	}
	return take(tape, pcm_out, frame);
}

size_t tape_take(struct tape *tape, int16_t *pcm_out, int64_t now_ms)
{
	uint64_t end;

	pass_over(tape, now_ms);
	end = due(tape, now_ms);
	return take_to(tape, pcm_out,
		       end > slack(tape) ? end - slack(tape) : 0);
}

size_t tape_take_rest(struct tape *tape, int16_t *pcm_out, int64_t now_ms)
{
	uint64_t end;

	pass_over(tape, now_ms);
	end = due(tape, now_ms);
	return take_to(tape, pcm_out, end);
}

void tape_pause(struct tape *tape, bool silent, int64_t now_ms)
{
	if (tape->paused)
		tape_go_on(tape, now_ms);
	tape->paused = true;
	tape->paused_silent = silent;
	tape->paused_ms = now_ms;
}

void tape_go_on(struct tape *tape, int64_t now_ms)
{
	if (tape->paused && !tape->paused_silent)
		tape->skipped_ms += now_ms - tape->paused_ms;
	tape->paused = false;
}
