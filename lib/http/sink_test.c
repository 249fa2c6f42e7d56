/*
 * sink_test.c - bodies that are handed on as they come, and what caches ask of
 * an answer.
 */
#include "lib/http/http.h"

#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"
#include "lib/test/web.h"

#include <stdio.h>
#include <string.h>

static struct loop *loop;
static struct http *http;
static struct web *web;
static struct cidrs *allow;
static const char *headers, *body;
static bool wanted;
static size_t sunk;
static struct {
	bool done;
	int status, error;
	char etag[300], last_modified[300], cache_control[300];
} got;

static void on_request(void *owner, struct web_peer *peer, const char *request)
{
	(void)owner, (void)request;
	web_answer(peer, "200 OK", headers, body);
}

static bool take(void *owner, const char *data, size_t size)
{
	(void)owner;
	CHECK(memcmp(data, body + sunk, size) == 0);
	sunk += size;
	return wanted;
}

static void on_done(void *owner, const struct http_result *result)
{
	(void)owner;
	got.done = true;
	got.status = result->status;
	got.error = result->error;
	CHECK(result->size == 0);
	str_copy(got.etag, sizeof(got.etag), result->etag);
	str_copy(got.last_modified, sizeof(got.last_modified),
		 result->last_modified);
	str_copy(got.cache_control, sizeof(got.cache_control),
		 result->cache_control);
}

static void ask(size_t body_max)
{
	char error[160], url[64];

	loop = loop_new();
	allow = cidrs_parse("127.0.0.0/8", error);
	http = http_new(loop, allow);
	web = web_new(loop, on_request, NULL);
	memset(&got, 0, sizeof(got));
	sunk = 0;
	str_format(url, sizeof(url), "http://127.0.0.1:%d/", web_port(web));
	http_start(http,
		   &(struct http_request){.url = url,
					  .method = HTTP_GET,
					  .body_max = body_max,
					  .sink = take,
					  .connect_ms = 2000,
					  .total_ms = 4000},
		   on_done, NULL);
	while (!got.done)
		loop_turn(loop, 1000);
	http_free(http);
	web_free(web);
	cidrs_free(allow);
	loop_free(loop);
}

TEST(a_body_goes_to_its_sink_and_not_into_memory)
{
	headers = "";
	body = "0123456789";
	wanted = true;
	ask(10);
	CHECK_INT(got.error, 0);
	CHECK_INT(sunk, 10);
}

TEST(a_sink_that_wants_no_more_ends_the_request)
{
	headers = "";
	body = "0123456789";
	wanted = false;
	ask(10);
	CHECK_INT(got.error, ERR_INTERNAL);
}

TEST(a_sink_is_never_given_more_than_the_limit)
{
	headers = "";
	body = "0123456789";
	wanted = true;
	ask(9);
	CHECK_INT(got.error, ERR_HTTP_TOO_LARGE);
	CHECK(sunk <= 9);
}

TEST(what_caches_need_is_told)
{
	headers = "ETag: \"x1\"\r\nlast-modified:  Thu, 01 Jan 1970\r\n"
		  "Cache-Control: public\r\nCache-Control: max-age=7\r\n";
	body = "x";
	wanted = true;
	ask(9);
	CHECK_TEXT(got.etag, "\"x1\"");
	CHECK_TEXT(got.last_modified, "Thu, 01 Jan 1970");
	CHECK_TEXT(got.cache_control, "public, max-age=7");
}

TEST(a_fact_that_is_too_long_is_left_out)
{
	static char line[600];

	memset(line, 'x', 500);
	memcpy(line, "ETag: ", 6);
	memcpy(line + 500, "\r\n", 3);
	headers = line;
	body = "x";
	wanted = true;
	ask(9);
	CHECK_INT(got.error, 0);
	CHECK_TEXT(got.etag, "");
}

TEST_MAIN()
