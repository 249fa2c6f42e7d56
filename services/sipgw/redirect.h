/*
 * redirect.h - 3xx answers (RFC 3261 8.1.3.4): where they lead, and following
 * them.
 *
 * Contract: the best 'q' is first; no URI is called twice, REDIRECT_MAX
 * different ones a leg at most, and a sips: target leads to sips: only. The leg
 * stays the same: Call-ID, From and To are kept. Loop's thread.
 */
#pragma once

#include "proto/proto.h"
#include "services/sipgw/sofia.h"

#include <stdbool.h>

#define REDIRECT_MAX 5 /* the first one included */

struct redirects;

/* Contacts of a 3xx as 'failed' tells them; their URIs are the caller's. */
uint32_t redirect_contacts(const sip_t *sip, struct contact *to, uint32_t max);
/* Takes note of a 3xx. */
void redirect_hear(struct leg *leg, const sip_t *sip);
/* The URI that is called next, NULL: none. Borrowed. */
const char *redirect_next(struct leg *leg);
/* The leg was led elsewhere. */
bool redirect_was_followed(const struct leg *leg);
void redirect_release(struct leg *leg);
