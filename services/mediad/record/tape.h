/*
 * tape.h - two sides of a conversation become one row of samples.
 *
 * Contract: each side is put as it is heard, with the time; what comes out has
 * one channel (both sides added, limited) or two (side by side), and lasts as
 * long as the conversation: a side that is not heard is silence, and a side
 * that is late is waited for TAPE_SLACK_MS. Times are of one monotonic clock.
 * All samples have one rate, of 8000 or 16000. A side takes memory when it is
 * heard for the first time, until tape_end; no clock. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAPE_SIDES 2
#define TAPE_SLACK_MS 100
#define TAPE_RATE_MAX 16000
#define TAPE_FRAME_MS 20
#define TAPE_FRAME_MAX (TAPE_RATE_MAX / 1000 * TAPE_FRAME_MS)
/* A side waits so long until the other one has come as far. */
#define TAPE_ROOM_MS 256
/* Time that nobody put anything for, and that is passed over beyond this. */
#define TAPE_GAP_MAX_MS 60000

struct tape_side {
	uint64_t at;      /* samples that were put, and silence between them */
	int16_t *samples; /* 'room' of them; NULL: it was never heard */
};

struct tape {
	uint32_t rate;
	size_t room; /* of a side; a power of two */
	bool dual;
	bool paused, paused_silent;
	int64_t begin_ms;
	int64_t skipped_ms; /* of pauses that leave no trace */
	int64_t paused_ms;  /* since when */
	uint64_t taken;     /* samples of each side that came out */
	struct tape_side sides[TAPE_SIDES];
};

void tape_begin(struct tape *tape, uint32_t rate, bool dual, int64_t now_ms);
void tape_end(struct tape *tape);
/* Up to TAPE_ROOM_MS / 2 that end now. */
void tape_put(struct tape *tape, unsigned side, const int16_t *pcm,
	      size_t samples, int64_t now_ms);
/*
 * The next frame that is complete, TAPE_FRAME_MS of it: 'pcm_out' has room for
 * TAPE_SIDES * TAPE_FRAME_MAX. Returns its samples, all channels; 0: none yet.
 */
size_t tape_take(struct tape *tape, int16_t *pcm_out, int64_t now_ms);
/* The same once nothing more will be put: without waiting for anybody. */
size_t tape_take_rest(struct tape *tape, int16_t *pcm_out, int64_t now_ms);
/* 'silent': the pause is heard as silence; otherwise it takes no time. */
void tape_pause(struct tape *tape, bool silent, int64_t now_ms);
void tape_go_on(struct tape *tape, int64_t now_ms);
