/*
 * caller.h - inbound legs: a caller's INVITE until it is confirmed or over.
 *
 * Contract: CallSid and our tag derive from the installation's secret and the
 * INVITE's Call-ID, From tag and top branch, so that a copy of it, after a
 * restart too, is the same call. Loop's thread.
 */
#pragma once

#include "services/sipgw/sofia.h"

#include <stdbool.h>

struct admission;
struct envelope;
struct sipgw;

enum caller_taken {
	CALLER_TAKEN,    /* the message was taken over */
	CALLER_COPY,     /* of an INVITE that was answered already */
	CALLER_MALFORMED /* 'wrong_out' is the phrase of the 400 */
};

/* The INVITE has passed the door. */
enum caller_taken caller_take(struct sipgw *gw, msg_t *msg, sip_t *sip,
			      const struct admission *admission,
			      const char **wrong_out);
/* A copy of an INVITE whose leg is here. */
bool caller_is_known(struct sipgw *gw, const sip_t *sip);
/* A leg of before the restart: its server transaction is made again from the
 * header lines that were stored. False: they cannot be used. */
bool caller_resume(struct leg *leg, const char *outline);

/* Commands: handlers of talk_route. */
void caller_answer(void *daemon, const struct envelope *envelope,
		   const void *message);
void caller_alert(void *daemon, const struct envelope *envelope,
		  const void *message);
void caller_reject(void *daemon, const struct envelope *envelope,
		   const void *message);
/* The final answer to an INVITE that will not be accepted, and the leg's end.
 * 'header' may be NULL. */
void caller_refuse(struct leg *leg, int status, const char *phrase,
		   const char *header);
/* The ACK came: the leg is up. 'sip' may be NULL. */
void caller_confirmed(struct leg *leg, const sip_t *sip);

/* Limits of leg_states.def. */
void caller_expired(struct leg *leg);
void caller_unconfirmed(struct leg *leg);
