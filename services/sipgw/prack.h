/*
 * prack.h - provisional answers to an INVITE of ours: reliable ones (RFC 3262),
 * the early dialogs of forks downstream, early media.
 *
 * Contract: a reliable answer is acknowledged once, by PRACK to its own early
 * dialog; repeats and gaps are told apart by RSeq and are no news. At most
 * PRACK_FORKS early dialogs a leg; the reliable answers of more are left alone.
 * Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdbool.h>

#define PRACK_FORKS 8

struct forks;

/* An answer above 100. False: it is a repeat, or out of order. */
bool prack_hear(struct leg *leg, const sip_t *sip);
/* SDP that came reliably from the fork with this tag; NULL: none. Borrowed. */
const char *prack_sdp(const struct leg *leg, const char *tag);
/* What was agreed early with any of them is no open offer any more. */
bool prack_has_answer(const struct leg *leg);
/* CSeq goes on above what may have been used before the restart. */
void prack_skip(struct leg *leg);
void prack_release(struct leg *leg);
