/*
 * partner.h - with which address a DTLS handshake is held: the rules of
 * latch.h, for datagrams that prove nothing before the handshake's end.
 *
 * Contract: it begins with the address that the SDP names. As long as nobody
 * there has spoken, whoever speaks from the same host (or from where its SIP
 * came) is it; a third address that the latch would learn, and anybody else
 * once somebody has spoken, not before LATCH_WINDOW_MS: so nobody takes a
 * handshake away that goes on, and nobody holds it up for longer. Once it is
 * done there is one partner. Bounded in rate, for each datagram may cost
 * arithmetic. A pure function of latch, sources and time. One thread at a time.
 */
#pragma once

#include "services/mediad/latch.h"

#define PARTNER_SPACING_NS (1000000000 / 50) /* 50 datagrams a second */

struct partner {
	struct endpoint with;
	int64_t since_ms;
	bool spoken, settled;
	int64_t rate_ns[2]; /* of others, of the partner */
};

enum partner_verdict {
	PARTNER_STRANGER,
	PARTNER_TOO_FAST,
	PARTNER_SAME,
	PARTNER_NEW /* from now on it is this one */
};

void partner_begin(struct partner *partner, const struct endpoint *with,
		   int64_t now_ms);
enum partner_verdict partner_hear(struct partner *partner,
				  const struct latch *latch,
				  const struct endpoint *from, int64_t now_ns);
/* The handshake is done. */
void partner_settle(struct partner *partner);
