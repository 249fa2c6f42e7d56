/*
 * retry.h - when a webhook that failed is tried again, and when no more.
 *
 * Contract: pure. The same hook and attempt give the same delay, so that a
 * restart changes nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A receiver's Retry-After is obeyed up to here. */
#define RETRY_AFTER_MAX_MS (3600 * 1000)
/* Attempts of the schedule: the first one and its retries. */
#define RETRY_ATTEMPTS 10

struct retry_facts {
	const char *hook;       /* its name: seeds the jitter */
	int64_t attempt;        /* that failed, from 1 */
	int64_t age_ms;         /* since the webhook was asked for */
	int64_t retry_after_ms; /* the receiver's wish, 0: none */
};

/* False: the schedule is over. */
bool retry_next(const struct retry_facts *facts, int64_t *delay_ms_out);
