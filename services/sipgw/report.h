/*
 * report.h - what sipgw tells the interpreter about a leg.
 *
 * Contract: each kind of event has one id a leg, so that a repeat is recognised
 * by the record. Outcomes are remembered and can be said again, word for word.
 * Messages are the caller's. Loop's thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>

struct leg;
struct sipgw;

/* Numbers of the ids, never to be changed. */
enum report {
	REPORT_INCOMING = 1,
	REPORT_RINGING = 2,
	REPORT_ANSWERED = 3,
	REPORT_FAILED = 4,
	REPORT_CONFIRMED = 5,
	REPORT_ENDED = 6,
	REPORT_RINGING_SDP = 7
};

/* 'may_be_known': soon after the start, the INVITE may be a copy of one of
 * before; what the record has already is told as 'restored' too, since the
 * call may be over. */
void report_incoming(struct leg *leg, const struct incoming *incoming,
		     bool may_be_known);
/* A leg of before the start stands again. */
void report_restored(struct leg *leg);
void report_event(struct leg *leg, enum report number,
		  const struct proto_message *desc, const void *message);
/* With an id of its own: for what may happen more than once a leg. */
void report_as(struct leg *leg, const char *id,
	       const struct proto_message *desc, const void *message);
/* As above, and remembers it: the leg's present state. */
void report_outcome(struct leg *leg, enum report number,
		    const struct proto_message *desc, const void *message);
/* Remembers it only: report_again() is to say it once it may be known. */
void report_keep(struct leg *leg, const struct proto_message *desc,
		 const void *message);
/* Says the last outcome again. False: there is none yet. */
bool report_again(struct leg *leg);
/* The end of a leg, as its end_… fields have it; it is over then. */
void report_ended(struct leg *leg);
/* A command about a leg that cannot be served: 'ended' or 'failed', with an
 * error of errors.def. */
void report_refused(struct sipgw *gw, const struct envelope *command,
		    const char *leg_id, const struct proto_message *outcome,
		    int error);
