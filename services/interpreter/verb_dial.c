/*
 * verb_dial.c - <Dial>: a callee's leg is made, given media, rung, connected;
 * when it is over, 'action' is asked what to do, or the next verb runs.
 *
 * The caller is answered as soon as there is media for both, and hears ringback
 * while the callee rings. A target that cannot be dialled is a leg that begins
 * and fails, so that applications see the same sequence whatever the reason. A
 * Dial without any target does not answer the caller.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <string.h>

static uint32_t first_sip(const struct document *document, uint32_t dial)
{
	uint32_t child = document->nodes[dial].first_child;
	while (child != NODE_NONE && !verbs_runs(document, child))
		child = document->nodes[child].next;
	return child;
}

static void subscribe(struct call *call, struct leg *leg, struct leg *callee,
		      uint32_t sip)
{
	const struct runner *runner = leg->runner;
	const char *text = verbs_text(runner->document, sip, "statusCallback");
	char url[URL_BYTES];
	if (!text || !*text)
		return;
	if (!url_resolve(runner->url, text, url, sizeof(url))) {
		note(call, leg, NOTE_ERROR, ERR_STATUS_CALLBACK, runner->url,
		     "statusCallback '%.100s' is no http(s) URL: no callbacks "
		     "are sent for this leg",
		     text);
		return;
	}
	callee->hooks = mem_new(1, sizeof(*callee->hooks));
	callee->hooks->url = mem_copy_text(url);
	callee->hooks->method =
		verbs_method(runner->document, sip, "statusCallbackMethod");
	callee->hooks->events = verbs_events(runner->document, sip);
}

/* Who is calling: the document's word, or the caller itself. */
static void set_caller(struct call *call, struct leg *leg, struct leg *callee)
{
	const struct runner *runner = leg->runner;
	const char *caller_id =
		verbs_caller_id(runner->document, runner->verb, call->dialect);
	callee->from = mem_copy_text(caller_id ? caller_id : leg->from);
	(void)str_copy(callee->plan->from_user, sizeof(callee->plan->from_user),
		       caller_id ? caller_id : call->caller_user);
	if (!caller_id)
		(void)str_copy(callee->plan->from_name,
			       sizeof(callee->plan->from_name),
			       call->caller_name);
}

/* To, as the application is told: the URI, or its user part. */
static void set_called(struct call *call, struct leg *callee, const char *text)
{
	const char *to =
		callee->plan->target.uri[0] ? callee->plan->target.uri : text;
	const char *at = strchr(to, '@');
	const char *colon = strchr(to, ':');
	if (call->dialect->user_parts && at && colon && colon < at)
		callee->to =
			mem_copy_bytes(colon + 1, (size_t)(at - colon - 1));
	else
		callee->to = mem_copy_bytes(to, strnlen(to, 2000));
}

static void make_plan(struct call *call, struct leg *leg, struct leg *callee,
		      uint32_t sip)
{
	const struct runner *runner = leg->runner;
	const struct document *document = runner->document;
	struct findings findings = {0};
	struct plan *plan = callee->plan = mem_new(1, sizeof(*plan));
	target_parse(document_text(document, sip), call->dialect,
		     document->nodes[sip].place, &findings, &plan->target);
	note_findings(call, leg, &findings, runner->url);
	findings_clear(&findings);
	set_caller(call, leg, callee);
	set_called(call, callee, document_text(document, sip));
	verbs_codecs(document, sip, plan->codecs);
	plan->username = mem_copy_text(verbs_text(document, sip, "username"));
	plan->password = mem_copy_text(verbs_text(document, sip, "password"));
	plan->ring_ms = verbs_number(document, runner->verb, "timeout") * 1000 +
			call->dialect->ring_extra_ms;
}

static struct leg *make_callee(struct call *call, struct leg *leg, uint32_t sip)
{
	char sid[ID_BYTES], sip_call_id[ID_BYTES];
	id_derive("CA", call->sid, call->leg_count, sid);
	id_derive("SI", call->sid, call->leg_count, sip_call_id);
	struct leg *callee = call_add_leg(call, leg, sid);
	if (!callee) {
		note(call, leg, NOTE_ERROR, ERR_LOOP, leg->runner->url,
		     "the call has dialled %d legs: no more are dialled",
		     CALL_LEGS_MAX - 1);
		return NULL;
	}
	callee->status = CALL_INITIATED;
	callee->sip_call_id = mem_copy_text(sip_call_id);
	subscribe(call, leg, callee, sip);
	make_plan(call, leg, callee, sip);
	if (callee->plan->target.error) /* no INVITE will carry it */
		proto_set_long(&callee->sip_call_id, NULL);
	return callee;
}

