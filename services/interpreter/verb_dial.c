/*
 * verb_dial.c - <Dial>: callees' legs are made, given media, rung, and one of
 * them is connected; when it is over, 'action' is asked what to do, or the next
 * verb runs.
 *
 * The caller is answered as soon as there is media for both, and hears ringback
 * while a callee rings. A target that cannot be dialled is a leg that begins
 * and fails, so that applications see the same sequence whatever the reason. A
 * Dial without any target does not answer the caller.
 */
#include "services/interpreter/params.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>

/* The caller is answered only when it is connected (answerOnBridge). */
static bool answers_late(const struct leg *caller)
{
	const struct runner *runner = caller->runner;
	return verbs_bool(runner->document, runner->verb, "answerOnBridge");
}

static void answer_caller(struct call *call, struct leg *caller)
{
	if (caller->state == LEG_NEW && !answers_late(caller))
		leg_answer(call, caller);
}

void dial_alert(struct call *call, struct leg *caller)
{
	if (caller->state == LEG_NEW)
		leg_alert(call, caller, false);
	else if (!caller->runner->winner)
		media_tone(call, caller, TONE_RINGBACK);
	record_ringing(call, caller);
}

void dial_digit(struct call *call, struct leg *leg, const char *digit)
{
	const struct runner *runner = leg->runner;
	if (!runner || !runner->dial_waits || strcmp(digit, "*") != 0 ||
	    !verbs_bool(runner->document, runner->verb, "hangupOnStar"))
		return;
	for (struct leg *callee = dial_callee(leg, NULL); callee;
	     callee = dial_callee(leg, callee))
		leg_end_for(call, callee, CALL_CANCELED, END_STAR);
	leg->runner->noun = VERBS_NOUNS_MAX; /* nobody is next */
	dial_check(call, leg);
}

/*
 * A caller who was never answered is told how its callee fared, if the document
 * ends so: as a call without us between them would.
 */
static void keep_refusal(struct leg *caller, const struct leg *told)
{
	struct runner *runner = caller->runner;
	bool refused = told && told->sip_status >= 400 &&
		       told->sip_status != 487 && told->sip_status != 401 &&
		       told->sip_status != 407;
	runner->refusal = refused ? told->sip_status : 480;
	runner->refused_as = told && told->status > CALL_COMPLETED
				     ? told->status
				     : CALL_NO_ANSWER;
}

/* The Dial is over: its action is asked, or the next verb may run. */
static enum verb_result finish(struct call *call, struct leg *caller,
			       struct leg *told)
{
	struct runner *runner = caller->runner;
	const char *action =
		verbs_text(runner->document, runner->verb, "action");
	bool alive = caller->state < LEG_CANCELING;
	const struct tape *tape = runner->tape;
	tape_leave(call, caller);
	runner->dial_waits = false;
	runner->winner = NULL;
	if (caller->state == LEG_NEW)
		keep_refusal(caller, told);
	if (alive && (action || runner_has_more(caller))) {
		if (caller->tone != TONE_NONE)
			media_tone(call, caller, TONE_SILENCE);
		media_close(call, CLOSE_GONE);
	}
	if (!action)
		return VERB_DONE;
	runner_ask(
		call, caller, "Dial", action,
		&(struct after){.kind = AFTER_DIAL, .leg = told, .tape = tape});
	return VERB_LEFT;
}

/* A leg whose target is none has begun, and has failed. */
static void fail_target(struct call *call, struct leg *callee)
{
	const struct target *target = &callee->plan->target;
	struct leg *caller = callee->parent;
	answer_caller(call, caller);
	note(call, callee, NOTE_ERROR, target->error, caller->runner->url,
	     "line %u: %s", callee->plan->line, target->error_text);
	callee->error = target->error;
	hook_fire(call, callee, HOOK_INITIATED);
	leg_gone(call, callee, CALL_FAILED);
}

static void fail_targets(struct call *call, struct leg *caller)
{
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg)) {
		if (leg->state == LEG_NEW && leg->plan->target.error)
			fail_target(call, leg);
	}
}

static bool sequential(const struct runner *runner)
{
	return verbs_bool(runner->document, runner->verb, "sequential");
}

/* Legs for the next noun, or for all. False: there is none. */
static bool make_callees(struct call *call, struct leg *caller)
{
	struct runner *runner = caller->runner;
	struct noun nouns[VERBS_NOUNS_MAX];
	unsigned count = verbs_nouns(runner->document, runner->verb,
				     call->dialect, nouns);
	unsigned most = sequential(runner) ? 1 : count;
	unsigned made = 0;
	for (; runner->noun < count && made < most; runner->noun++) {
		const struct noun *noun = &nouns[runner->noun];
		made += !noun->error && dial_make_callee(call, caller, noun);
	}
	return made > 0;
}

