/*
 * exchange_test.c - what the client tells of a request and its answer, for the
 * record.
 */
#include "lib/http/ask_test.h"

#include "lib/http/overrides.h"

static void answer(void *owner, struct web_peer *peer, const char *text)
{
	(void)owner;
	snprintf(request, sizeof(request), "%s", text);
	if (strstr(text, "/moved"))
		web_answer(peer, "302 Found",
			   "Location: /fine\r\nX-First: 1\r\n", "gone");
	else if (strstr(text, "/broken"))
		web_answer(peer, "500 Oops",
			   "X-Trace: abc\r\nSet-Cookie: id=secret\r\n",
			   "Traceback: line 7\n");
	else
		web_answer(peer, "200 OK",
			   "Content-Type: text/xml\r\nServer: me\r\n",
			   "<Response/>");
}

static void check_address(void)
{
	char wanted[64];
	str_format(wanted, sizeof(wanted), "127.0.0.1:%d", web_port(web));
	CHECK_TEXT(got.address, wanted);
}

TEST(a_documents_headers_are_told_with_where_it_came_from)
{
	ask_begin("127.0.0.0/8", answer);
	ask(ask_for(ask_url("/fine")));
	CHECK_INT(got.error, 0);
	CHECK_INT(got.version, 11);
	CHECK(strstr(got.headers, "Server: me\n"));
	CHECK(strstr(got.sent, "Content-Type: application/x-www-form-"));
	CHECK(!strstr(got.sent, "Expect"));
	CHECK_TEXT(got.excerpt, "");
	CHECK(!got.reused);
	CHECK(got.first_byte_ms <= got.total_ms);
	check_address();
	ask(ask_for(ask_url("/fine")));
	CHECK(got.reused);
	CHECK_INT(got.connect_ms, 0);
	check_address();
	ask_end();
}

TEST(a_webhook_that_went_well_tells_no_headers)
{
	struct http_request wanted;
	ask_begin("127.0.0.0/8", answer);
	wanted = ask_for(ask_url("/fine"));
	wanted.body_max = 0;
	ask(wanted);
	CHECK_INT(got.error, 0);
	CHECK_TEXT(got.headers, "");
	CHECK_TEXT(got.sent, "");
	check_address();
	ask_end();
}

TEST(a_refused_request_tells_what_the_answer_said)
{
	struct http_request wanted;
	ask_begin("127.0.0.0/8", answer);
	wanted = ask_for(ask_url("/broken"));
	wanted.body_max = 0;
	wanted.signing_key = "key";
	ask(wanted);
	CHECK_INT(got.error, ERR_HTTP_STATUS);
	CHECK(strstr(got.headers, "X-Trace: abc\nSet-Cookie: ***\n"));
	CHECK_TEXT(got.excerpt, "Traceback: line 7\n");
	CHECK(strstr(got.sent, "X-Twilio-Signature: ***\n"));
	CHECK(!strstr(got.headers, "secret"));
	ask_end();
}

TEST(credentials_of_the_url_are_not_told)
{
	char url[128];
	ask_begin("127.0.0.0/8", answer);
	str_format(url, sizeof(url), "http://bob:pw@127.0.0.1:%d/fine",
		   web_port(web));
	ask(ask_for(url));
	CHECK(strstr(request, "Authorization: Basic "));
	CHECK(strstr(got.sent, "Authorization: ***\n"));
	ask_end();
}

TEST(after_a_redirect_the_last_answer_is_told)
{
	ask_begin("127.0.0.0/8", answer);
	ask(ask_for(ask_url("/moved")));
	CHECK_INT(got.redirects, 1);
	CHECK(strstr(got.headers, "Server: me\n"));
	CHECK(!strstr(got.headers, "X-First"));
	CHECK(str_starts(got.earlier, "302 in "));
	CHECK(strstr(got.earlier, "/moved at 127.0.0.1:"));
	CHECK(str_ends(got.earlier, "\n"));
	CHECK(!strstr(got.earlier, "["));
	CHECK_TEXT(got.excerpt, "");
	ask_end();
}

TEST(attempts_before_the_last_one_are_told)
{
	struct http_request wanted;
	ask_begin("127.0.0.0/8", answer);
	wanted = ask_for(ask_url("/broken"));
	wanted.retries = 2;
	wanted.retry_after = RETRY_5XX;
	ask(wanted);
	const char *second = strchr(got.earlier, '\n');
	CHECK(str_starts(got.earlier, "500 in "));
	CHECK(second && str_starts(second + 1, "500 in "));
	CHECK(second && strstr(second, " [11217] the web application answered "
				       "with HTTP status 500"));
	ask_end();
}

TEST(an_address_that_was_refused_is_told)
{
	ask_begin("", answer);
	ask(ask_for(ask_url("/fine")));
	CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS);
	CHECK_TEXT(got.address, "127.0.0.1");
	CHECK_INT(got.version, 0);
	ask_end();
}

TEST_MAIN()
