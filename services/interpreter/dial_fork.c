/*
 * dial_fork.c - the callees of a Dial that waits: the first who accepts is
 * connected, the others are told that the call was completed elsewhere.
 *
 * A callee accepts by answering or, if it is screened, by the good end of its
 * screening document; it is connected, and the caller answered if it was not,
 * once mediad has taken its SDP: until then the others ring on, unless the
 * document has them cancelled by the first answer. The Dial is over when the
 * one who was connected is gone, or when all are and nobody was.
 */
#include "services/interpreter/call.h"

struct leg *dial_callee(const struct leg *caller, const struct leg *after)
{
	const struct runner *runner = caller->runner;
	struct leg *leg = after ? after->next : caller->next;
	if (!runner || !runner->dial_waits)
		return NULL;
	while (leg && (leg->parent != caller || leg->dial != runner->dial))
		leg = leg->next;
	return leg;
}

bool dial_waits_for(const struct leg *leg)
{
	const struct runner *runner = leg->parent ? leg->parent->runner : NULL;
	return runner && runner->dial_waits && leg->dial &&
	       leg->dial == runner->dial;
}

static bool lives(const struct leg *leg)
{
	return leg->state != LEG_GONE;
}

static bool any_lives(const struct leg *caller, const struct leg *but)
{
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg)) {
		if (leg != but && lives(leg))
			return true;
	}
	return false;
}

static void end_all(struct call *call, struct leg *caller,
		    const struct leg *but, enum end_reason why)
{
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg)) {
		if (leg != but)
			leg_end_for(call, leg, CALL_CANCELED, why);
	}
}

void dial_answered(struct call *call, struct leg *callee)
{
	struct leg *caller = callee->parent;
	struct runner *runner = caller->runner;
	if (!dial_waits_for(callee) || caller->state >= LEG_CANCELING ||
	    !verbs_bool(runner->document, runner->verb, "cancelOnAnswer"))
		return;
	runner->noun = VERBS_NOUNS_MAX; /* nobody is next */
	end_all(call, caller, callee, END_ANSWERED);
}

void dial_accept(struct call *call, struct leg *callee)
{
	struct leg *caller = callee->parent;
	struct runner *runner = caller->runner;
	if (!dial_waits_for(callee) || caller->state >= LEG_CANCELING ||
	    (runner->winner && runner->winner->met)) {
		leg_end_for(call, callee, CALL_CANCELED, END_ELSEWHERE);
		return;
	}
	callee->accepted = true;
	if (runner->winner)
		return; /* mediad judges the answer of one before */
	runner->winner = callee;
	leg_timer_set(call, callee, TIMER_LIMIT,
		      1000 * verbs_number(runner->document, runner->verb,
					  "timeLimit"));
	media_bridge(call, caller, callee);
}

/* The callee that accepted is one whom its caller may still be given. */
static bool is_wanted(const struct leg *callee)
{
	const struct leg *caller = callee->parent;
	return dial_waits_for(callee) && caller->runner->winner == callee &&
	       callee->state == LEG_UP && caller->state < LEG_CANCELING;
}

void dial_connected(struct call *call, struct leg *callee)
{
	struct leg *caller = callee->parent;
	if (!caller || !is_wanted(callee))
		return;
	if (caller->state == LEG_NEW)
		leg_answer(call, caller);
	record_answered(call, caller);
	end_all(call, caller, callee, END_ELSEWHERE);
}

/* The ringing that the caller hears once more, if somebody rings. */
static void ring_on(struct call *call, struct leg *caller)
{
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg)) {
		if (leg->state != LEG_RINGING)
			continue;
		if (caller->tone == TONE_NONE && !caller->timers[TIMER_ALERT])
			dial_alert(call, caller);
		return;
	}
}

