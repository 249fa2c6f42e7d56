/*
 * http.c - the client, its transfers, and the way from one redirect to the
 * next; see http.h.
 *
 * Connections stay open for the next request until nothing has been asked for
 * IDLE_MS: then the whole multi handle is made anew, so that an idle daemon
 * holds neither sockets nor memory.
 */
#include "lib/http/http.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/form.h"
#include "lib/http/multi.h"
#include "lib/http/transfer.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANDLES_KEPT 64
#define IDLE_MS 20000

METRIC_GAUGE(gauge_in_flight, "http_requests_in_flight", "",
	     "HTTP requests that wait for their answer.")

struct http {
	struct loop *loop;
	const struct cidrs *allow;
	char *ca_file; /* or NULL */
	struct multi multi;
	struct loop_timer soon; /* hands over the stillborn */
	struct loop_timer idle;
	struct list transfers;
	struct list stillborn;
	size_t count;
	CURL *handles[HANDLES_KEPT]; /* for use again */
	unsigned handle_count;
};

/* --- connections --- */
static void close_multi(struct http *http)
{
	while (http->handle_count)
		curl_easy_cleanup(http->handles[--http->handle_count]);
	multi_close(&http->multi);
}

static void on_idle(struct loop_timer *timer)
{
	struct http *http = timer->owner;
	if (http->count == 0) {
		close_multi(http);
		multi_open(&http->multi, http->loop);
	}
}

/* --- a transfer's life --- */
static void take_handle(struct http_transfer *transfer)
{
	struct http *http = transfer->http;
	transfer->easy = http->handle_count
				 ? http->handles[--http->handle_count]
				 : curl_easy_init();
	if (!transfer->easy)
		abort();
}

/* The hop is over: nothing of libcurl's refers to the transfer any more. */
static void give_handle_back(struct http_transfer *transfer)
{
	struct http *http = transfer->http;
	if (!transfer->easy)
		return;
	curl_multi_remove_handle(http->multi.curl, transfer->easy);
	/* The reset leaves them: nobody's cookies are anybody else's. */
	curl_easy_setopt(transfer->easy, CURLOPT_COOKIELIST, "ALL");
	curl_easy_reset(transfer->easy);
	if (http->handle_count < HANDLES_KEPT)
		http->handles[http->handle_count++] = transfer->easy;
	else
		curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
}

static void transfer_free(struct http_transfer *transfer)
{
	struct http *http = transfer->http;
	give_handle_back(transfer);
	patience_ends(transfer);
	list_remove(&transfer->link);
	http->count--;
	metric_add(&gauge_in_flight, -1);
	if (http->count == 0)
		loop_timer_start(http->loop, &http->idle, IDLE_MS);
	hop_clear(&transfer->hop);
	url_clear(&transfer->url);
	buf_free(&transfer->body);
	buf_free(&transfer->earlier);
	for (size_t i = 0; i < transfer->params_count; i++)
		free(transfer->params[i].value);
	free(transfer->params);
	for (size_t i = 0; i < HTTP_EXTRA_MAX; i++) {
		free(transfer->extra[i].name);
		free(transfer->extra[i].value);
	}
	free(transfer->json);
	free(transfer->signing_key);
	free(transfer->second_key);
	free(transfer->asked);
	free(transfer->cookies);
	upload_clear(transfer);
	free(transfer);
}

/* The next turn tells why there was nothing to send. */
static void be_stillborn(struct http_transfer *transfer, int error,
			 const char *text)
{
	struct http *http = transfer->http;
	transfer->error = error;
	str_copy(transfer->text, sizeof(transfer->text), text);
	list_remove(&transfer->link);
	list_add_tail(&http->stillborn, &transfer->link);
	loop_timer_start(http->loop, &http->soon, 0);
}

