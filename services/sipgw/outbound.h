/*
 * outbound.h - outbound legs: from 'dial' to the answer, and cancelling.
 *
 * Contract: Call-ID comes with the command; tag, branch and CSeq derive from it
 * and from the leg, so that a 'dial' that is repeated after a restart goes on
 * with the same transaction at the callee: it keeps on ringing. Nothing is sent
 * before the record that tells of it is acknowledged. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

struct envelope;
struct sipgw;

/* Commands: handlers of talk_route. */
void outbound_dial(void *daemon, const struct envelope *envelope,
		   const void *message);
void outbound_cancel(void *daemon, const struct envelope *envelope,
		     const void *message);
/* Ends a leg that is not answered: nothing, CANCEL, or BYE if the 200 crosses.
 * 'reason' is the value of a Reason header, or "". */
void outbound_give_up(struct leg *leg, const char *reason);
/* Says 'failed'; the leg is over. 'error' 0: the other side's own status. */
void outbound_failed(struct leg *leg, int status, int error);
/* Says 'answered' now, whether the record is acknowledged or not. */
void outbound_say_answered(struct leg *leg);
/* A response that no transaction knows: takes the message over. */
void outbound_stray(struct sipgw *gw, msg_t *msg, const sip_t *sip);
/* Frees what an unanswered leg holds. */
void outbound_release(struct leg *leg);

/* Limits of leg_states.def. */
void outbound_unresolved(struct leg *leg);
void outbound_unsent(struct leg *leg);
void outbound_uncancelled(struct leg *leg);
void outbound_unclaimed(struct leg *leg);
