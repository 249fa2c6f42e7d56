/*
 * latch.h - whose packets a leg takes, and where its own go: source check and
 * symmetric latching.
 *
 * Contract: a pure function of the SDP's address, the packets' sources and the
 * time.
 *  - Until the other side's SDP is known nobody is heard.
 *  - A packet from exactly the SDP's address and port settles it for good,
 *    whenever it comes.
 *  - Otherwise the first packet opens a window of LATCH_WINDOW_MS in which the
 *    best other source is found: the SDP's address (or the one its SIP came
 *    from) with another port is heard at once; a third address comes into
 *    question only when 'third' says so, and is not heard before the window
 *    ends. Afterwards nothing but the source that was found, or the SDP's.
 *  - Media is sent to the SDP's address until the window is over.
 * One thread at a time.
 */
#pragma once

#include "services/mediad/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

#define LATCH_WINDOW_MS 3000

enum latch_state {
	LATCH_SHUT,     /* no SDP of the other side yet */
	LATCH_WAITING,  /* for the first packet */
	LATCH_LEARNING, /* the window is open */
	LATCH_LEARNT,   /* another source than the SDP's */
	LATCH_MATCHED   /* the SDP's own: final */
};

struct latch {
	enum latch_state state;
	bool third;
	unsigned rank; /* of 'best' */
	int64_t until_ms;
	struct endpoint stated; /* by SDP */
	struct endpoint source; /* of its SIP; none if unknown */
	struct endpoint best;
};

/* 'source' may be NULL. Starts afresh, whatever was learnt before. */
void latch_open(struct latch *latch, const struct endpoint *stated,
		const struct endpoint *source, bool third);
bool latch_accepts(struct latch *latch, const struct endpoint *from,
		   int64_t now_ms);
/* Whether latch_accepts might say yes, now or later; nothing is learnt by it.
 */
bool latch_could_accept(const struct latch *latch, const struct endpoint *from,
			int64_t now_ms);
/* One that is the stated source, or the one that was learnt. */
bool latch_is_known(const struct latch *latch, const struct endpoint *from,
		    int64_t now_ms);
/* The stated address, or its SIP's, whatever the port. */
bool latch_is_near(const struct latch *latch, const struct endpoint *from);
/* An address that does not lead here from everywhere may be one behind NAT;
 * then even a third one may turn out to be the peer. */
bool latch_may_be_nat(const struct endpoint *stated);
/* NULL: nowhere. Borrowed from the latch. */
const struct endpoint *latch_target(struct latch *latch, int64_t now_ms);
