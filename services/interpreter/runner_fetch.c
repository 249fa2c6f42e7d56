/*
 * runner_fetch.c - a leg's next document is asked for and comes, or its
 * fallback's in its place.
 */
#include "services/interpreter/params.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <stdlib.h>
#include <string.h>

struct get *fetch_new(struct call *call, const struct leg *leg, const char *url,
		      enum http_method method, char *fetch_out)
{
	const struct dialect *dialect = call->dialect;
	struct get *get = proto_new(&get_message);
	id_derive("FE", call->sid, call->fetches++, fetch_out);
	(void)str_copy(get->fetch, sizeof(get->fetch), fetch_out);
	(void)str_copy(get->leg, sizeof(get->leg), leg->sid);
	proto_set_long(&get->url, url);
	proto_set_long(&get->cookies, leg->cookies);
	get->method = method;
	get->body_max = DOCUMENT_BYTES_MAX;
	get->redirects_max = dialect->redirects_max;
	get->connect_ms = dialect->connect_ms;
	get->read_ms = dialect->read_ms;
	get->total_ms = dialect->total_ms;
	get->retries = dialect->retries;
	return get;
}

void fetch_answered(struct call *call, struct leg *leg,
		    const struct fetched *fetched)
{
	proto_set_long(&leg->cookies, fetched->cookies);
	if (fetched->warning[0])
		note(call, leg, NOTE_WARNING, ERR_URL_OVERRIDE, fetched->url,
		     "%s", fetched->warning);
}

static bool loops(struct call *call, struct leg *leg, const char *url)
{
	struct runner *runner = leg->runner;
	if (runner->documents < CALL_DOCUMENTS_MAX &&
	    runner->bare <= CALL_BARE_DOCUMENTS_MAX)
		return false;
	note(call, leg, NOTE_ERROR, ERR_LOOP, url,
	     "the application goes from document to document without end "
	     "(%u so far, %u in a row without a verb that waits): the call is "
	     "ended",
	     runner->documents, runner->bare);
	return true;
}

static const struct fallback *fallback_of(const struct leg *leg)
{
	while (leg && !leg->fallback)
		leg = leg->parent;
	return leg ? leg->fallback : NULL;
}

void fetch_forget(struct runner *runner)
{
	if (!runner->asked)
		return;
	proto_clear(&get_message, runner->asked);
	free(runner->asked);
	runner->asked = NULL;
}

/* The leg's document is on its way. Takes 'get'. */
static void ask_for(struct call *call, struct leg *leg, struct get *get)
{
	struct runner *runner = leg->runner;
	fetch_forget(runner);
	if (fallback_of(leg)) {
		runner->asked = proto_new(&get_message);
		proto_copy(&get_message, get, runner->asked);
	}
	proto_set_long(&runner->url, get->url);
	runner->documents++;
	runner->bare++;
	runner->answer_ignored = leg->state >= LEG_CANCELING;
	runner->state = RUN_FETCHING;
	runner->document = document_free(runner->document);
	leg_timer_set(call, leg, TIMER_FETCH, GUARD_FETCH_MS);
	say(call, &get_message, get, "any");
}

void runner_fetch(struct call *call, struct leg *leg, const char *url,
		  enum http_method method, const struct after *after)
{
	struct runner *runner = leg->runner;
	runner->fallen = false;
	if (loops(call, leg, url)) {
		runner_fail(call, leg, ERR_LOOP, 0);
		return;
	}
	struct get *get = fetch_new(call, leg, url, method, runner->fetch);
	params_of_document(call, leg, after, get);
	ask_for(call, leg, get);
}

/* --- the fallback --- */

void fallback_free(struct leg *leg)
{
	if (leg->fallback)
		free(leg->fallback->url);
	free(leg->fallback);
	leg->fallback = NULL;
}

void fallback_set(struct call *call, struct leg *leg, const char *url,
		  enum http_method method)
{
	char absolute[URL_BYTES];
	if (!url || !*url)
		return;
	if (!url_document("", url, absolute, sizeof(absolute))) {
		note(call, leg, NOTE_ERROR, ERR_URL_INVALID, NULL,
		     "the fallback URL '%.100s' is no absolute http(s) or nats "
		     "URL: "
		     "there is none",
		     url);
		return;
	}
	fallback_free(leg);
	leg->fallback = mem_new(1, sizeof(*leg->fallback));
	leg->fallback->url = mem_copy_text(absolute);
	leg->fallback->method = method ? method : HTTP_POST;
}

