/*
 * refer.h - REFER inside a dialog (RFC 3515, 4488), and the NOTIFYs that tell
 * how the transfer goes.
 *
 * Contract: REFER gets 202 and is told as 'referred'; its subscription, if it
 * wants one, begins with "100 Trying" at once. 'notify' sends the next one, one
 * at a time a subscription, and is answered with 'notified'. At most REFER_MAX
 * at once a leg. Subscriptions end with the dialog, not with the process: they
 * are kept in the leg's record. One that is not known, or over, is answered
 * with 'notified' without a status. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdbool.h>
#include <stdint.h>

#define REFER_MAX 4

struct dialog;
struct envelope;

struct refer {
	char id[35];   /* "": free */
	uint32_t cseq; /* of the REFER: the subscription's id */
	bool open;
	int sent;   /* status of the last NOTIFY; 0: none */
	int next;   /* to be sent when that one is answered; 0: nothing */
	bool first; /* the one on its way is our own "100 Trying" */
	struct nta_outgoing_s *notify;
};

struct refers {
	struct refer refer[REFER_MAX];
};

/* As nta's callback returns. */
int refer_hear(struct leg *leg, nta_incoming_t *irq, const sip_t *sip);
/* Command: handler of talk_route. */
void refer_notify(void *daemon, const struct envelope *envelope,
		  const void *message);
/* The leg is over. */
void refer_release(struct leg *leg);
/* nta's objects have gone with the agent. */
void refer_forget(struct leg *leg);

void refer_write(const struct leg *leg, struct dialog *record);
void refer_read(struct leg *leg, const struct dialog *record);