/* Somebody new is to be dialled: with media, or failing at once. */
static bool open_callees(struct call *call, struct leg *caller)
{
	bool dialable = false;
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg))
		dialable |= leg->state == LEG_NEW && !leg->plan->target.error;
	if (!dialable && (caller->media != MEDIA_NONE || !caller->inbound)) {
		fail_targets(call, caller);
		return false;
	}
	if (dialable)
		caller->runner->bare = 0;
	media_open(call, caller);
	return true;
}

bool dial_more(struct call *call, struct leg *caller)
{
	while (sequential(caller->runner) && make_callees(call, caller)) {
		if (open_callees(call, caller))
			return true;
	}
	return false;
}

/* What is not dialled, and why: before anybody is. */
static void note_nouns(struct call *call, struct leg *caller)
{
	const struct runner *runner = caller->runner;
	const struct document *document = runner->document;
	struct noun nouns[VERBS_NOUNS_MAX];
	unsigned count =
		verbs_nouns(document, runner->verb, call->dialect, nouns);
	for (unsigned i = 0; i < count; i++) {
		if (nouns[i].error)
			note(call, caller, NOTE_ERROR, nouns[i].error,
			     runner->url, "line %u: %s",
			     document->nodes[nouns[i].node].place.line,
			     nouns[i].error_text);
	}
	if (count == 0)
		note(call, caller, NOTE_ERROR, ERR_DIAL_NO_NOUN, runner->url,
		     "line %u: <Dial> has no <Sip>, nothing is dialled: this "
		     "installation dials SIP URIs, write "
		     "<Sip>sip:user@host</Sip>",
		     document->nodes[runner->verb].place.line);
}

enum verb_result verb_dial(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	if (runner->purpose == RUN_SCREEN) {
		note(call, leg, NOTE_ERROR, ERR_NESTING, runner->url,
		     "line %u: <Dial> may not stand in a screening document, "
		     "nobody is dialled",
		     runner->document->nodes[runner->verb].place.line);
		return VERB_DONE;
	}
	runner->dial++;
	runner->dial_waits = true;
	runner->winner = NULL;
	runner->noun = 0;
	note_nouns(call, leg);
	if (!make_callees(call, leg))
		return finish(call, leg, NULL);
	if (open_callees(call, leg) || dial_more(call, leg))
		return VERB_WAITS;
	return finish(call, leg, dial_told(leg));
}

void dial_over(struct call *call, struct leg *caller, struct leg *told)
{
	struct runner *runner = caller->runner;
	struct leg *first = dial_callee(caller, NULL);
	enum verb_result result = finish(call, caller, told);
	for (struct leg *leg = first; leg; leg = leg->next) {
		if (leg->parent == caller && leg->dial == runner->dial)
			leg_drop_headers(leg);
	}
	if (result != VERB_DONE)
		return;
	if (caller->state >= LEG_CANCELING)
		runner->state = RUN_OVER;
	else
		runner_next(call, caller);
}

static void note_refusal(struct call *call, struct leg *leg, struct leg *caller,
			 const struct leg_sdp *refused)
{
	note(call, leg, NOTE_ERROR, (int)refused->error, caller->runner->url,
	     "%s",
	     refused->error_text[0] ? refused->error_text
				    : proto_error((int)refused->error)->advice);
}

/* The caller got no media: it is refused, and nobody is dialled. */
void dial_refused(struct call *call, struct leg *caller,
		  const struct leg_sdp *refused)
{
	if (caller->state >= LEG_CANCELING)
		return;
	note_refusal(call, caller, caller, refused);
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg)) {
		leg->error = (int)refused->error;
		leg_end_for(call, leg, CALL_FAILED, END_PARTNER);
	}
	caller->runner->dial_waits = false;
	caller->runner->state = RUN_OVER;
	call->error = caller->error = (int)refused->error;
	leg_reject(call, caller,
		   refused->status >= 300 ? (int)refused->status : 500,
		   CALL_FAILED);
}

void dial_media(struct call *call, struct leg *callee,
		const struct leg_sdp *refused)
{
	struct leg *caller = callee->parent;
	if (callee->state != LEG_NEW || caller->state >= LEG_CANCELING)
		return;
	if (refused) {
		note_refusal(call, callee, caller, refused);
		callee->error = (int)refused->error;
		leg_gone(call, callee, CALL_FAILED);
		return;
	}
	answer_caller(call, caller);
	leg_dial(call, callee);
}

void dial_opened(struct call *call, struct leg *caller)
{
	if (caller->state >= LEG_CANCELING)
		return;
	fail_targets(call, caller);
	dial_check(call, caller);
}
