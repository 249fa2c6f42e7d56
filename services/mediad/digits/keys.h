/*
 * keys.h - keys that we press: one after another, each held and let go, as
 * RTP events (RFC 4733) or as tones.
 *
 * Contract: a row of at most KEYS_MAX; keys_next is called every KEYS_TICK_MS
 * and says what is due: a packet of an event, a piece of a tone, silence. An
 * event's packets bear its growing duration; the last one comes three times; a
 * press of more than 65535 timestamps goes on in another segment. Between two
 * keys there is a gap of KEYS_GAP_MS. Pure: no clock, no allocation. One thread
 * at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define KEYS_MAX 128
#define KEYS_TICK_MS 20
#define KEYS_LEAST_MS 40
#define KEYS_GAP_MS 60
#define KEYS_HELD_MS_MAX 20000 /* down without an up */
#define KEYS_PAUSE 'w'         /* silence for its ms */

struct keys {
	struct {
		char key;
		uint16_t ms; /* 0: until keys_up */
	} row[KEYS_MAX];
	unsigned head, count;

	uint32_t past_ms;           /* of the present one, gap and all */
	uint32_t ends;              /* last packets that were sent */
	uint32_t segment, duration; /* timestamps: where it began, how long */
};

enum keys_turn {
	KEYS_NOTHING, /* the row is over */
	KEYS_SOUND,   /* the next KEYS_TICK_MS of a key */
	KEYS_END,     /* it was let go: events say so again */
	KEYS_SILENCE
};

struct keys_step {
	char key;
	bool first;         /* of the key */
	bool segment_first; /* of the event's segment */
	uint8_t event[4];   /* the payload of SOUND and END */
	uint32_t timestamp; /* of the event, from the key's beginning */
	uint32_t sound_ms;  /* that came before this step */
};

/* 0-9, *, #, A-D in either case, or KEYS_PAUSE. */
bool keys_is_key(char key);
/* False: not a key, or the row is full. 'ms' 0: it is held until keys_up. */
bool keys_press(struct keys *keys, char key, unsigned ms);
void keys_up(struct keys *keys);
bool keys_busy(const struct keys *keys);
enum keys_turn keys_next(struct keys *keys, uint32_t clock_hz,
			 struct keys_step *step_out);
