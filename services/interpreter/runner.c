/*
 * runner.c - a leg runs a document: takes its verbs one after the other, goes
 * on with the next one (runner_fetch.c), and ends with it.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/plain.h"
#include "services/interpreter/url.h"

#include <stdlib.h>
#include <string.h>

/* What a verb does, and what it does with what it waits for. */
struct verb_row {
	const char *name;
	enum verb_result (*run)(struct call *call, struct leg *leg);
	void (*played)(struct call *call, struct leg *leg,
		       const struct played *played);
	void (*digit)(struct call *call, struct leg *leg, const char *digit);
	void (*taped)(struct call *call, struct leg *leg,
		      const struct tape *tape);
};
static const struct verb_row verbs[] = {
	{.name = "Dial", .run = verb_dial, .digit = dial_digit},
	{.name = "Hangup", .run = verb_hangup},
	{.name = "Reject", .run = verb_reject},
	{.name = "Redirect", .run = verb_redirect},
	{.name = "Pause", .run = verb_pause},
	{.name = "Play", .run = verb_play, .played = verb_play_played},
	{.name = "Say", .run = verb_play, .played = verb_play_played},
	{.name = "Gather",
	 .run = verb_gather,
	 .played = verb_gather_played,
	 .digit = verb_gather_digit},
	{.name = "Record",
	 .run = verb_record,
	 .played = verb_record_played,
	 .digit = verb_record_digit,
	 .taped = verb_record_taped},
};

/* What runs a document on the leg: new, or as new but for its counters. */
static void prepare(struct call *call, struct leg *leg)
{
	if (!leg->runner)
		leg->runner = mem_new(1, sizeof(*leg->runner));
	tape_leave(call, leg);
	play_end(call, leg);
	leg->runner->opens = false;
	leg->runner->verb = NODE_NONE;
	leg->runner->state = RUN_WAITING;
	leg->runner->purpose = RUN_CALL;
	leg->runner->fallen = false;
	leg_timer_stop(leg, TIMER_PAUSE);
	leg_timer_stop(leg, TIMER_KEYS);
	leg_timer_stop(leg, TIMER_FETCH);
}

void runner_start(struct call *call, struct leg *leg, const char *url,
		  enum http_method method)
{
	prepare(call, leg);
	runner_fetch(call, leg, url, method, NULL);
}

static void start_with(struct call *call, struct leg *leg, const char *url,
		       enum http_method method, const char *body)
{
	if (!body) {
		runner_fetch(call, leg, url, method, NULL);
		return;
	}
	proto_set_long(&leg->runner->url, url ? url : "");
	leg->runner->document = document_free(leg->runner->document);
	runner_take(call, leg, "text/xml", body, strlen(body));
}

void runner_start_first(struct call *call, struct leg *leg)
{
	struct first *first = leg->first;
	leg->first = NULL;
	prepare(call, leg);
	if (leg->parent)
		leg->runner->purpose = RUN_SCREEN;
	if (first->limit_ms)
		leg_timer_set(call, leg, TIMER_LIMIT, first->limit_ms);
	start_with(call, leg, first->url, first->method, first->body);
	free(first->url);
	free(first->body);
	free(first);
}

bool leg_redirect(struct call *call, struct leg *leg, const char *url,
		  enum http_method method, const char *body)
{
	bool up = leg->state == LEG_UP || leg->state == LEG_ANSWERING;
	if (!up && !(leg->inbound && leg->state == LEG_NEW && leg->runner))
		return false;
	dial_forget(call, leg, END_REDIRECTED);
	prepare(call, leg);
	leg_timer_stop(leg, TIMER_SCREEN);
	if (leg->parent) {
		if (!leg->answer_told && !leg->met &&
		    !is_pending(call, leg, &bridge_message))
			media_answer(call, leg);
		leg_timer_set(call, leg, TIMER_LIFE,
			      call->first_time + STEP_CALL_MAX_MS - call->now);
		dial_leave(call, leg);
	}
	if (leg->tone != TONE_NONE)
		media_tone(call, leg, TONE_SILENCE);
	start_with(call, leg, url, method, body);
	return true;
}

