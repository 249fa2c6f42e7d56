/*
 * apps.c - documents from applications on the bus; see apps.h.
 */
#include "services/fetcher/apps.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/subject.h"
#include "lib/http/form.h"
#include "lib/http/keys.h"
#include "lib/http/overrides.h"
#include "lib/http/sign.h"
#include "lib/runtime/bus_question.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/subjects.h"
#include "proto/proto.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (1024 * 1024)
#define FORM_TYPE "application/x-www-form-urlencoded; charset=UTF-8"

METRIC_COUNTER(count_asked, "nats_requests_total", "",
	       "Documents that applications on the bus were asked for.")

struct apps {
	struct loop *loop;
	struct bus *bus;
	struct subjects *allowed;
};

struct apps_ask {
	struct apps *apps;
	struct bus_asked *asked;
	struct loop_timer soon; /* refused: nothing was asked */
	http_done_fn *done;
	void *owner;
	char *url, *cookies;
	size_t body_max;
	int64_t begun_ms, total_ms;
	int error;
	char text[HTTP_ERROR_BYTES];
};

/* --- what may be asked --- */

struct apps *apps_new(struct loop *loop, struct bus *bus, const char *allowed,
		      char *error_out)
{
	struct apps *apps = mem_new(1, sizeof(*apps));
	apps->loop = loop;
	apps->bus = bus;
	apps->allowed = subjects_parse(allowed, error_out);
	return apps->allowed ? apps : apps_free(apps);
}

struct apps *apps_free(struct apps *apps)
{
	if (apps)
		subjects_free(apps->allowed);
	free(apps);
	return NULL;
}

bool apps_may_ask(const struct apps *apps, const char *subject, char *error_out)
{
	if (subjects_match(apps->allowed, subject))
		return true;
	str_format(
		error_out, APPS_ERROR_BYTES,
		"subject %.60s is not below one of VOXBUS_NATS_APPS; name it "
		"there if it is meant to be asked",
		subject);
	return false;
}

/* --- the end of a question --- */