/* Who accepted is not to be had: the next who did is, or whoever will. */
static void choose_next(struct call *call, struct leg *caller)
{
	struct runner *runner = caller->runner;
	struct leg *leg = dial_callee(caller, NULL);
	runner->winner = NULL;
	while (leg && !(leg->accepted && leg->state == LEG_UP))
		leg = dial_callee(caller, leg);
	if (caller->state >= LEG_CANCELING)
		return;
	if (leg)
		dial_accept(call, leg);
	else
		ring_on(call, caller);
}

void dial_unconnected(struct call *call, struct leg *callee, int error,
		      const char *why)
{
	struct leg *caller = callee->parent;
	note(call, callee, NOTE_ERROR, error, NULL, "%s",
	     *why ? why : proto_error(error)->advice);
	callee->error = error;
	callee->accepted = false;
	settle(call, callee, &bridge_message);
	leg_end(call, callee, CALL_FAILED);
	if (caller && dial_waits_for(callee) &&
	    caller->runner->winner == callee && !callee->met)
		choose_next(call, caller);
}

/*
 * Whom the application is told of when nobody accepted: a phone that rang in
 * vain before one that was busy, before one that could not be reached; the
 * first of them in the document.
 */
static const enum call_status tell_first[] = {
	CALL_COMPLETED, CALL_NO_ANSWER, CALL_BUSY, CALL_FAILED, CALL_CANCELED,
};

struct leg *dial_told(const struct leg *caller)
{
	if (caller->runner->winner)
		return caller->runner->winner;
	for (size_t i = 0; i < sizeof(tell_first) / sizeof(*tell_first); i++) {
		for (struct leg *leg = dial_callee(caller, NULL); leg;
		     leg = dial_callee(caller, leg)) {
			if (leg->status == tell_first[i])
				return leg;
		}
	}
	return dial_callee(caller, NULL);
}

/* Nothing is left to wait for: told and finished, or the next one is tried. */
void dial_check(struct call *call, struct leg *caller)
{
	const struct runner *runner = caller->runner;
	if (!runner || !runner->dial_waits)
		return;
	if (!runner->winner && any_lives(caller, NULL))
		return;
	if (runner->winner && !runner->winner->redirected &&
	    lives(runner->winner)) {
		if (caller->state < LEG_CANCELING &&
		    !any_lives(caller, runner->winner))
			media_close(call, CLOSE_GONE);
		return;
	}
	if (!runner->winner && caller->state < LEG_CANCELING &&
	    dial_more(call, caller))
		return;
	dial_over(call, caller, dial_told(caller));
}

void dial_leg_gone(struct call *call, struct leg *leg)
{
	if (!dial_waits_for(leg))
		return;
	if (leg->parent->runner->winner == leg && !leg->met && !leg->redirected)
		choose_next(call, leg->parent);
	dial_check(call, leg->parent);
}

void dial_forget(struct call *call, struct leg *caller, enum end_reason why)
{
	end_all(call, caller, NULL, why);
	tape_leave(call, caller);
	if (caller->runner) {
		caller->runner->dial_waits = false;
		caller->runner->winner = NULL;
	}
}

void dial_abandon(struct call *call, struct leg *caller)
{
	end_all(call, caller, NULL, END_PARTNER);
	dial_check(call, caller);
}

void dial_leave(struct call *call, struct leg *callee)
{
	struct leg *caller = callee->parent;
	bool waited = caller && dial_waits_for(callee);
	leg_timer_stop(callee, TIMER_LIMIT);
	bool joined =
		callee->bridged || is_pending(call, callee, &bridge_message);
	if (joined && caller->state < LEG_CANCELING)
		media_part(call, caller, callee);
	callee->bridged = false;
	callee->redirected = true;
	if (!waited)
		return;
	bool won = caller->runner->winner == callee;
	if (any_lives(caller, callee) && !(won && callee->met)) {
		callee->dial = 0; /* the others are waited for */
		if (won)
			choose_next(call, caller);
	} else {
		caller->runner->winner = callee;
	}
	dial_check(call, caller);
	callee->dial = 0;
}
