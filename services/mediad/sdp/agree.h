/*
 * agree.h - what a leg's two descriptions agree on, at the call's start and
 * with every change of it later (RFC 3264, sections 5 to 8).
 *
 * Contract: a description that cannot be agreed on changes nothing and fills
 * 'why_out'. What is written depends on what is in force alone: the same change
 * asked for again gives the same words, and o='s version rises by one exactly
 * when our words change. The loop's thread.
 */
#pragma once

#include "services/mediad/refusal.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct leg;
struct sdp;

/* Eight bytes of a hash, as a number that never is 0. */
uint64_t agree_key(const char *a, const char *b);
/* False: 'why_out' names 'whose' description is missing or malformed. */
bool agree_parse(const char *whose, const char *text, struct sdp *sdp_out,
		 struct refusal *why_out);

/* The other side answers the offer that the leg began with. */
bool agree_answer(struct leg *leg, const char *remote, struct refusal *why_out);
/* This answer has been taken already: then it changes nothing any more. */
bool agree_has(const struct leg *leg, const char *remote);
/* Restored: both descriptions as they were in force. */
bool agree_restored(struct leg *leg, const struct sdp *local,
		    const char *remote, struct refusal *why_out);

/* A new offer inside the dialog; our answer is leg->sdp then. */
bool agree_offered(struct leg *leg, const char *offer, struct refusal *why_out);
/* Writes an offer of our own, which changes nothing by itself … */
bool agree_offer(const struct leg *leg, struct buf *to,
		 struct refusal *why_out);
/* … until it is answered. The first offer of all is answered like this, too:
 * agree_answer() is what happens then. */
bool agree_answered(struct leg *leg, const char *answer,
		    struct refusal *why_out);
/* Our description was offered as it stands, and this is what they say now. */
bool agree_refreshed(struct leg *leg, const char *answer,
		     struct refusal *why_out);