/* The Dial is over: its action is asked, or the next verb may run. */
static enum verb_result finish(struct call *call, struct leg *leg,
			       struct leg *callee)
{
	struct runner *runner = leg->runner;
	const char *action =
		verbs_text(runner->document, runner->verb, "action");
	bool alive = leg->state < LEG_CANCELING;
	char url[URL_BYTES];
	runner->callee = NULL;
	if (alive && (action || runner_has_more(leg))) {
		if (leg->tone != TONE_NONE)
			media_tone(call, leg, TONE_SILENCE);
		if (callee && callee->media == MEDIA_OPEN)
			media_close(call, callee);
	}
	if (!action)
		return VERB_DONE;
	if (!url_resolve(runner->url, action, url, sizeof(url))) {
		note(call, leg, NOTE_ERROR, ERR_URL_INVALID, runner->url,
		     "Dial: action '%.100s' is no http(s) URL: write an "
		     "absolute one, or one relative to this document",
		     action);
		runner_fail(call, leg, ERR_URL_INVALID, 0);
		return VERB_LEFT;
	}
	runner_fetch(call, leg, url,
		     verbs_method(runner->document, runner->verb, "method"),
		     &(struct dialled){callee});
	return VERB_LEFT;
}

/* The target is none: the leg has begun, and has failed. */
static void fail_target(struct call *call, struct leg *callee)
{
	const struct target *target = &callee->plan->target;
	struct leg *caller = callee->parent;
	const struct runner *runner = caller->runner;
	if (caller->state == LEG_NEW)
		leg_answer(call, caller);
	uint32_t sip = first_sip(runner->document, runner->verb);
	note(call, callee, NOTE_ERROR, target->error, runner->url,
	     "line %u: %s", runner->document->nodes[sip].place.line,
	     target->error_text);
	callee->error = target->error;
	hook_fire(call, callee, HOOK_INITIATED);
	leg_gone(call, callee, CALL_FAILED);
}

enum verb_result verb_dial(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	uint32_t sip = first_sip(runner->document, runner->verb);
	if (sip == NODE_NONE) {
		note(call, leg, NOTE_ERROR, ERR_DIAL_NO_NOUN, runner->url,
		     "line %u: <Dial> has no <Sip>, nothing is dialled: this "
		     "installation dials SIP URIs, write "
		     "<Sip>sip:user@host</Sip>",
		     runner->document->nodes[runner->verb].place.line);
		return finish(call, leg, NULL);
	}
	struct leg *callee = make_callee(call, leg, sip);
	if (!callee)
		return finish(call, leg, NULL);
	bool dialable = !callee->plan->target.error;
	if (!dialable && leg->media != MEDIA_NONE) {
		fail_target(call, callee);
		return finish(call, leg, callee);
	}
	if (dialable)
		runner->bare = 0;
	runner->callee = callee;
	media_open(call, leg, callee);
	return VERB_WAITS;
}

void dial_over(struct call *call, struct leg *leg, struct leg *callee)
{
	struct runner *runner = leg->runner;
	if (runner->callee != callee)
		return;
	enum verb_result result = finish(call, leg, callee);
	if (callee)
		leg_drop_headers(callee);
	if (result != VERB_DONE)
		return;
	if (leg->state >= LEG_CANCELING)
		runner->state = RUN_OVER;
	else
		runner_next(call, leg);
}

/* One of the two got no media: the caller is refused, or the Dial has failed.
 */
static void media_refused(struct call *call, struct leg *callee,
			  const struct leg_sdp *refused)
{
	struct leg *caller = callee->parent;
	bool callers = strcmp(refused->leg, caller->sid) == 0;
	note(call, callers ? caller : callee, NOTE_ERROR, (int)refused->error,
	     caller->runner->url, "%s",
	     refused->error_text[0] ? refused->error_text
				    : proto_error((int)refused->error)->advice);
	callee->error = (int)refused->error;
	leg_gone(call, callee, CALL_FAILED);
	if (callers) {
		caller->runner->callee = NULL;
		caller->runner->state = RUN_OVER;
		call->error = (int)refused->error;
		leg_reject(call, caller,
			   refused->status >= 300 ? (int)refused->status : 500,
			   CALL_FAILED);
	} else {
		dial_over(call, caller, callee);
	}
}

void dial_media(struct call *call, struct leg *callee,
		const struct leg_sdp *refused)
{
	struct leg *caller = callee->parent;
	if (callee->state != LEG_NEW || caller->state >= LEG_CANCELING)
		return;
	if (refused) {
		media_refused(call, callee, refused);
		return;
	}
	if (callee->plan->target.error) {
		fail_target(call, callee);
		dial_over(call, caller, callee);
		return;
	}
	if (caller->state == LEG_NEW)
		leg_answer(call, caller);
	leg_dial(call, callee);
}