void leg_run(struct call *call, struct leg *leg, const char *url,
	     struct document *document)
{
	prepare(call, leg);
	if (leg->parent)
		leg_timer_set(call, leg, TIMER_LIFE,
			      call->first_time + STEP_CALL_MAX_MS - call->now);
	if (leg->tone != TONE_NONE)
		media_tone(call, leg, TONE_SILENCE);
	proto_set_long(&leg->runner->url, url);
	document_free(leg->runner->document);
	leg->runner->document = document;
	runner_next(call, leg);
}

void runner_ask(struct call *call, struct leg *leg, const char *verb,
		const char *action, const struct after *after)
{
	const struct runner *runner = leg->runner;
	char url[URL_BYTES];
	if (!url_document(runner->url, action, url, sizeof(url))) {
		note(call, leg, NOTE_ERROR, ERR_URL_INVALID, runner->url,
		     "%s: action '%.100s' is no http(s) or nats URL: write an "
		     "absolute one, or one relative to this document",
		     verb, action);
		runner_fail(call, leg, ERR_URL_INVALID, 0);
		return;
	}
	runner_fetch(call, leg, url,
		     verbs_method(runner->document, runner->verb, "method"),
		     after);
}

static const struct verb_row *row_of(const struct runner *runner)
{
	const char *name = document_name(runner->document, runner->verb);
	size_t row = 0;
	while (row < sizeof(verbs) / sizeof(verbs[0]) &&
	       strcmp(verbs[row].name, name) != 0)
		row++;
	return row < sizeof(verbs) / sizeof(verbs[0]) ? &verbs[row] : NULL;
}

static enum verb_result run_verb(struct call *call, struct leg *leg)
{
	const struct verb_row *row = row_of(leg->runner);
	/* NULL: not supported; it was noted when it was read */
	return row ? row->run(call, leg) : VERB_DONE;
}

/* The verb that waits for what may happen; NULL: none does. */
static const struct verb_row *waiting(const struct leg *leg)
{
	const struct runner *runner = leg->runner;
	bool waits = runner && runner->state == RUN_WAITING && !runner->opens &&
		     runner->document && runner->verb != NODE_NONE;
	return waits ? row_of(runner) : NULL;
}

void runner_played(struct call *call, struct leg *leg,
		   const struct played *played)
{
	const struct verb_row *row = waiting(leg);
	if (row && row->played)
		row->played(call, leg, played);
}

void runner_digit(struct call *call, struct leg *leg, const char *digit)
{
	const struct verb_row *row = waiting(leg);
	if (row && row->digit)
		row->digit(call, leg, digit);
}

void runner_taped(struct call *call, struct leg *leg, const struct tape *tape)
{
	const struct verb_row *row = waiting(leg);
	if (row && row->taped)
		row->taped(call, leg, tape);
}

static uint32_t verb_after(const struct runner *runner)
{
	const struct document *document = runner->document;
	uint32_t verb = runner->verb == NODE_NONE
				? document->nodes[0].first_child
				: document->nodes[runner->verb].next;
	while (verb != NODE_NONE && !verbs_runs(document, verb))
		verb = document->nodes[verb].next;
	return verb;
}

bool runner_has_more(const struct leg *leg)
{
	return verb_after(leg->runner) != NODE_NONE;
}

static void document_ended(struct call *call, struct leg *leg)
{
	if (leg->runner->purpose == RUN_SCREEN && leg->runner->fallen)
		screen_decline(call, leg, END_SCREEN_FAILED);
	else if (leg->runner->purpose == RUN_SCREEN)
		screen_accept(call, leg);
	else
		verb_hangup(call, leg);
}

