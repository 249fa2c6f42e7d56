/*
 * answer_test.c - whatever came over HTTP fits into 'fetched'.
 */
#include "services/fetcher/answer.h"

#include "lib/http/http.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

static struct http_result result_of(const char *body, size_t size)
{
	return (struct http_result){.status = 200,
				    .text = "",
				    .url = "http://a/",
				    .content_type = "text/xml",
				    .body = body,
				    .size = size,
				    .total_ms = 7};
}

/* Encodes it, as talk_say would: the table must accept it. */
static bool fits(const struct fetched *answer)
{
	char error[PROTO_ERROR_BYTES] = "";
	struct envelope envelope = {.type = "fetched",
				    .id = "ME1",
				    .time = 1,
				    .call_sid = "CA1",
				    .account_sid = "AC1",
				    .from = "fetcher/fe0"};
	char *json = proto_encode(&fetched_message, &envelope, answer, error);
	CHECK_TEXT(error, "");
	free(json);
	return json;
}

TEST(a_text_is_handed_on_as_it_is)
{
	struct http_result result = result_of("<Response/>", 11);
	struct fetched answer = {.fetch = "FE1"};
	answer_make(&result, &answer);
	CHECK_TEXT(answer.body, "<Response/>");
	CHECK(!answer.body_base64);
	CHECK_TEXT(answer.content_type, "text/xml");
	CHECK_TEXT(answer.url, "http://a/");
	CHECK_INT(answer.status, 200);
	CHECK_INT(answer.total_ms, 7);
	CHECK(fits(&answer));
	proto_clear(&fetched_message, &answer);
}

TEST(the_exchange_is_told_with_the_answer)
{
	struct http_result result = result_of("", 0);
	struct fetched answer = {.fetch = "FE1"};
	result.address = "192.0.2.7:443";
	result.version = 20;
	result.redirects = 2;
	result.reused = true;
	result.dns_ms = 1;
	result.connect_ms = 2;
	result.tls_ms = 3;
	result.first_byte_ms = 4;
	result.sent = "X-One: 1\n";
	result.headers = "Server: a\n";
	result.excerpt = "";
	answer_make(&result, &answer);
	CHECK_TEXT(answer.address, "192.0.2.7:443");
	CHECK_INT(answer.http_version, 20);
	CHECK_INT(answer.redirects, 2);
	CHECK(answer.reused);
	CHECK_INT(answer.dns_ms, 1);
	CHECK_INT(answer.connect_ms, 2);
	CHECK_INT(answer.tls_ms, 3);
	CHECK_INT(answer.first_byte_ms, 4);
	CHECK_TEXT(answer.sent, "X-One: 1\n");
	CHECK_TEXT(answer.headers, "Server: a\n");
	CHECK(!answer.excerpt);
	CHECK(fits(&answer));
	proto_clear(&fetched_message, &answer);
}

TEST(bytes_that_are_no_utf8_travel_in_base64)
{
	struct http_result result = result_of("\xff\0x", 3);
	struct fetched answer = {.fetch = "FE1"};
	answer_make(&result, &answer);
	CHECK(!answer.body);
	CHECK_TEXT(answer.body_base64, "/wB4");
	CHECK(fits(&answer));
	proto_clear(&fetched_message, &answer);
}

TEST(the_largest_body_fits_either_way)
{
	static char body[65536];
	struct http_result result = result_of(body, sizeof(body));
	struct fetched answer = {.fetch = "FE1"};
	memset(body, 'x', sizeof(body));
	answer_make(&result, &answer);
	CHECK(fits(&answer));
	proto_clear(&fetched_message, &answer);
	memset(body, 0xff, sizeof(body));
	struct fetched packed = {.fetch = "FE1"};
	answer_make(&result, &packed);
	CHECK(fits(&packed));
	proto_clear(&fetched_message, &packed);
}

TEST(an_empty_body_and_an_endless_type_are_absent)
{
	char type[400];
	struct http_result result = result_of("", 0);
	struct fetched answer = {.fetch = "FE1"};
	memset(type, 'x', sizeof(type));
	type[sizeof(type) - 1] = '\0';
	result.content_type = type;
	answer_make(&result, &answer);
	CHECK(!answer.body && !answer.body_base64);
	CHECK_TEXT(answer.content_type, "");
	proto_clear(&fetched_message, &answer);
}

TEST(a_failure_has_number_and_words)
{
	struct http_result result = result_of("", 0);
	struct fetched answer = {.fetch = "FE1"};
	result.status = 0;
	result.error = ERR_HTTP_HOST;
	result.text = "no such host";
	answer_make(&result, &answer);
	CHECK_INT(answer.error, ERR_HTTP_HOST);
	CHECK_TEXT(answer.error_text, "no such host");
	CHECK(fits(&answer));
	proto_clear(&fetched_message, &answer);
	struct fetched late = {.fetch = "FE2"};
	answer_late(&late);
	CHECK_INT(late.error, ERR_LATE);
	CHECK(fits(&late));
}

TEST_MAIN()
