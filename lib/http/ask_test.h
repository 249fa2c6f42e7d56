/*
 * ask_test.h - one client, one web server, and a question: for the tests of
 * lib/http that look at one exchange at a time.
 */
#pragma once

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"
#include "lib/test/web.h"

#include <stdio.h>
#include <string.h>

#ifndef ASK_WAIT_MS
#define ASK_WAIT_MS 10000
#endif

static struct loop *loop;
static struct http *http;
static struct web *web;
static struct cidrs *allow;
static char request[8192]; /* the last one, as the server saw it */
static struct got {
	unsigned times;
	int status, error, version;
	bool reused;
	unsigned redirects, attempts;
	size_t size;
	int64_t dns_ms, connect_ms, first_byte_ms, total_ms, retry_after_ms;
	char type[128], text[HTTP_ERROR_BYTES], address[80], url[1024];
	char cookies[4100], sent[4100], headers[4100], excerpt[2100],
		earlier[4100], body[4096], etag[300], last_modified[300],
		cache_control[300];
} got;

static void ask_done(void *owner, const struct http_result *result)
{
	(void)owner;
	got.times++;
	got.status = result->status;
	got.error = result->error;
	got.version = result->version;
	got.reused = result->reused;
	got.redirects = result->redirects;
	got.attempts = result->attempts;
	got.size = result->size;
	got.dns_ms = result->dns_ms;
	got.connect_ms = result->connect_ms;
	got.first_byte_ms = result->first_byte_ms;
	got.total_ms = result->total_ms;
	got.retry_after_ms = result->retry_after_ms;
	snprintf(got.type, sizeof(got.type), "%s", result->content_type);
	snprintf(got.text, sizeof(got.text), "%s", result->text);
	snprintf(got.address, sizeof(got.address), "%s", result->address);
	snprintf(got.url, sizeof(got.url), "%s", result->url);
	snprintf(got.cookies, sizeof(got.cookies), "%s", result->cookies);
	snprintf(got.sent, sizeof(got.sent), "%s", result->sent);
	snprintf(got.headers, sizeof(got.headers), "%s", result->headers);
	snprintf(got.excerpt, sizeof(got.excerpt), "%s", result->excerpt);
	snprintf(got.earlier, sizeof(got.earlier), "%s", result->earlier);
	snprintf(got.body, sizeof(got.body), "%s", result->body);
	snprintf(got.etag, sizeof(got.etag), "%s", result->etag);
	snprintf(got.last_modified, sizeof(got.last_modified), "%s",
		 result->last_modified);
	snprintf(got.cache_control, sizeof(got.cache_control), "%s",
		 result->cache_control);
}

static struct param ask_params[] = {{"CallSid", "CA1"}};

static inline struct http_request ask_for(const char *url)
{
	return (struct http_request){.url = url,
				     .method = HTTP_POST,
				     .params = ask_params,
				     .params_count = 1,
				     .body_max = 65536,
				     .redirects_max = 3,
				     .connect_ms = 1000,
				     .total_ms = 2000};
}

static inline void ask_begin(const char *networks, web_fn *arrived)
{
	char error[160];
	loop = loop_new();
	allow = cidrs_parse(networks, error);
	http = http_new(loop, allow);
	web = web_new(loop, arrived, NULL);
	memset(&got, 0, sizeof(got));
	request[0] = '\0';
}

static void ask_end(void)
{
	http_free(http);
	web_free(web);
	cidrs_free(allow);
	loop_free(loop);
}

/* Until so many have ended since ask_begin. */
static void ask_wait(unsigned times)
{
	int64_t until = clock_mono_ms() + ASK_WAIT_MS;
	while (got.times < times && clock_mono_ms() < until)
		loop_turn(loop, 50);
	CHECK_INT(got.times, times);
}

static void ask(struct http_request wanted)
{
	unsigned before = got.times;
	http_start(http, &wanted, ask_done, NULL);
	CHECK_INT(got.times, before);
	ask_wait(before + 1);
}

static inline char *ask_url(const char *path)
{
	static char url[512];
	str_format(url, sizeof(url), "http://127.0.0.1:%d%s", web_port(web),
		   path);
	return url;
}