void transfer_send(struct http_transfer *transfer)
{
	take_handle(transfer);
	transfer->hop.begun_ms = clock_mono_ms();
	hop_prepare(transfer);
	if (curl_multi_add_handle(transfer->http->multi.curl, transfer->easy) !=
	    CURLM_OK)
		abort();
}

static void on_soon(struct loop_timer *timer)
{
	struct http *http = timer->owner;
	while (!list_empty(&http->stillborn)) {
		struct http_transfer *transfer = list_of(
			http->stillborn.next, struct http_transfer, link);
		struct http_result result;
		list_remove(&transfer->link);
		outcome_stillborn(transfer, &result);
		outcome_count(&result);
		transfer->done(transfer->owner, &result);
		transfer_free(transfer);
	}
}

/* --- redirects --- */
static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* Where the answer leads; false: 'result' says why not there. */
static bool read_location(struct http_transfer *transfer,
			  struct http_result *result, struct url *to)
{
	char error[URL_ERROR_BYTES], *location = NULL;
	curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
	if (!location) {
		outcome_fail(transfer, result, ERR_HTTP_STATUS,
			     "HTTP status %d without a Location",
			     result->status);
	} else if (!transfer->redirects_max) {
		outcome_fail(transfer, result, ERR_HTTP_REDIRECTS,
			     "HTTP status %d: redirects are not followed here",
			     result->status);
	} else if (transfer->redirects >= transfer->redirects_max) {
		outcome_fail(transfer, result, ERR_HTTP_REDIRECTS,
			     "HTTP status %d: more than %u redirects",
			     result->status, transfer->redirects_max);
	} else if (!url_parse(transfer->hop.target, location, to, error)) {
		outcome_fail(transfer, result, ERR_URL_INVALID, "redirect: %s",
			     error);
	} else if (transfer->url.secure && !to->secure) {
		url_clear(to);
		outcome_fail(transfer, result, ERR_HTTP_DOWNGRADE,
			     "a redirect from https to http is not followed");
	} else if (hop_left_ms(transfer) <= 0) {
		url_clear(to);
		outcome_fail(transfer, result, ERR_HTTP_RETRIEVAL,
			     "no complete answer within %lld ms",
			     (long long)result->total_ms);
	} else {
		return true;
	}
	return false;
}

/* Goes on to where the answer leads. */
static bool follow(struct http_transfer *transfer, struct http_result *result)
{
	struct url to, *from = &transfer->url;
	if (!read_location(transfer, result, &to))
		return false;
	if (!to.user && !to.password && str_equal(to.origin, from->origin)) {
		to.user = from->user;
		to.password = from->password;
		from->user = from->password = NULL;
	}
	if (result->status == 303)
		transfer->plain = true;
	outcome_keep(transfer, result);
	give_handle_back(transfer);
	url_clear(from);
	transfer->url = to;
	transfer->redirects++;
	hop_clear(&transfer->hop);
	buf_clear(&transfer->body);
	transfer_send(transfer);
	return true;
}

void transfer_hop_over(struct http_transfer *transfer, CURLcode code)
{
	struct http_result result;
	int64_t pause_ms;
	patience_ends(transfer);
	cookies_take(transfer);
	outcome_read(transfer, code, &result);
	if (result.error == ERR_HTTP_STATUS && is_redirect(result.status) &&
	    follow(transfer, &result))
		return;
	if (patience_has_more(transfer, &result, &pause_ms)) {
		outcome_keep(transfer, &result);
		give_handle_back(transfer);
		patience_tries_again(transfer, pause_ms);
		return;
	}
	outcome_count(&result);
	transfer->done(transfer->owner, &result);
	transfer_free(transfer);
}

/* --- the client --- */
struct http *http_new(struct loop *loop, const struct cidrs *allow)
{
	struct http *http = mem_new(1, sizeof(*http));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	http->loop = loop;
	http->allow = allow;
	list_init(&http->transfers);
	list_init(&http->stillborn);
	http->soon = (struct loop_timer){.due = on_soon, .owner = http};
	http->idle = (struct loop_timer){.due = on_idle, .owner = http};
	multi_open(&http->multi, loop);
	return http;
}

