/*
 * api.c - what the REST API asks for: a call that begins with its own leg being
 * dialled, and wishes about the legs of a call that lives.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <string.h>

/* What of the request has no effect. */
static void note_parameters(struct call *call, const struct leg *leg,
			    const char *ignored, const char *unknown)
{
	if (ignored && *ignored)
		note(call, leg, NOTE_WARNING, ERR_API_IGNORED, NULL,
		     "nothing is done with %s", ignored);
	if (unknown)
		note(call, leg, NOTE_WARNING, ERR_API_IGNORED, NULL,
		     "the API has no parameter %s", unknown);
}

/* --- a call is started --- */

/* The user part, when it is a SIP URI. */
static void user_of(const char *caller, char *to, size_t size)
{
	const char *colon = strchr(caller, ':');
	const char *user = colon ? colon + 1 : caller;
	(void)str_copy_bytes(to, size, user,
			     colon ? strcspn(user, "@") : strlen(user));
}

static void set_caller(struct call *call, const struct call_start *start)
{
	struct leg *root = call->root;
	struct plan *plan = root->plan;
	user_of(start->caller_id, plan->from_user, sizeof(plan->from_user));
	(void)str_copy(plan->from_name, sizeof(plan->from_name),
		       start->caller_name);
	root->from = mem_copy_text(
		call->dialect->user_parts ? plan->from_user : start->caller_id);
	if (plan->from_user[0])
		call->caller_user = mem_copy_text(plan->from_user);
	if (start->caller_name[0])
		call->caller_name = mem_copy_text(start->caller_name);
}

static void subscribe(struct call *call, const struct call_start *start)
{
	struct leg *root = call->root;
	char url[URL_BYTES];
	if (!start->status_callback)
		return;
	if (!url_resolve("", start->status_callback, url, sizeof(url))) {
		note(call, root, NOTE_ERROR, ERR_STATUS_CALLBACK, NULL,
		     "StatusCallback '%.100s' is no absolute http(s) URL: no "
		     "callbacks are sent for this call",
		     start->status_callback);
		return;
	}
	root->hooks = mem_new(1, sizeof(*root->hooks));
	root->hooks->url = mem_copy_text(url);
	root->hooks->method = start->status_method
				      ? (enum http_method)start->status_method
				      : HTTP_POST;
	root->hooks->events = (unsigned)start->status_events;
}

/* What runs once it is answered. False: there is nothing to run. */
static bool set_first(struct call *call, const struct call_start *start)
{
	struct leg *root = call->root;
	char url[URL_BYTES] = "";
	if (!start->document &&
	    (!start->voice_url ||
	     !url_document("", start->voice_url, url, sizeof(url))))
		return false;
	root->first = mem_new(1, sizeof(*root->first));
	root->first->url = mem_copy_text(url);
	root->first->body = mem_copy_text(start->document);
	root->first->method = start->voice_method
				      ? (enum http_method)start->voice_method
				      : HTTP_POST;
	root->first->limit_ms = start->limit_ms;
	return true;
}

static void make_root(struct call *call, const struct call_start *start)
{
	struct leg *root = call_add_leg(call, NULL, start->leg);
	root->status = CALL_INITIATED;
	struct plan *plan = leg_make_plan(call, root, start->to,
					  (struct place){0}, root, NULL);
	set_caller(call, start);
	plan->username = mem_copy_text(start->username);
	plan->password = mem_copy_text(start->password);
	plan->ring_ms = start->ring_ms + call->dialect->ring_extra_ms;
	leg_timer_set(call, root, TIMER_LIFE, STEP_CALL_MAX_MS);
	subscribe(call, start);
}

/* It has begun, and has failed. */
static void fail(struct call *call, int error, const char *text)
{
	struct leg *root = call->root;
	note(call, root, NOTE_ERROR, error, NULL, "%s", text);
	root->error = call->error = error;
	hook_fire(call, root, HOOK_INITIATED);
	root->by = LEG_END_LOCAL;
	leg_gone(call, root, CALL_FAILED);
}

void on_call_start(struct call *call, const void *event)
{
	const struct call_start *start = event;
	if (call->root)
		return;
	(void)str_copy(call->sid, sizeof(call->sid), start->leg);
	(void)str_copy(call->account, sizeof(call->account),
		       call->envelope->account_sid);
	(void)str_copy(call->gateway, sizeof(call->gateway), start->gateway);
	call_set_dialect(call, start->dialect,
			 (struct dialect_limits){
				 .sips = start->dial_max,
				 .uri = start->sip_uri_max,
				 .headers = start->sip_headers_max,
			 });
	call->strict = start->strict;
	call->media_secure = (enum secure_mode)start->media_secure;
	call->api_url = mem_copy_text(start->api_url);
	call->first_time = call->now;
	make_root(call, start);
	note_parameters(call, call->root, start->ignored, start->unknown);
	fallback_set(call, call->root, start->fallback_url,
		     (enum http_method)start->fallback_method);
	const struct target *target = &call->root->plan->target;
	if (target->error)
		fail(call, target->error, target->error_text);
	else if (!set_first(call, start))
		fail(call, ERR_CALL_URL,
		     "Url is no absolute http(s) URL, and there is no Twiml");
	else
		media_open_root(call);
}

/* --- a live call is changed --- */

static void redirect(struct call *call, struct leg *leg,
		     const struct call_change *change)
{
	char url[URL_BYTES] = "";
	enum http_method method =
		change->method ? (enum http_method)change->method : HTTP_POST;
	if (!change->document &&
	    (!change->url ||
	     !url_document("", change->url, url, sizeof(url)))) {
		note(call, leg, NOTE_ERROR, ERR_CALL_URL, NULL,
		     "the API's Url is no absolute http(s) or nats URL: the "
		     "call goes "
		     "on as it was");
		return;
	}
	fallback_set(call, leg, change->fallback_url,
		     (enum http_method)change->fallback_method);
	if (!leg_redirect(call, leg, url, method, change->document))
		note(call, leg, NOTE_WARNING, ERR_CALL_STATE, url,
		     "the API's redirection came when the leg was not up: it "
		     "is ignored");
}

/* Who was never talked to has not completed anything. */
static void end(struct call *call, struct leg *leg)
{
	leg_end_for(call, leg, leg->answered ? CALL_COMPLETED : CALL_CANCELED,
		    END_API);
	if (leg->state != LEG_GONE)
		return;
	/* it had not been dialled: nobody else tells of its end */
	runner_leg_gone(call, leg);
	dial_leg_gone(call, leg);
}

void on_call_change(struct call *call, const void *event)
{
	const struct call_change *change = event;
	struct leg *leg = call_leg(call, change->leg);
	if (!leg || leg->state >= LEG_CANCELING)
		return;
	note_parameters(call, leg, change->ignored, change->unknown);
	if (change->wish == CALL_WISH_REDIRECT)
		redirect(call, leg, change);
	else if (change->wish == CALL_WISH_COMPLETE || !leg->answered)
		end(call, leg);
	else
		note(call, leg, NOTE_WARNING, ERR_CALL_STATE, NULL,
		     "the API's Status=canceled came after the answer: it is "
		     "ignored");
}
