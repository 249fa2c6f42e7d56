/*
 * retry.c - the schedule of a webhook; see retry.h.
 *
 * Ten attempts over two days. The number of an attempt is the server's count of
 * how often it handed the webhook out, which crashes and drains raise too: so
 * nothing is given up before the schedule's own time has passed as well.
 */
#include "services/callbackd/retry.h"

#include "lib/base/id.h"

#include <stddef.h>

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define JITTER_PERCENT 20
#define AGE_MIN_MS (30 * HOUR)

static const int64_t delays_ms[RETRY_ATTEMPTS - 1] = {
	5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE,
	2 * HOUR,   6 * HOUR,    12 * HOUR,  24 * HOUR,
};

/* From -20 to +20 percent. */
static int64_t jitter(const struct retry_facts *facts, int64_t delay_ms)
{
	char id[ID_BYTES];
	id_derive("RT", facts->hook, (uint64_t)facts->attempt, id);
	int64_t percent =
		(int64_t)id_shard(id, 2 * JITTER_PERCENT + 1) - JITTER_PERCENT;
	return delay_ms + delay_ms * percent / 100;
}

bool retry_next(const struct retry_facts *facts, int64_t *delay_ms_out)
{
	int64_t step = facts->attempt < RETRY_ATTEMPTS ? facts->attempt
						       : RETRY_ATTEMPTS - 1;
	if (facts->attempt >= RETRY_ATTEMPTS && facts->age_ms >= AGE_MIN_MS)
		return false;
	int64_t delay_ms = jitter(facts, delays_ms[step > 0 ? step - 1 : 0]);
	int64_t wish_ms = facts->retry_after_ms;
	if (wish_ms > RETRY_AFTER_MAX_MS)
		wish_ms = RETRY_AFTER_MAX_MS;
	*delay_ms_out = delay_ms > wish_ms ? delay_ms : wish_ms;
	return true;
}
