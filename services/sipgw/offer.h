/*
 * offer.h - the other side's re-INVITE and UPDATE (RFC 3261 14, RFC 3311).
 *
 * Contract: SDP that is byte for byte the last one, and an UPDATE without any,
 * are answered here; a new offer, or the wish for one of ours, is told as
 * 'reoffered' and answered as 'reanswer' says; 'reconfirmed' follows when the
 * transaction is over. One at a time: more get 491 or 500. Another SDP in the
 * 200 to our refresh is told as 'reoffered', too, and is over with that. Loop's
 * thread.
 */
#pragma once

#include "lib/runtime/loop.h"
#include "services/sipgw/sofia.h"

#include <stdbool.h>

struct envelope;

struct offer {
	struct nta_incoming_s *request; /* until its transaction is over */
	char id[35];                    /* the last one, over or not */
	bool invite;
	bool wanted;     /* they want an offer of ours */
	bool answered;   /* a 2xx is sent; INVITE: no ACK yet */
	bool over;       /* 'reconfirmed' was said */
	int status;      /* as 'reconfirmed' says; 0: as asked for */
	char digest[65]; /* of theirs */
	char *sdp;       /* of the ACK */
	struct loop_timer limit;
};

/* A new leg. */
void offer_init(struct leg *leg);
/* Requests of the other side: as nta's callback returns. */
int offer_invite(struct leg *leg, nta_incoming_t *irq, const sip_t *sip);
int offer_update(struct leg *leg, nta_incoming_t *irq, const sip_t *sip);
/* Their 200 to our refresh, a re-INVITE with our SDP as it stands. */
void offer_refreshed(struct leg *leg, const sip_t *sip);
/* Its transaction is not over. */
bool offer_is_open(const struct leg *leg);
/* Command: handler of talk_route. */
void offer_reanswer(void *daemon, const struct envelope *envelope,
		    const void *message);
/* The dialog is ending: an open request gets 487 (RFC 3261 15.1.2). */
void offer_release(struct leg *leg);