static void add_param(struct get *get, const char *name, const char *value)
{
	struct param *param = &get->params[get->params_count];
	if (get->params_count == sizeof(get->params) / sizeof(get->params[0]))
		return;
	(void)str_copy(param->name, sizeof(param->name), name);
	proto_set_long(&param->value, value);
	get->params_count++;
}

/* What the document that failed was asked for with, or what it would be. */
static void add_params(struct call *call, struct leg *leg, struct get *get)
{
	const struct get *asked = leg->runner->asked;
	if (!asked) {
		params_of_document(call, leg, NULL, get);
		return;
	}
	for (uint32_t i = 0; i < asked->params_count; i++)
		add_param(get, asked->params[i].name, asked->params[i].value);
}

bool fallback_begins(struct call *call, struct leg *leg, int error)
{
	struct runner *runner = leg->runner;
	const struct fallback *fallback = fallback_of(leg);
	char failed[URL_BYTES], number[12];
	if (!fallback || runner->fallen || error == ERR_LOOP ||
	    leg->state >= LEG_CANCELING || loops(call, leg, fallback->url))
		return false;
	note(call, leg, NOTE_WARNING, error, fallback->url,
	     "the fallback URL is asked instead");
	struct get *get = fetch_new(call, leg, fallback->url, fallback->method,
				    runner->fetch);
	str_format(number, sizeof(number), "%d", error);
	url_public(runner->url, failed, sizeof(failed));
	add_params(call, leg, get);
	add_param(get, "ErrorCode", number);
	add_param(get, "ErrorUrl", failed);
	runner->fallen = true;
	ask_for(call, leg, get);
	return true;
}

/* --- the answer --- */

/* The answer is a document as far as HTTP goes. */
static bool answer_is_good(struct call *call, struct leg *leg,
			   const struct fetched *fetched)
{
	const char *url = leg->runner->url;
	int status = (int)fetched->status;
	if (!fetched->error && status >= 200 && status < 300)
		return true;
	int error = fetched->error ? (int)fetched->error : ERR_HTTP_STATUS;
	if (error == ERR_HTTP_STATUS)
		note(call, leg, NOTE_ERROR, error, url,
		     "the web application answered %d: it must answer 200",
		     status);
	else
		note(call, leg, NOTE_ERROR, error, url, "%s",
		     fetched->error_text[0] ? fetched->error_text
					    : proto_error(error)->advice);
	if (!leg->runner->answer_ignored)
		runner_fail(call, leg, error, status);
	return false;
}

static struct leg *fetching_leg(struct call *call, const char *fetch)
{
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if (leg->runner && leg->runner->state == RUN_FETCHING &&
		    strcmp(leg->runner->fetch, fetch) == 0)
			return leg;
	}
	return NULL;
}

void on_fetched(struct call *call, const void *event)
{
	const struct fetched *fetched = event;
	struct leg *leg = fetching_leg(call, fetched->fetch);
	if (!leg)
		return;
	struct runner *runner = leg->runner;
	leg_timer_stop(leg, TIMER_FETCH);
	runner->state = RUN_OVER;
	runner->answer_ignored |= leg->state >= LEG_CANCELING;
	fetch_answered(call, leg, fetched);
	if (fetched->url) {
		char url[URL_BYTES];
		url_arrived(runner->url, fetched->url, url, sizeof(url));
		proto_set_long(&runner->url, url);
	}
	if (!answer_is_good(call, leg, fetched) || runner->answer_ignored)
		return;
	if (fetched->body_base64) {
		size_t room = strlen(fetched->body_base64) + 1;
		char *body = mem_new(room, 1);
		long size =
			digest_unbase64(fetched->body_base64, (uint8_t *)body);
		runner_take(call, leg, fetched->content_type, body,
			    size > 0 ? (size_t)size : 0);
		free(body);
	} else {
		const char *body = fetched->body ? fetched->body : "";
		runner_take(call, leg, fetched->content_type, body,
			    strlen(body));
	}
}

void runner_timer(struct call *call, struct leg *leg)
{
	if (leg->runner->state != RUN_FETCHING)
		return;
	leg->runner->state = RUN_OVER;
	note(call, leg, NOTE_ERROR, ERR_HTTP_RETRIEVAL, leg->runner->url,
	     "no answer came from the fetcher in time");
	if (!leg->runner->answer_ignored)
		runner_fail(call, leg, ERR_HTTP_RETRIEVAL, 0);
}
