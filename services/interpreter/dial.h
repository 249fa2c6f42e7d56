/*
 * dial.h - a Dial that waits, between the files that make it: its callees, who
 * of them wins, their screening, and its recording.
 *
 * The end of call.h, which explains the whole; nobody includes it alone.
 */
#pragma once

#include "services/interpreter/call.h"

/* --- dial_plan.c: what a leg will be dialled with --- */
/* A callee of the Dial that runs on 'caller', for this noun; NULL: no room. */
struct leg *dial_make_callee(struct call *call, struct leg *caller,
			     const struct noun *noun);
/*
 * Gives a new leg its plan and its 'to': whom 'text' dials. Warnings are noted
 * on 'noted' with 'url'. The caller sets the plan's other fields.
 */
struct plan *leg_make_plan(struct call *call, struct leg *leg, const char *text,
			   struct place place, const struct leg *noted,
			   const char *url);

/* --- dial_fork.c: the callees of a Dial --- */
/* The callee of the Dial that waits which follows 'after' (NULL: first). */
struct leg *dial_callee(const struct leg *caller, const struct leg *after);
/* Whether the leg is one that its parent's Dial waits for. */
bool dial_waits_for(const struct leg *leg);
/* It has answered: the others are given up if the document wants that. */
void dial_answered(struct call *call, struct leg *callee);
/* It has answered, and its screening, if any, has ended well. */
void dial_accept(struct call *call, struct leg *callee);
/* mediad has connected it to its caller, for the first time. */
void dial_connected(struct call *call, struct leg *callee);
/* mediad cannot: the leg ends with this error, and others may accept. */
void dial_unconnected(struct call *call, struct leg *callee, int error,
		      const char *why);
/* The leg is gone: a Dial that waited for it may go on. */
void dial_leg_gone(struct call *call, struct leg *leg);
/* The same for a Dial some of whose callees were just made to fail. */
void dial_check(struct call *call, struct leg *caller);
/* Whom the application is told of: the one who accepted, or the best of them.
 */
struct leg *dial_told(const struct leg *caller);
/* What was dialled for the leg is given up, and nobody waits for it. */
void dial_forget(struct call *call, struct leg *caller, enum end_reason why);
/* ... and the Dial is over once they are gone: the caller is gone. */
void dial_abandon(struct call *call, struct leg *caller);
/* The leg leaves its parent's Dial, and lives on. */
void dial_leave(struct call *call, struct leg *callee);

/* --- verb_dial.c --- */
/* A callee has its media, or (not NULL) was refused; or the caller was. */
void dial_media(struct call *call, struct leg *callee,
		const struct leg_sdp *refused);
void dial_refused(struct call *call, struct leg *caller,
		  const struct leg_sdp *refused);
/* All that were asked for are told of: what cannot be dialled fails. */
void dial_opened(struct call *call, struct leg *caller);
/* What the caller, who may not have been answered, hears while one rings. */
void dial_alert(struct call *call, struct leg *caller);
/* A leg pressed a digit, by whatever way: hangupOnStar. */
void dial_digit(struct call *call, struct leg *leg, const char *digit);
/* The next ones of a sequential Dial. False: there is none. */
bool dial_more(struct call *call, struct leg *caller);
/* The Dial is over; 'told' of (NULL: none): action, or the next verb. */
void dial_over(struct call *call, struct leg *caller, struct leg *told);

/* --- record.c: <Dial record> --- */
void record_ringing(struct call *call, struct leg *caller);
void record_answered(struct call *call, struct leg *caller);

/* --- screen.c: a callee runs its document before it is connected --- */
void screen_start(struct call *call, struct leg *leg);
void screen_accept(struct call *call, struct leg *leg);
void screen_decline(struct call *call, struct leg *leg, enum end_reason why);
void screen_timer(struct call *call, struct leg *leg);
