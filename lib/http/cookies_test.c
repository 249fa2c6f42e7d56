/*
 * cookies_test.c - an application finds its own cookies again, and nobody
 * else's.
 */
#include "lib/http/ask_test.h"

#define SESSION "Set-Cookie: session=abc\r\n"

static const char *set; /* header lines of the next answers */
static const char *location;
static char first[8192];

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	char headers[4096];
	(void)owner;
	snprintf(request, sizeof(request), "%s", text);
	if (!first[0])
		snprintf(first, sizeof(first), "%s", text);
	str_format(headers, sizeof(headers), "%s%s%s%s", set,
		   location ? "Location: " : "", location ? location : "",
		   location ? "\r\n" : "");
	web_answer(peer, location ? "302 Found" : "200 OK", headers, "");
	set = "";
	location = NULL;
}

/* What is asked for with the cookies of the last answer. */
static void ask_on(const char *url)
{
	char cookies[sizeof(got.cookies)];
	struct http_request wanted = ask_for(url);
	str_copy(cookies, sizeof(cookies), got.cookies);
	wanted.cookies = cookies;
	first[0] = '\0';
	ask(wanted);
}

static void begin(const char *headers)
{
	ask_begin("127.0.0.0/8,::1", on_request);
	set = headers;
	location = NULL;
}

TEST(an_application_finds_its_cookie_again)
{
	begin(SESSION);
	ask_on(ask_url("/voice"));
	CHECK(!strstr(request, "Cookie:"));
	ask_on(ask_url("/menu"));
	CHECK(strstr(request, "\r\nCookie: session=abc\r\n"));
	ask_on(ask_url("/menu")); /* an answer that sets none keeps it */
	CHECK(strstr(request, "\r\nCookie: session=abc\r\n"));
	set = "Set-Cookie: session=def\r\nSet-Cookie: more=1\r\n";
	ask_on(ask_url("/menu"));
	ask_on(ask_url("/menu"));
	CHECK(strstr(request, "session=def"));
	CHECK(strstr(request, "more=1"));
	ask_end();
}

TEST(a_cookie_that_is_taken_back_or_too_old_is_gone)
{
	begin("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
	ask_on(ask_url("/"));
	set = "Set-Cookie: a=; Max-Age=0\r\n"
	      "Set-Cookie: b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT\r\n";
	ask_on(ask_url("/"));
	CHECK(strstr(request, "a=1"));
	CHECK_TEXT(got.cookies, "");
	ask_on(ask_url("/"));
	CHECK(!strstr(request, "Cookie:"));
	ask_end();
}

TEST(another_host_does_not_see_it)
{
	char url[64];
	begin(SESSION);
	ask_on(ask_url("/"));
	str_format(url, sizeof(url), "http://127.0.0.2:%d/", web_port(web));
	ask_on(url); /* nobody is there; the cookie stays */
	CHECK(strstr(got.cookies, "session"));
	str_format(url, sizeof(url), "http://localhost:%d/", web_port(web));
	ask_on(url);
	CHECK(!strstr(request, "Cookie:"));
	ask_on(ask_url("/"));
	CHECK(strstr(request, "\r\nCookie: session=abc\r\n"));
	ask_end();
}

TEST(path_and_domain_are_kept_to)
{
	begin("Set-Cookie: deep=1; Path=/a/b\r\n"
	      "Set-Cookie: wide=1; Domain=com; Path=/\r\n");
	ask_on(ask_url("/a/b/c"));
	ask_on(ask_url("/a"));
	CHECK(!strstr(request, "Cookie:"));
	ask_on(ask_url("/a/b"));
	CHECK(strstr(request, "\r\nCookie: deep=1\r\n"));
	ask_end();
}

TEST(a_redirect_takes_the_cookie_along_and_not_to_others)
{
	char url[64];
	begin(SESSION);
	location = "/inside";
	ask_on(ask_url("/login"));
	CHECK(strstr(request, "POST /inside "));
	CHECK(strstr(request, "\r\nCookie: session=abc\r\n"));
	str_format(url, sizeof(url), "http://localhost:%d/", web_port(web));
	location = url;
	ask_on(ask_url("/out"));
	CHECK(strstr(first, "\r\nCookie: session=abc\r\n"));
	CHECK(strstr(request, "Host: localhost"));
	CHECK(!strstr(request, "Cookie:"));
	CHECK(strstr(got.cookies, "abc"));
	ask_end();
}

TEST(without_a_jar_none_are_kept_and_none_are_left_behind_for_others)
{
	begin(SESSION);
	ask_on(ask_url("/"));
	ask(ask_for(ask_url("/"))); /* e.g. a webhook, on the same handle */
	CHECK(!strstr(request, "Cookie:"));
	CHECK_TEXT(got.cookies, "");
	set = SESSION;
	ask(ask_for(ask_url("/")));
	CHECK_TEXT(got.cookies, "");
	ask_on(ask_url("/"));
	CHECK(!strstr(request, "Cookie:"));
	ask_end();
}

TEST(cookies_are_bounded_and_text)
{
	static char large[3000], headers[4000];
	memset(large, 'x', sizeof(large) - 1);
	str_format(headers, sizeof(headers),
		   "Set-Cookie: large=%s\r\nSet-Cookie: small=1\r\n"
		   "Set-Cookie: odd=\xff\xfe\r\n",
		   large);
	begin(headers);
	ask_on(ask_url("/"));
	CHECK(strlen(got.cookies) > sizeof(large));
	CHECK(!strstr(got.cookies, "odd"));
	str_format(headers, sizeof(headers), "Set-Cookie: other=%s\r\n", large);
	set = headers;
	ask_on(ask_url("/"));
	CHECK(strlen(got.cookies) <= HTTP_COOKIES_MAX);
	CHECK(strstr(got.cookies, "small"));
	ask_end();
}

TEST(a_carried_line_that_is_no_cookie_is_nothing)
{
	begin("");
	str_copy(got.cookies, sizeof(got.cookies),
		 "***\n\tno\nSet-Cookie: \n#\n");
	ask_on(ask_url("/"));
	CHECK_INT(got.error, 0);
	CHECK(!strstr(request, "Cookie:"));
	CHECK_TEXT(got.cookies, "");
	ask_end();
}

TEST_MAIN()