static void fail(struct apps_ask *ask, struct http_result *result, int error,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void fail(struct apps_ask *ask, struct http_result *result, int error,
		 const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(ask->text, sizeof(ask->text), format, arguments);
	va_end(arguments);
	for (char *c = ask->text; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			*c = '?';
	result->error = error;
	result->text = ask->text;
	result->body = "";
	result->size = 0;
}

static const char *header(const struct bus_reply *reply, const char *name,
			  const char *otherwise)
{
	const char *value = bus_reply_header(reply, name);
	bool good = value && !str_has_control(value) &&
		    str_is_utf8(value, strlen(value));
	return good ? value : otherwise;
}

static void read_reply(struct apps_ask *ask, const struct bus_reply *reply,
		       struct http_result *result)
{
	int64_t status = 200;
	const char *code = header(reply, "Nats-Service-Error-Code", "500");
	const char *words = header(reply, "Nats-Service-Error", NULL);
	if (!words && !bus_reply_header(reply, "Nats-Service-Error-Code"))
		code = header(reply, "Status", "200");
	result->content_type = header(reply, "Content-Type", "text/xml");
	if (!str_number(code, 100, 999, &status))
		fail(ask, result, ERR_HTTP_PROTOCOL,
		     "the reply's status '%.40s' is no number from 100 to 999",
		     code);
	result->status = (int)status;
	if (result->error)
		return;
	if (result->size > ask->body_max)
		fail(ask, result, ERR_HTTP_TOO_LARGE,
		     "the reply is larger than %zu bytes", ask->body_max);
	else if (status < 200 || status > 299)
		fail(ask, result, ERR_HTTP_STATUS,
		     "the application on the bus replied with status "
		     "%lld%s%.200s",
		     (long long)status, words ? ": " : "", words ? words : "");
}

static void ask_free(struct apps_ask *ask)
{
	free(ask->url);
	free(ask->cookies);
	free(ask);
}

static void tell(struct apps_ask *ask, struct http_result *result)
{
	result->url = ask->url;
	result->cookies = ask->cookies; /* as they were: the web's */
	result->attempts = 1;
	result->total_ms = clock_mono_ms() - ask->begun_ms;
	result->etag = result->last_modified = result->cache_control = "";
	result->sent = result->headers = result->excerpt = "";
	result->address = "";
	ask->done(ask->owner, result);
	ask_free(ask);
}

static void on_reply(void *owner, int error, const char *data, size_t size,
		     const struct bus_reply *reply)
{
	struct apps_ask *ask = owner;
	struct http_result result = {
		.text = "", .content_type = "", .body = data, .size = size};
	ask->asked = NULL;
	if (!error)
		read_reply(ask, reply, &result);
	else if (error == -ENOENT)
		fail(ask, &result, ERR_HTTP_CONNECTION,
		     "nobody on the bus answers on this subject");
	else if (error == -ETIMEDOUT)
		fail(ask, &result, ERR_HTTP_RETRIEVAL,
		     "no reply within %lld ms", (long long)ask->total_ms);
	else if (error == -EMSGSIZE)
		fail(ask, &result, ERR_URL_INVALID,
		     "the request is larger than nats-server takes");
	else if (error == -EINVAL)
		fail(ask, &result, ERR_URL_INVALID,
		     "the URL cannot be said on the bus: it has a control "
		     "character");
	else
		fail(ask, &result, ERR_HTTP_CONNECTION, "the bus is away");
	tell(ask, &result);
}

static void on_soon(struct loop_timer *timer)
{
	struct apps_ask *ask = timer->owner;
	struct http_result result = {
		.text = ask->text, .content_type = "", .body = ""};
	result.error = ask->error;
	tell(ask, &result);
}

/* --- the question --- */

/* The URL's own query, then the parameters. */
static char *body_of(const struct get *get)
{
	struct buf body = BUF_INIT(BODY_MAX);
	const char *query = strchr(get->url, '?');
	size_t length = query ? strcspn(query + 1, "#") : 0;
	if (query && strcspn(get->url, "#") < (size_t)(query - get->url))
		length = 0; /* of the fragment */
	if (length)
		buf_add(&body, query + 1, length);
	if (length && get->params_count)
		buf_add_text(&body, "&");
	form_add(&body, get->params, get->params_count);
	return buf_take(&body);
}

static void send(struct apps_ask *ask, const struct apps_request *what,
		 const char *subject)
{
	char signature[SIGN_STAMPED_BYTES], *body = body_of(what->get);
	const char *method =
		proto_word(&http_method_set, (int)what->get->method);
	struct bus_header headers[8] = {
		{"CallSid", what->call_sid},
		{"AccountSid", what->account_sid},
		{"Method", method},
		{"Content-Type", FORM_TYPE},
		{"I-Twilio-Idempotency-Token", what->get->fetch}};
	if (what->keys->primary) {
		sign_stamped(
			&(struct sign_stamp){.key = what->keys->primary,
					     .second_key =
						     what->keys->secondary,
					     .time_s = clock_wall_ms() / 1000,
					     .method = method,
					     .url = ask->url,
					     .body = body},
			signature);
		headers[5] =
			(struct bus_header){"X-Voxbus-Signature", signature};
		headers[6] =
			(struct bus_header){"X-Voxbus-Signed-Url", ask->url};
	}
	metric_add(&count_asked, 1);
	ask->asked = bus_question(ask->apps->bus,
				  &(struct bus_question){
					  .subject = subject,
					  .headers = headers,
					  .data = body,
					  .size = strlen(body),
					  .timeout_ms = ask->total_ms,
					  .answered = on_reply,
					  .owner = ask,
				  });
	free(body);
}

struct apps_ask *apps_ask(struct apps *apps, const struct apps_request *what,
			  http_done_fn *done, void *owner)
{
	const char *url = what->get->url;
	size_t length = subject_in_url(url);
	char subject[SUBJECT_MAX + 1] = "", why[APPS_ERROR_BYTES] = "";
	struct overrides limits = {.read_ms = what->get->read_ms,
				   .total_ms = what->get->total_ms};
	struct apps_ask *ask = mem_new(1, sizeof(*ask));
	overrides_read(url, &limits, what->warning);
	ask->apps = apps;
	ask->done = done;
	ask->owner = owner;
	ask->begun_ms = clock_mono_ms();
	ask->total_ms = limits.read_ms && limits.read_ms < limits.total_ms
				? limits.read_ms
				: limits.total_ms;
	ask->cookies = mem_copy_text(what->get->cookies);
	ask->body_max = (size_t)what->get->body_max;
	ask->url = mem_copy_bytes(url, strcspn(url, "#"));
	ask->soon = (struct loop_timer){.due = on_soon, .owner = ask};
	if (length)
		str_copy_bytes(subject, sizeof(subject), strchr(url, ':') + 1,
			       length);
	if (length && apps_may_ask(apps, subject, why)) {
		send(ask, what, subject);
		return ask;
	}
	ask->error = length ? ERR_HTTP_FORBIDDEN_ADDRESS : ERR_URL_INVALID;
	str_copy(ask->text, sizeof(ask->text),
		 length ? why
			: "the URL names no subject: write nats:app.voice");
	loop_timer_start(apps->loop, &ask->soon, 0);
	return ask;
}

void apps_cancel(struct apps_ask *ask)
{
	loop_timer_stop(ask->apps->loop, &ask->soon);
	if (ask->asked)
		bus_question_cancel(ask->asked);
	ask_free(ask);
}
