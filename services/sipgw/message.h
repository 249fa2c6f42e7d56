/*
 * message.h - from sofia's parsed messages to the bus's words.
 *
 * Contract: what comes out has passed words.h: bounded, UTF-8, no control
 * characters. What does not pass is left out, or, where a call cannot do
 * without it, refused. Strings that the caller gets are his to free. Any
 * thread.
 */
#pragma once

#include "proto/proto.h"
#include "services/sipgw/sofia.h"

#include <stdbool.h>
#include <stddef.h>

#define MESSAGE_HOPS 70 /* RFC 3261 8.1.1.6 */

/* Fills the parts of 'incoming' that the INVITE tells: from, to, Call-ID,
 * headers, hops, offer. NULL, or what is wrong: the phrase of a 400. */
const char *message_read_invite(const sip_t *sip, struct incoming *incoming);
/* X- headers and User-to-User; at most 'max' of them. Returns how many; each
 * value is owned by the list. */
uint32_t message_headers(const sip_t *sip, struct header *headers,
			 uint32_t max);
/* The body as text: owned; NULL if there is none. False: too long, or no text.
 */
bool message_body(const sip_t *sip, char **text_out);
/* The first extension of Require that we do not have; NULL: none. */
const char *message_unsupported(const sip_t *sip);
/* Value of the Reason header, or "". */
void message_reason(const sip_t *sip, char *to, size_t size);
/* A phrase of the other side, or the standard one. */
void message_phrase(const sip_t *sip, char *to, size_t size);
/* "<uri>" of a From, To or Contact, owned; NULL: not to be used. */
char *message_address(const url_t *url, size_t max);
/* The same of a URI of any scheme, as From and To may have; nothing is ever
 * sent to it. */
char *message_name(const url_t *url, size_t max);
/* A URI as it came, parameters and headers included, owned; NULL as above. */
char *message_uri(const url_t *url, size_t max);
/* The lines of an INVITE's header that answering it again would take, owned;
 * NULL: longer than 'max'. */
char *message_outline(const sip_t *sip, size_t max);
/* SHA-256 in hex; 'to' has 65 bytes. */
void message_digest(const char *text, char *to);
