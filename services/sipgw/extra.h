/*
 * extra.h - the header lines of a leg's messages that nta does not write:
 * Session-ID, what the dial wants on all of a dialog, answers to challenges.
 *
 * Contract: lines are for SIPTAG_HEADER_STR, owned by the caller, never NULL
 * nor empty. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdint.h>

struct buf;
struct dial;
struct leg;
struct sipgw;

/* For a request inside the dialog; 'more' is one more line without its end, or
 * NULL; 'body' may be NULL. auth_begin(leg->auth) comes first if the request is
 * a new one. */
char *extra_request(struct leg *leg, const char *method, const char *body,
		    const char *more);
/* The same for another Request-URI than the dialog's own. */
char *extra_request_to(struct leg *leg, const char *method, const char *uri);
/* For ACK and CANCEL, which are never challenged. */
char *extra_bare(const struct leg *leg, const char *more);
/* For a response of ours. */
char *extra_reply(const struct leg *leg);
/* A response without a body; 'phrase' NULL: the standard one; 'header' is one
 * more line, or NULL. */
void extra_answer(const struct leg *leg, nta_incoming_t *irq, int status,
		  const char *phrase, const char *header);
/* Session-ID of an answer to what belongs to no leg: our half is made of its
 * Call-ID. 'to' has SESSION_ID_LINE_BYTES. */
void extra_stranger_line(const struct sipgw *gw, const sip_t *sip, char *to);
/* Keeps the other side's half of the Session-ID, from any message of theirs. */
void extra_hear(struct leg *leg, const sip_t *sip);
/* The lines of dial->headers that may stand in a message, for INVITE: all of
 * them, or the first 'max'. What may not is left out, counted and logged. */
void extra_dial_headers(const struct leg *leg, const struct dial *dial,
			uint32_t max, struct buf *to);
