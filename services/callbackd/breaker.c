/*
 * breaker.c - one host's circuit breaker; see breaker.h.
 */
#include "services/callbackd/breaker.h"

static bool enter(struct breaker *breaker, enum breaker_state to)
{
	bool changes = breaker->state != to;
	breaker->state = to;
	breaker->probing = false;
	return changes;
}

bool breaker_lets(struct breaker *breaker, int64_t now_ms)
{
	if (breaker->state == BREAKER_CLOSED)
		return true;
	if (breaker->state == BREAKER_OPEN) {
		if (now_ms < breaker->until_ms)
			return false;
		enter(breaker, BREAKER_HALF_OPEN);
	}
	if (breaker->probing)
		return false;
	breaker->probing = true;
	return true;
}

/* Those that were on their way when it opened count as well: a late answer
 * closes it, a late failure changes nothing. */
bool breaker_ended(struct breaker *breaker, bool answered, int64_t now_ms)
{
	if (answered) {
		breaker->failures = 0;
		return enter(breaker, BREAKER_CLOSED);
	}
	breaker->failures++;
	if (breaker->state == BREAKER_OPEN ||
	    (breaker->state == BREAKER_CLOSED &&
	     breaker->failures < BREAKER_FAILURES))
		return false;
	breaker->until_ms = now_ms + BREAKER_REST_MS;
	return enter(breaker, BREAKER_OPEN);
}

void breaker_unused(struct breaker *breaker)
{
	breaker->probing = false;
}

int64_t breaker_rest_ms(const struct breaker *breaker, int64_t now_ms)
{
	return breaker->state == BREAKER_OPEN && now_ms < breaker->until_ms
		       ? breaker->until_ms - now_ms
		       : 0;
}
