/*
 * sink_test.c - bodies that are handed on as they come, and what caches ask of
 * an answer.
 */
#include "lib/http/ask_test.h"

static const char *headers, *body;
static bool wanted;
static size_t sunk;

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	(void)owner, (void)text;
	web_answer(peer, "200 OK", headers, body);
}

static bool take(void *owner, const char *data, size_t size)
{
	(void)owner;
	CHECK(memcmp(data, body + sunk, size) == 0);
	sunk += size;
	return wanted;
}

static void ask_with(size_t body_max)
{
	ask_begin("127.0.0.0/8", on_request);
	sunk = 0;
	struct http_request question = ask_for(ask_url("/"));
	question.method = HTTP_GET;
	question.params_count = 0;
	question.body_max = body_max;
	question.sink = take;
	question.connect_ms = 2000;
	question.total_ms = 4000;
	ask(question);
	CHECK(got.size == 0);
	ask_end();
}

TEST(a_body_goes_to_its_sink_and_not_into_memory)
{
	headers = "";
	body = "0123456789";
	wanted = true;
	ask_with(10);
	CHECK_INT(got.error, 0);
	CHECK_INT(sunk, 10);
}

TEST(a_sink_that_wants_no_more_ends_the_request)
{
	headers = "";
	body = "0123456789";
	wanted = false;
	ask_with(10);
	CHECK_INT(got.error, ERR_INTERNAL);
}

TEST(a_sink_is_never_given_more_than_the_limit)
{
	headers = "";
	body = "0123456789";
	wanted = true;
	ask_with(9);
	CHECK_INT(got.error, ERR_HTTP_TOO_LARGE);
	CHECK(sunk <= 9);
}

TEST(what_caches_need_is_told)
{
	headers = "ETag: \"x1\"\r\nlast-modified:  Thu, 01 Jan 1970\r\n"
		  "Cache-Control: public\r\nCache-Control: max-age=7\r\n";
	body = "x";
	wanted = true;
	ask_with(9);
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
	ask_with(9);
	CHECK_INT(got.error, 0);
	CHECK_TEXT(got.etag, "");
}

TEST_MAIN()