bool http_can_trust(const char *file)
{
	FILE *opened = *file ? fopen(file, "re") : NULL;
	bool readable = opened && fgetc(opened) != EOF; /* a folder is not */
	if (opened)
		fclose(opened);
	return readable || !*file;
}

bool http_trust(struct http *http, const char *file)
{
	free(http->ca_file);
	http->ca_file = *file ? mem_copy_text(file) : NULL;
	return http_can_trust(file);
}

struct http *http_free(struct http *http)
{
	if (!http)
		return NULL;
	list_each (link, &http->transfers)
		transfer_free(list_of(link, struct http_transfer, link));
	list_each (link, &http->stillborn)
		transfer_free(list_of(link, struct http_transfer, link));
	close_multi(http);
	loop_timer_stop(http->loop, &http->soon);
	loop_timer_stop(http->loop, &http->idle);
	curl_global_cleanup();
	free(http->ca_file);
	free(http);
	return NULL;
}

static void copy_request(struct http_transfer *transfer,
			 const struct http_request *request)
{
	transfer->method = request->method;
	transfer->params_count = request->params_count;
	transfer->params =
		mem_new(request->params_count + 1, sizeof(*transfer->params));
	for (size_t i = 0; i < request->params_count; i++) {
		transfer->params[i] = request->params[i];
		transfer->params[i].value =
			mem_copy_text(request->params[i].value);
	}
	if (transfer->method == HTTP_POST)
		transfer->params_count =
			form_settle(transfer->params, transfer->params_count);
	for (size_t i = 0; i < HTTP_EXTRA_MAX; i++) {
		transfer->extra[i].name = mem_copy_text(request->extra[i].name);
		transfer->extra[i].value =
			mem_copy_text(request->extra[i].value);
	}
	transfer->json = mem_copy_text(request->json);
	transfer->signing_key = mem_copy_text(request->signing_key);
	transfer->second_key = mem_copy_text(request->second_key);
	transfer->body_max = request->body_max;
	transfer->sink = request->sink;
	transfer->no_sound = request->no_sound;
	transfer->body = (struct buf)BUF_INIT(request->body_max);
	transfer->redirects_max = request->redirects_max;
	transfer->connect_ms = request->connect_ms;
	transfer->read_ms = request->read_ms;
	transfer->total_ms = request->total_ms;
	transfer->retries = request->retries;
	transfer->retry_after = request->retry_after;
	transfer->attempts = 1;
	transfer->asked = mem_copy_text(request->url);
	transfer->cookies = mem_copy_text(request->cookies);
	if (request->upload)
		upload_copy(transfer, request->upload);
}

struct http_transfer *http_start(struct http *http,
				 const struct http_request *request,
				 http_done_fn *done, void *owner)
{
	char error[URL_ERROR_BYTES];
	struct http_transfer *transfer = mem_new(1, sizeof(*transfer));
	transfer->http = http;
	transfer->loop = http->loop;
	transfer->allow = http->allow;
	transfer->ca_file = http->ca_file;
	transfer->done = done;
	transfer->owner = owner;
	transfer->begun_ms = transfer->attempt_ms = clock_mono_ms();
	copy_request(transfer, request);
	list_add_tail(&http->transfers, &transfer->link);
	http->count++;
	metric_add(&gauge_in_flight, 1);
	loop_timer_stop(http->loop, &http->idle);
	if (url_parse(NULL, request->url, &transfer->url, error))
		transfer_send(transfer);
	else
		be_stillborn(transfer, ERR_URL_INVALID, error);
	return transfer;
}

void http_cancel(struct http_transfer *transfer)
{
	transfer_free(transfer);
}

size_t http_count(const struct http *http)
{
	return http->count;
}
