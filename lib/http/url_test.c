/*
 * url_test.c - what is sent and signed for what the customer wrote.
 */
#include "lib/http/url.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

static char error[URL_ERROR_BYTES];

struct row {
	const char *base, *written, *sent;
};

static const struct row rows[] = {
	{NULL, "https://EXAMPLE.com", "https://example.com/"},
	{NULL, "HTTP://example.com?x=1", "http://example.com/?x=1"},
	{NULL, "http://a:8080/cb#rc=3&ct=100", "http://a:8080/cb"},
	{NULL, "http://a/x?q=a%20b&r=%2f#f", "http://a/x?q=a%20b&r=%2f"},
	{NULL, "http://u:p%40w@a/x", "http://a/x"},
	{NULL, "http://a/d/../e", "http://a/e"},
	{NULL, "http://a/\xc3\xbc?q=\xc3\xbc", "http://a/%c3%bc?q=%c3%bc"},
	{NULL, "http://[::1]:81/x", "http://[::1]:81/x"},
	{NULL, "http://2130706433/x", "http://127.0.0.1/x"},
	{NULL, "http://１２７.0.00.1/x", "http://127.0.0.1/x"},
	{NULL, "http://０x7f.1/x", "http://127.0.0.1/x"},
	{NULL, "http://a/b\\c?d=\\", "http://a/b%5Cc?d=%5C"},
	{NULL,
	 "http://B\xc3\xbc"
	 "cher.example/x",
	 "http://xn--bcher-kva.example/x"},
	{NULL,
	 "http://b%C3%BC"
	 "cher.example/x",
	 "http://xn--bcher-kva.example/x"},
	{"http://a/d/e?x=1", "f", "http://a/d/f"},
	{"http://a/d/e?x=1", "/f?y=2", "http://a/f?y=2"},
	{"http://a/d/e?x=1", "?y=2", "http://a/d/e?y=2"},
	{"https://a/d", "//b/f", "https://b/f"},
	{"https://a/d", "http://b/f", "http://b/f"},
};

TEST(a_url_is_sent_and_signed_in_one_form)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct url url;
		if (!CHECK(url_parse(rows[i].base, rows[i].written, &url,
				     error)))
			continue;
		CHECK_TEXT(url.text, rows[i].sent);
		url_clear(&url);
	}
}

TEST(userinfo_is_decoded_and_kept_apart)
{
	struct url url;
	CHECK(url_parse(NULL, "https://u%3a:p%40w@a/x", &url, error));
	CHECK_TEXT(url.user, "u:");
	CHECK_TEXT(url.password, "p@w");
	CHECK_TEXT(url.origin, "https://a:443");
	CHECK(url.secure);
	url_clear(&url);
}

TEST(origins_name_their_port)
{
	struct url url;
	CHECK(url_parse(NULL, "http://A.example/x?y", &url, error));
	CHECK_TEXT(url.origin, "http://a.example:80");
	CHECK(!url.secure);
	url_clear(&url);
}

TEST(what_is_no_http_url_is_refused)
{
	static const char *const bad[] = {
		"",
		"voice",
		"/voice",
		"ftp://a/x",
		"file:///etc/passwd",
		"gopher://a/_x",
		"http://",
		"http://a:99999/",
		"http://a b/",
		"http://a\r\nX: y/",
		"javascript:alert(1)",
		"http://[::1/",
		"http://a/\x01",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct url url;
		error[0] = '\0';
		if (!CHECK(!url_parse(NULL, bad[i], &url, error)))
			url_clear(&url);
		CHECK(error[0] != '\0');
	}
}

TEST(a_redirect_to_another_scheme_is_refused)
{
	struct url url;
	CHECK(!url_parse("http://a/x", "file:///etc/passwd", &url, error));
	CHECK(!url_parse("http://a/x", "", &url, error));
}

TEST(a_url_that_is_too_long_is_refused)
{
	struct url url;
	char *text = mem_new(1, URL_MAX + 2);
	memset(text, 'a', URL_MAX + 1);
	memcpy(text, "http://", 7);
	CHECK(!url_parse(NULL, text, &url, error));
	free(text);
}

TEST_MAIN()
