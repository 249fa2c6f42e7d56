/*
 * partner.c - see partner.h.
 */
#include "services/mediad/partner.h"

#include "services/mediad/relay.h"

#include <string.h>

#define NS_PER_MS 1000000

void partner_begin(struct partner *partner, const struct endpoint *with,
		   int64_t now_ms)
{
	memset(partner, 0, sizeof(*partner));
	partner->with = *with;
	partner->since_ms = now_ms;
}

static bool may_take_over(const struct partner *partner,
			  const struct latch *latch,
			  const struct endpoint *from, int64_t now_ms)
{
	if (partner->settled || !latch_could_accept(latch, from, now_ms))
		return false;
	return now_ms - partner->since_ms >= LATCH_WINDOW_MS ||
	       (!partner->spoken && latch_is_near(latch, from));
}

enum partner_verdict partner_hear(struct partner *partner,
				  const struct latch *latch,
				  const struct endpoint *from, int64_t now_ns)
{
	int64_t now_ms = now_ns / NS_PER_MS;
	bool same = endpoint_equal(from, &partner->with);

	if (!same && !may_take_over(partner, latch, from, now_ms))
		return PARTNER_STRANGER;
	if (!relay_in_rate(&partner->rate_ns[same], PARTNER_SPACING_NS, now_ns))
		return PARTNER_TOO_FAST;
	partner->spoken = true;
	if (same)
		return PARTNER_SAME;
	partner->with = *from;
	partner->since_ms = now_ms;
	return PARTNER_NEW;
}

void partner_settle(struct partner *partner)
{
	partner->settled = true;
}
