/*
 * retry.h - when a webhook that failed is tried again, and when no more.
 *
 * Contract: pure. The same hook and step give the same delay, so that a restart
 * changes nothing.
 *
 * What waits is kept apart by how long it waits (a class), so that each queue
 * is in the order of what is due next, and its head alone is looked at.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A receiver's Retry-After is obeyed up to here. */
#define RETRY_AFTER_MAX_MS (3600 * 1000)
#define RETRY_DELAYS_MAX 24
#define RETRY_CLASSES 9
#define RETRY_ERROR_BYTES 160

struct retry_schedule {
	int64_t delays_ms[RETRY_DELAYS_MAX];
	unsigned count;
	bool twilio; /* a failed connection is tried once more, at once */
};

struct retry_facts {
	const char *hook;       /* its name: seeds the jitter */
	int64_t step;           /* delays that are used up */
	int64_t retry_after_ms; /* the receiver's wish, 0: none */
};

/* "long", "twilio" or seconds, comma separated: six days in all at most. */
bool retry_schedule_read(const char *text, struct retry_schedule *schedule_out,
			 char *error_out);
/* False: the schedule is over. */
bool retry_next(const struct retry_schedule *schedule,
		const struct retry_facts *facts, int64_t *delay_ms_out);
/* From 0 to RETRY_CLASSES - 1. */
unsigned retry_class(int64_t delay_ms);
