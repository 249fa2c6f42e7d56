/*
 * http_test.c - the client against a web server that is good: what is sent, and
 * what is told of the answer.
 */
#include "lib/http/acts_test.h"

static void act_status(struct web_peer *peer, const char *path)
{
	char status[32];
	str_format(status, sizeof(status), "%.3s Status", path + 8);
	web_answer(peer, status, "Retry-After: 120\r\n", "words");
}

static const struct act table[] = {
	{"/status/", act_status},
	{"/hang", act_hang},
	{"/", act_ok},
};

TEST(a_post_sends_a_form_and_gets_the_body)
{
	begin("127.0.0.1", table);
	ask_path("/voice?x=1#rc=2");
	CHECK_INT(got.error, 0);
	CHECK_INT(got.status, 200);
	CHECK_TEXT(got.body, "<Response/>");
	CHECK_TEXT(got.type, "text/xml");
	CHECK(str_starts(requests[0], "POST /voice?x=1 HTTP/1.1\r\n"));
	CHECK(strstr(requests[0], "Content-Type: application/x-www-form-"
				  "urlencoded; charset=UTF-8\r\n"));
	CHECK(strstr(requests[0], "User-Agent: voxbus/"));
	CHECK(strstr(requests[0], "Accept-Encoding: gzip, deflate\r\n"));
	CHECK(str_ends(requests[0],
		       "\r\n\r\nCallSid=CA1&To=sip%3Abob%40example.com"));
	CHECK(!strstr(requests[0], "Signature"));
	ask_end();
}

TEST(a_get_keeps_the_urls_query_and_appends_ours)
{
	begin("127.0.0.1", table);
	struct http_request wanted = request_of(ask_url("/voice?x=%2f#f"));
	wanted.method = HTTP_GET;
	wanted.signing_key = "key";
	ask(wanted);
	CHECK(str_starts(requests[0],
			 "GET /voice?x=%2f&CallSid=CA1&To=sip%3Abob%40example"
			 ".com HTTP/1.1\r\n"));
	CHECK(strstr(requests[0], "X-Twilio-Signature: "));
	CHECK(strstr(requests[0], "X-SignalWire-Signature: "));
	ask_end();
}

TEST(userinfo_becomes_basic_authorization_and_extra_headers_are_sent)
{
	char url[128];
	begin("127.0.0.1", table);
	str_format(url, sizeof(url), "http://bob:p%%40w@127.0.0.1:%d/x",
		   web_port(web));
	struct http_request wanted = request_of(url);
	wanted.extra[0] = (struct http_header){"X-One", "1"};
	wanted.extra[1] = (struct http_header){"X-Bad", "1\r\nX-Two: 2"};
	ask(wanted);
	CHECK(strstr(requests[0], "Authorization: Basic Ym9iOnBAdw==\r\n"));
	CHECK(strstr(requests[0], "X-One: 1\r\n"));
	CHECK(!strstr(requests[0], "X-Two"));
	CHECK(!strstr(got.url, "bob"));
	ask_end();
}

TEST(a_connection_is_used_again)
{
	begin("127.0.0.1", table);
	for (unsigned i = 0; i < 5; i++)
		ask_path("/voice");
	CHECK_INT(web_connections(web), 1);
	CHECK_INT(web_requests(web), 5);
	CHECK(got.reused);
	ask_end();
}

TEST(requests_run_side_by_side)
{
	begin("127.0.0.1", table);
	struct http_request wanted = request_of(ask_url("/voice"));
	for (unsigned i = 0; i < 20; i++)
		http_start(http, &wanted, ask_done, NULL);
	CHECK_INT(http_count(http), 20);
	ask_wait(20);
	CHECK_INT(http_count(http), 0);
	CHECK_INT(web_requests(web), 20);
	ask_end();
}

TEST(an_error_status_is_told_and_its_body_not)
{
	begin("127.0.0.1", table);
	ask_path("/status/503");
	CHECK_INT(got.error, ERR_HTTP_STATUS);
	CHECK_INT(got.status, 503);
	CHECK_INT(got.retry_after_ms, 120000);
	CHECK_TEXT(got.body, "");
	ask_path("/status/404");
	CHECK_INT(got.status, 404);
	ask_path("/status/204");
	CHECK_INT(got.error, 0);
	ask_end();
}

TEST(a_cancelled_transfer_says_nothing)
{
	begin("127.0.0.1", table);
	struct http_request wanted = request_of(ask_url("/hang"));
	struct http_transfer *one = http_start(http, &wanted, ask_done, NULL);
	wanted.url = "no url";
	struct http_transfer *two = http_start(http, &wanted, ask_done, NULL);
	for (unsigned i = 0; i < 10; i++)
		if (i == 0)
			http_cancel(two);
		else
			loop_turn(loop, 5);
	http_cancel(one);
	CHECK_INT(http_count(http), 0);
	CHECK_INT(got.times, 0);
	ask_path("/ok");
	CHECK_INT(got.error, 0);
	ask_end();
}

TEST_MAIN()
