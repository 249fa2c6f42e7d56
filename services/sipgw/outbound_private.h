/*
 * outbound_private.h - what the files of outbound legs share.
 *
 * outbound.c          dial, the next try, failure, giving up
 * outbound_answers.c  answers to the INVITE
 * outbound_stray.c    answers that no transaction knows
 */
#pragma once

#include "services/sipgw/outbound.h"

#include <stdbool.h>

struct failed;

/* Says 'failed' with what is known of its attempts; the leg is over. */
void outbound_fail(struct leg *leg, struct failed *failed);
/* The INVITE once more, as a new transaction to the same address. */
void outbound_call_again(struct leg *leg);
/* ... to the next address, or the next contact of a 3xx. False: there is none
 * that may be tried. */
bool outbound_try_next(struct leg *leg);
bool outbound_try_next_contact(struct leg *leg);
/* A 200 came when the leg was to be over. */
void outbound_count_late(void);

/* As nta calls it for the INVITE. */
int outbound_on_answered(struct leg *leg, nta_outgoing_t *orq,
			 const sip_t *sip);
/* Their 2xx; 'branch' is that of the INVITE if nta does not have it. */
void outbound_accept(struct leg *leg, const sip_t *sip, const char *branch);
/* Their refusal, or nta's own answer. */
void outbound_refuse(struct leg *leg, const sip_t *sip);
