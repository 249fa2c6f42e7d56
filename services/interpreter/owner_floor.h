/*
 * owner_floor.h - up to which event everything that was said is acknowledged.
 *
 * Contract: events come in ascending sequence. 'value' is the highest sequence
 * such that this event and all before it have nothing unacknowledged. A tick is
 * an event that said something; it frees itself when all of it is acknowledged,
 * also when its floor is gone by then (floor_abandon). Pure; no I/O.
 */
#pragma once

#include "lib/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct floor {
	uint64_t value;
	struct list ticks; /* oldest first */
};

struct tick {
	struct list link;
	struct floor *floor; /* NULL: abandoned */
	uint64_t upto;       /* this event, and silent ones behind it */
	unsigned waiting;    /* said and not acknowledged */
	void *owner;         /* the caller's own */
};

void floor_init(struct floor *floor, uint64_t value);
/* An event that said 'said' things. NULL when it said nothing. */
struct tick *floor_event(struct floor *floor, uint64_t sequence, unsigned said,
			 void *owner);
/* One of them is acknowledged. True: it was the last, 'tick' is freed. */
bool tick_done(struct tick *tick);
bool floor_is_settled(const struct floor *floor);
/* Ticks live on by themselves, without owner; the floor may go. */
void floor_abandon(struct floor *floor);
