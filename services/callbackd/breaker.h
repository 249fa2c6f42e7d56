/*
 * breaker.h - one host's circuit breaker: after so many failures in a row
 * nothing is sent there for a while, then one request tries it.
 *
 * Contract: pure; zeroed is closed. Closed lets all pass. Open, for
 * BREAKER_REST_MS after BREAKER_FAILURES in a row, nobody. Then it lets one
 * pass (half-open): an answer closes it, a failure opens it anew. 'now_ms' is
 * monotonic. Any thread, one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 20
#define BREAKER_REST_MS 30000

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
	enum breaker_state state;
	unsigned failures; /* in a row */
	int64_t until_ms;  /* open: when one may try */
	bool probing;      /* half-open: that one is on its way */
};

/* Whether one may be sent; the one that tries a half-open host counts. */
bool breaker_lets(struct breaker *breaker, int64_t now_ms);
/* One that was let pass has ended. True: the state is another now. */
bool breaker_ended(struct breaker *breaker, bool answered, int64_t now_ms);
/* One that was let pass ended without a request. */
void breaker_unused(struct breaker *breaker);
/* For how long it will let nobody pass, ms; 0: it may. */
int64_t breaker_rest_ms(const struct breaker *breaker, int64_t now_ms);
