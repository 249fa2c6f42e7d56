/*
 * dial_plan.c - a leg to be dialled is made: its name, whom it dials and what
 * with, and who is told of its steps.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <string.h>

/* An URL of a <Sip>, as seen from its document; false: none, or none such. */
static bool sip_url(struct call *call, struct leg *caller, uint32_t sip,
		    const char *attribute, int code, const char *loss,
		    char url_out[URL_BYTES])
{
	const struct runner *runner = caller->runner;
	const char *text = verbs_text(runner->document, sip, attribute);
	if (!text || !*text)
		return false;
	bool document = code != ERR_STATUS_CALLBACK;
	if (document ? url_document(runner->url, text, url_out, URL_BYTES)
		     : url_resolve(runner->url, text, url_out, URL_BYTES))
		return true;
	note(call, caller, NOTE_ERROR, code, runner->url,
	     "%s '%.100s' is no http(s)%s URL: %s", attribute, text,
	     document ? " or nats" : "", loss);
	return false;
}

static void subscribe(struct call *call, struct leg *caller, struct leg *callee,
		      uint32_t sip)
{
	const struct document *document = caller->runner->document;
	char url[URL_BYTES];
	if (!sip_url(call, caller, sip, "statusCallback", ERR_STATUS_CALLBACK,
		     "no callbacks are sent for this leg", url))
		return;
	callee->hooks = mem_new(1, sizeof(*callee->hooks));
	callee->hooks->url = mem_copy_text(url);
	callee->hooks->method =
		verbs_method(document, sip, "statusCallbackMethod");
	callee->hooks->events = verbs_events(document, sip);
}

static void set_screening(struct call *call, struct leg *caller,
			  struct leg *callee, uint32_t sip)
{
	char url[URL_BYTES];
	if (!sip_url(call, caller, sip, "url", ERR_URL_INVALID,
		     "the callee is connected without screening", url))
		return;
	callee->screen_s =
		verbs_number(caller->runner->document, sip, "screeningTimeout");
	callee->first = mem_new(1, sizeof(*callee->first));
	callee->first->url = mem_copy_text(url);
	callee->first->method =
		verbs_method(caller->runner->document, sip, "method");
}

/* Who is calling: the document's word, or the caller itself. */
static void set_caller(struct call *call, struct leg *caller,
		       struct leg *callee)
{
	const struct runner *runner = caller->runner;
	struct plan *plan = callee->plan;
	const char *caller_id =
		verbs_caller_id(runner->document, runner->verb, call->dialect);
	bool named = verbs_caller_name(runner->document, runner->verb,
				       plan->from_name);
	callee->from = mem_copy_text(caller_id ? caller_id : caller->from);
	(void)str_copy(plan->from_user, sizeof(plan->from_user),
		       caller_id ? caller_id : call->caller_user);
	if (!caller_id && !named)
		(void)str_copy(plan->from_name, sizeof(plan->from_name),
			       call->caller_name);
}

/* To, as the application is told: the URI, or its user part. */
static void set_called(struct call *call, struct leg *leg, const char *text)
{
	const char *to =
		leg->plan->target.uri[0] ? leg->plan->target.uri : text;
	const char *at = strchr(to, '@');
	const char *colon = strchr(to, ':');
	if (call->dialect->user_parts && at && colon && colon < at)
		leg->to = mem_copy_bytes(colon + 1, (size_t)(at - colon - 1));
	else
		leg->to = mem_copy_bytes(to, strnlen(to, 2000));
}

struct plan *leg_make_plan(struct call *call, struct leg *leg, const char *text,
			   struct place place, const struct leg *noted,
			   const char *url)
{
	struct findings findings = {0};
	char sip_call_id[ID_BYTES];
	struct plan *plan = leg->plan = mem_new(1, sizeof(*plan));
	id_derive("SI", call->sid, leg->number, sip_call_id);
	plan->line = place.line;
	target_parse(text, call->dialect, place, &findings, &plan->target);
	note_findings(call, noted, &findings, url);
	findings_clear(&findings);
	leg->tls = plan->target.transport == SIP_TLS;
	leg->secure =
		plan->target.secure ? plan->target.secure : call->media_secure;
	set_called(call, leg, text);
	if (!plan->target.error) /* otherwise no INVITE will carry it */
		leg->sip_call_id = mem_copy_text(sip_call_id);
	return plan;
}

struct leg *dial_make_callee(struct call *call, struct leg *caller,
			     const struct noun *noun)
{
	const struct runner *runner = caller->runner;
	const struct document *document = runner->document;
	uint32_t sip = noun->node;
	char sid[ID_BYTES];
	id_derive("CA", call->sid, call->leg_count, sid);
	struct leg *callee = call_add_leg(call, caller, sid);
	if (!callee) {
		note(call, caller, NOTE_ERROR, ERR_LOOP, runner->url,
		     "the call has dialled %d legs: no more are dialled",
		     CALL_LEGS_MAX - 1);
		return NULL;
	}
	callee->status = CALL_INITIATED;
	callee->dial = runner->dial;
	subscribe(call, caller, callee, sip);
	set_screening(call, caller, callee, sip);
	struct plan *plan =
		leg_make_plan(call, callee, noun->text,
			      document->nodes[sip].place, caller, runner->url);
	set_caller(call, caller, callee);
	verbs_codecs(document, sip, plan->codecs);
	plan->username = mem_copy_text(verbs_text(document, sip, "username"));
	plan->password = mem_copy_text(verbs_text(document, sip, "password"));
	plan->ring_ms = verbs_number(document, runner->verb, "timeout") * 1000 +
			call->dialect->ring_extra_ms;
	plan->session_s = verbs_session(document, sip);
	plan->video = verbs_video(document, sip);
	return callee;
}
