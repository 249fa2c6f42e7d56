/*
 * dialog.h - what both directions have in common once there is a dialog:
 * requests inside it, BYE, where its requests go.
 *
 * Contract: a dialog's requests go to its first route or target if that is a
 * numeric address that we may reach or that we hear the peer from; otherwise to
 * where we hear the peer from (names in Contact are not resolved, and a Contact
 * cannot make us send into private networks). Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdbool.h>
#include <stdint.h>

struct envelope;

/* Makes nta's leg from the leg's Call-ID, URIs and tag. 'remote_tag' may be
 * NULL; the next request of ours gets 'local_cseq' + 1. */
bool dialog_create(struct leg *leg, const char *remote_tag, uint32_t local_cseq,
		   uint32_t remote_cseq);
/* nta's callback for requests inside the dialog. */
int dialog_request(struct leg *leg, nta_leg_t *dialog, nta_incoming_t *irq,
		   const sip_t *sip);
/* Where requests in the dialog go; 'to' has AGENT_HOP_BYTES. */
void dialog_hop(struct leg *leg, char *to);
/* The same for a request whose first route, or target, is this one. */
void dialog_hop_by(struct leg *leg, const url_t *url, char *to);
/* Target refresh by a Contact, which may be NULL; 'client': of an answer. */
void dialog_retarget(struct leg *leg, const sip_contact_t *contact,
		     bool client);
/* 200 with our Contact and the leg's SDP. */
void dialog_reply_sdp(struct leg *leg, nta_incoming_t *irq);
/* ACK for a 200. 'branch' is that of the INVITE if nta does not have it. */
void dialog_ack(struct leg *leg, uint32_t cseq, const char *branch);
/* Sends BYE; 'ended' (or, if the leg was cancelled, 'failed') follows. */
void dialog_end(struct leg *leg);
/* BYE for a dialog that no leg stands for: nobody waits for its answer. */
void dialog_bye_ghost(struct leg *ghost);
/* Command: handler of talk_route. */
void dialog_hangup(void *daemon, const struct envelope *envelope,
		   const void *message);
/* Limit of leg_states.def. */
void dialog_unended(struct leg *leg);