/* The verb that ran has come to this. */
static void go_on(struct call *call, struct leg *leg, enum verb_result result)
{
	struct runner *runner = leg->runner;
	while (result == VERB_DONE) {
		uint32_t verb = verb_after(runner);
		if (verb == NODE_NONE) {
			document_ended(call, leg);
			return;
		}
		runner->verb = verb;
		result = run_verb(call, leg);
	}
	if (result == VERB_WAITS)
		runner->state = RUN_WAITING;
}

void runner_next(struct call *call, struct leg *leg)
{
	go_on(call, leg, VERB_DONE);
}

void runner_media(struct call *call, struct leg *leg,
		  const struct leg_sdp *refused)
{
	leg->runner->opens = false;
	if (refused)
		dial_refused(call, leg, refused);
	else if (leg->state < LEG_CANCELING)
		go_on(call, leg, run_verb(call, leg));
}

/* The SIP status of a caller whom no document could be had for. */
static const struct {
	int error;
	int http_status; /* 0: any */
	int sip_status;  /* 0: the dialect's for "not found" */
} refusals[] = {
	{ERR_HTTP_STATUS, 404, 0},
	{ERR_HTTP_STATUS, 0, 500},
	{ERR_DOCUMENT_PARSE, 0, 500},
	{ERR_DOCUMENT_ROOT, 0, 500},
	{ERR_DOCUMENT_TYPE, 0, 500},
	{ERR_HTTP_TOO_LARGE, 0, 500},
	{ERR_URL_INVALID, 0, 500},
	{ERR_LOOP, 0, 500},
	{0, 0, 503}, /* the application could not be reached */
};

void runner_fail(struct call *call, struct leg *leg, int error, int http_status)
{
	size_t row = 0;
	if (fallback_begins(call, leg, error))
		return;
	while (refusals[row].error &&
	       (refusals[row].error != error ||
		(refusals[row].http_status &&
		 refusals[row].http_status != http_status)))
		row++;
	int status = refusals[row].sip_status
			     ? refusals[row].sip_status
			     : (int)call->dialect->not_found_status;
	leg->runner->state = RUN_OVER;
	if (leg->state >= LEG_CANCELING)
		return;
	leg->error = error;
	if (leg->runner->purpose == RUN_SCREEN) {
		screen_decline(call, leg, END_SCREEN_FAILED);
		return;
	}
	if (leg == call->root)
		call->error = error;
	leg_reject(call, leg, status, CALL_FAILED);
}

void runner_take(struct call *call, struct leg *leg, const char *type,
		 const char *body, size_t size)
{
	struct runner *runner = leg->runner;
	struct findings findings = {0};
	enum plain plain;
	runner->document = plain_read(
		&(struct plain_rules){call->dialect, runner->url, call->strict},
		type, body, size, &findings, &plain);
	if (runner->document)
		verbs_check(runner->document, call->dialect, false, &findings);
	note_findings(call, leg, &findings, runner->url);
	int error = 0;
	for (unsigned i = 0; i < findings.count && !error; i++)
		error = findings.list[i].level == NOTE_ERROR
				? findings.list[i].code
				: 0;
	findings_clear(&findings);
	runner->verb = NODE_NONE;
	if (runner->document)
		runner_next(call, leg);
	else
		runner_fail(call, leg, error ? error : ERR_DOCUMENT_PARSE, 0);
}

/* Nobody is left to run a document for. */
void runner_leg_gone(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	if (!runner)
		return;
	if (runner->purpose == RUN_SCREEN && runner->state != RUN_OVER &&
	    leg->by == LEG_END_REMOTE)
		leg->declined = true;
	bool recorded = runner->tape && !runner->dial_waits;
	if (runner->state == RUN_FETCHING)
		runner->answer_ignored = true;
	else if (recorded && runner->state == RUN_WAITING)
		return; /* its action is told, once it is over */
	else if (!runner->dial_waits)
		runner->state = RUN_OVER;
	else
		dial_abandon(call, leg);
}
