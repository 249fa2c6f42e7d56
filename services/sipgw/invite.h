/*
 * invite.h - the requests of an outbound leg, as they are written: INVITE,
 * CANCEL, the answer to a challenge.
 *
 * Contract: whatever the command brought is checked here, name by name, before
 * it becomes part of a SIP message. Nothing here changes the leg's state.
 * Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdbool.h>
#include <stdint.h>

#define INVITE_BRANCH_BYTES 48 /* as in struct leg */
#define INVITE_CSEQ 101        /* of the first INVITE of a leg */

struct target_wish;

/* Sets target, URIs, Call-ID and tag from the dial command and makes the
 * dialog; 'wish_out' is where it is to go. Returns 0, or the number of
 * errors.def that tells why not. */
int invite_prepare(struct leg *leg, struct target_wish *wish_out);
/* A new Request-URI for a leg that a 3xx leads elsewhere; the rest stays.
 * Returns as above. */
int invite_redirect(struct leg *leg, const char *uri,
		    struct target_wish *wish_out);
/* Branch of the INVITE with this Call-ID, From tag and CSeq. */
void invite_branch(struct sipgw *gw, const char *call_id, const char *tag,
		   uint32_t cseq, char *to);
/* Sends it to leg->peer. False: it could not be built. */
bool invite_send(struct leg *leg, nta_response_f *answered);
/* CANCEL; held by nta until the first provisional answer. 'reason' or "". */
void invite_cancel(struct leg *leg, const char *reason);
/* CANCEL of an INVITE whose transaction is gone. */
void invite_cancel_lost(struct leg *leg, const char *reason);
/* ACK of a final refusal whose transaction is gone. */
void invite_ack_lost(struct leg *leg, const sip_t *sip);
