/*
 * latch.c - see latch.h; the reasons are in docs/adr/0009-media-path.md.
 */
#include "services/mediad/latch.h"

#include "lib/runtime/cidr.h"

#include <assert.h>
#include <string.h>

enum rank {
	RANK_NONE,  /* not in question */
	RANK_THIRD, /* another address altogether */
	RANK_HOST,  /* the stated address, or its SIP's, another port */
	RANK_EXACT
};

static const unsigned next[] = {
	[LATCH_SHUT] = 1u << LATCH_WAITING,
	[LATCH_WAITING] = 1u << LATCH_LEARNING | 1u << LATCH_MATCHED,
	[LATCH_LEARNING] = 1u << LATCH_LEARNT | 1u << LATCH_MATCHED,
	[LATCH_LEARNT] = 1u << LATCH_MATCHED,
	[LATCH_MATCHED] = 0,
};

static void enter(struct latch *latch, enum latch_state state)
{
	assert(next[latch->state] & 1u << state);
	latch->state = state;
}

void latch_open(struct latch *latch, const struct endpoint *stated,
		const struct endpoint *source, bool third)
{
	memset(latch, 0, sizeof(*latch));
	latch->stated = *stated;
	if (source)
		latch->source = *source;
	latch->third = third;
	enter(latch, LATCH_WAITING);
}

static enum rank rank_of(const struct latch *latch, const struct endpoint *from)
{
	if (endpoint_equal(from, &latch->stated))
		return RANK_EXACT;
	if (endpoint_same_host(from, &latch->stated) ||
	    endpoint_same_host(from, &latch->source))
		return RANK_HOST;
	return latch->third ? RANK_THIRD : RANK_NONE;
}

/* The window's end makes the best source that was seen the only one. */
static void settle(struct latch *latch, int64_t now_ms)
{
	if (latch->state == LATCH_LEARNING && now_ms >= latch->until_ms)
		enter(latch, LATCH_LEARNT);
}

static bool learn(struct latch *latch, const struct endpoint *from,
		  enum rank rank, int64_t now_ms)
{
	if (rank == RANK_NONE)
		return false;
	if (latch->state == LATCH_WAITING) {
		latch->until_ms = now_ms + LATCH_WINDOW_MS;
		enter(latch, LATCH_LEARNING);
	}
	if (rank > latch->rank) {
		latch->rank = rank;
		latch->best = *from;
	}
	return rank == RANK_HOST && endpoint_equal(from, &latch->best);
}

bool latch_accepts(struct latch *latch, const struct endpoint *from,
		   int64_t now_ms)
{
	enum rank rank;

	/* The usual case first: this runs once a packet. */
	if (latch->state == LATCH_MATCHED)
		return endpoint_equal(from, &latch->stated);
	if (latch->state == LATCH_SHUT)
		return false;
	settle(latch, now_ms);
	rank = rank_of(latch, from);
	if (rank == RANK_EXACT) {
		enter(latch, LATCH_MATCHED);
		return true;
	}
	if (latch->state == LATCH_LEARNT)
		return endpoint_equal(from, &latch->best);
	return learn(latch, from, rank, now_ms);
}

static bool is_over(const struct latch *latch, int64_t now_ms)
{
	return latch->state == LATCH_LEARNT ||
	       (latch->state == LATCH_LEARNING && now_ms >= latch->until_ms);
}

bool latch_is_known(const struct latch *latch, const struct endpoint *from,
		    int64_t now_ms)
{
	return latch->state != LATCH_SHUT &&
	       (endpoint_equal(from, &latch->stated) ||
		(is_over(latch, now_ms) && endpoint_equal(from, &latch->best)));
}

bool latch_could_accept(const struct latch *latch, const struct endpoint *from,
			int64_t now_ms)
{
	if (latch_is_known(latch, from, now_ms))
		return true;
	return (latch->state == LATCH_WAITING ||
		latch->state == LATCH_LEARNING) &&
	       !is_over(latch, now_ms) && rank_of(latch, from) != RANK_NONE;
}

bool latch_is_near(const struct latch *latch, const struct endpoint *from)
{
	return rank_of(latch, from) >= RANK_HOST;
}

bool latch_may_be_nat(const struct endpoint *stated)
{
	return !cidr_is_public(&stated->at.any) &&
	       !endpoint_is_loopback(stated) && !endpoint_is_wild(stated);
}

const struct endpoint *latch_target(struct latch *latch, int64_t now_ms)
{
	const struct endpoint *target = &latch->stated;

	if (latch->state == LATCH_SHUT)
		return NULL;
	settle(latch, now_ms);
	if (latch->state == LATCH_LEARNT)
		target = &latch->best;
	return endpoint_is_wild(target) ? NULL : target;
}
