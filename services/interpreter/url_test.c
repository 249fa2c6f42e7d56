/*
 * url_test.c - references resolve as RFC 3986 section 5.4 lists them.
 */
#include "services/interpreter/url.h"

#include "lib/test/test.h"

#include <string.h>

static const char *resolved(const char *base, const char *reference)
{
	static char url[URL_BYTES];
	return url_resolve(base, reference, url, sizeof(url)) ? url : "refused";
}

static const struct {
	const char *reference, *wanted;
} normal[] = {
	{"http:g", "refused"},
	{"g", "http://a/b/c/g"},
	{"./g", "http://a/b/c/g"},
	{"g/", "http://a/b/c/g/"},
	{"/g", "http://a/g"},
	{"//g", "http://g/"},
	{"?y", "http://a/b/c/d;p?y"},
	{"g?y", "http://a/b/c/g?y"},
	{"#s", "http://a/b/c/d;p?q#s"},
	{"g#s", "http://a/b/c/g#s"},
	{"g?y#s", "http://a/b/c/g?y#s"},
	{";x", "http://a/b/c/;x"},
	{"g;x", "http://a/b/c/g;x"},
	{"g;x?y#s", "http://a/b/c/g;x?y#s"},
	{"", "http://a/b/c/d;p?q"},
	{".", "http://a/b/c/"},
	{"./", "http://a/b/c/"},
	{"..", "http://a/b/"},
	{"../", "http://a/b/"},
	{"../g", "http://a/b/g"},
	{"../..", "http://a/"},
	{"../../", "http://a/"},
	{"../../g", "http://a/g"},
	{"../../../g", "http://a/g"},
	{"../../../../g", "http://a/g"},
	{"/./g", "http://a/g"},
	{"/../g", "http://a/g"},
	{"g.", "http://a/b/c/g."},
	{".g", "http://a/b/c/.g"},
	{"g..", "http://a/b/c/g.."},
	{"..g", "http://a/b/c/..g"},
	{"./../g", "http://a/b/g"},
	{"./g/.", "http://a/b/c/g/"},
	{"g/./h", "http://a/b/c/g/h"},
	{"g/../h", "http://a/b/c/h"},
	{"g;x=1/./y", "http://a/b/c/g;x=1/y"},
	{"g;x=1/../y", "http://a/b/c/y"},
	{"g?y/./x", "http://a/b/c/g?y/./x"},
	{"g?y/../x", "http://a/b/c/g?y/../x"},
	{"g#s/../x", "http://a/b/c/g#s/../x"},
};

TEST(references_resolve_as_the_rfc_lists_them)
{
	for (size_t i = 0; i < sizeof(normal) / sizeof(normal[0]); i++)
		CHECK_TEXT(resolved("http://a/b/c/d;p?q", normal[i].reference),
			   normal[i].wanted);
}

TEST(an_absolute_reference_needs_no_base)
{
	CHECK_TEXT(resolved("", "https://app.example.com/voice?x=1#rt=500"),
		   "https://app.example.com/voice?x=1#rt=500");
	CHECK_TEXT(resolved("", "https://app.example.com"),
		   "https://app.example.com/");
	CHECK_TEXT(resolved("", "http://u:p@[2001:db8::1]:8080/x"),
		   "http://u:p@[2001:db8::1]:8080/x");
}

TEST(a_relative_reference_without_a_base_is_refused)
{
	CHECK_TEXT(resolved("", "/voice"), "refused");
	CHECK_TEXT(resolved("", ""), "refused");
}

TEST(other_schemes_and_broken_hosts_are_refused)
{
	const char *base = "http://a/b";
	CHECK_TEXT(resolved(base, "file:///etc/passwd"), "refused");
	CHECK_TEXT(resolved(base, "javascript:alert(1)"), "refused");
	CHECK_TEXT(resolved(base, "http://"), "refused");
	CHECK_TEXT(resolved(base, "http:///x"), "refused");
	CHECK_TEXT(resolved(base, "http://a:99999/"), "refused");
	CHECK_TEXT(resolved(base, "http://a:x/"), "refused");
	CHECK_TEXT(resolved(base, "http://[::1/"), "refused");
	CHECK_TEXT(resolved(base, "http://a b/"), "http://a%20b/");
}

TEST(what_may_not_stand_in_a_url_is_encoded_and_controls_are_refused)
{
	CHECK_TEXT(resolved("http://a/", "gr\xc3\xbc\xc3\x9f e?\"<x>\""),
		   "http://a/gr%C3%BC%C3%9F%20e?%22%3Cx%3E%22");
	CHECK_TEXT(resolved("http://a/", "x\r\nHost: evil"), "refused");
}

TEST(a_url_that_is_too_long_is_refused_not_cut)
{
	static char longer[URL_BYTES + 8];
	memset(longer, 'x', sizeof(longer) - 1);
	CHECK_TEXT(resolved("http://a/", longer), "refused");
}

static const struct {
	const char *url, *wanted;
} public_rows[] = {
	{"http://a/b?c#d", "http://a/b?c"},
	{"https://u:p%40w@a:8080/b", "https://a:8080/b"},
	{"http://u@x:p@a/b?c@d#e@f", "http://a/b?c@d"},
	{"nats:app.voice?a=b#tt=5", "nats:app.voice?a=b"},
	{"//u@a/b", "//a/b"},
	{"", ""},
};

TEST(others_read_a_url_without_its_credentials)
{
	char url[URL_BYTES];
	for (size_t i = 0; i < sizeof(public_rows) / sizeof(public_rows[0]);
	     i++) {
		url_public(public_rows[i].url, url, sizeof(url));
		CHECK_TEXT(url, public_rows[i].wanted);
	}
}

static const struct {
	const char *asked, *from, *wanted;
} arrived_rows[] = {
	{"http://a/b#rc=1", "http://a/b", "http://a/b"},
	{"http://u:p@a/b", "http://a/c?d", "http://u:p@a/c?d"},
	{"https://u:p@A:443/b", "https://a/c", "https://u:p@a/c"},
	{"http://u:p@a/b", "http://a:80/c", "http://u:p@a:80/c"},
	{"http://u:p@a/b", "http://a:8080/c", "http://a:8080/c"},
	{"http://u:p@a/b", "https://a/c", "https://a/c"},
	{"http://u:p@a/b", "http://a.evil/c", "http://a.evil/c"},
	{"http://u:p@a/b", "http://v@a/c", "http://v@a/c"},
	{"nats:app.voice#tt=5", "nats:app.voice", "nats:app.voice"},
	{"http://u:p@a/b", "nats:app.voice", "nats:app.voice"},
};

TEST(what_a_document_refers_to_is_asked_with_its_credentials_at_its_origin)
{
	char url[URL_BYTES];
	for (size_t i = 0; i < sizeof(arrived_rows) / sizeof(arrived_rows[0]);
	     i++) {
		url_arrived(arrived_rows[i].asked, arrived_rows[i].from, url,
			    sizeof(url));
		CHECK_TEXT(url, arrived_rows[i].wanted);
	}
}

static const char *document(const char *base, const char *reference)
{
	static char url[URL_BYTES];
	return url_document(base, reference, url, sizeof(url)) ? url
							       : "refused";
}

TEST(a_document_may_come_from_the_bus)
{
	const char *web = "http://a/b/c";
	CHECK_TEXT(document(web, "nats:app.voice"), "nats:app.voice");
	CHECK_TEXT(document(web, "nats:app.voice?x=a b#tt=5"),
		   "nats:app.voice?x=a%20b#tt=5");
	CHECK_TEXT(document("", "NATS:app"), "NATS:app");
	CHECK_TEXT(document(web, "d"), "http://a/b/d");
	CHECK_TEXT(document(web, "nats:app.*"), "refused");
	CHECK_TEXT(document(web, "nats:app.>"), "refused");
	CHECK_TEXT(document(web, "nats:$JS.API"), "refused");
	CHECK_TEXT(document(web, "nats://host/app"), "refused");
	CHECK_TEXT(document(web, "nats:app\r\nPUB x 0"), "refused");
}

TEST(from_a_subject_a_reference_is_another_last_token)
{
	const char *base = "nats:app.shop.voice?a=b#tt=5";
	CHECK_TEXT(document(base, "after"), "nats:app.shop.after");
	CHECK_TEXT(document(base, "menu.keys?c=d#e"),
		   "nats:app.shop.menu.keys?c=d#e");
	CHECK_TEXT(document(base, ""), "nats:app.shop.voice?a=b");
	CHECK_TEXT(document(base, "?c=d"), "nats:app.shop.voice?c=d");
	CHECK_TEXT(document(base, "#rt=1"), "nats:app.shop.voice?a=b#rt=1");
	CHECK_TEXT(document("nats:desk", "after"), "nats:after");
	CHECK_TEXT(document(base, "http://a/b"), "http://a/b");
	CHECK_TEXT(document("nats:a?\"", "#x"), "nats:a?%22#x");
	CHECK_TEXT(document(base, "/after"), "refused");
	CHECK_TEXT(document(base, "//host/after"), "refused");
	CHECK_TEXT(document(base, ".."), "refused");
	CHECK_TEXT(document(base, "*"), "refused");
	CHECK_TEXT(document(base, "mailto:x"), "refused");
}

TEST(nothing_but_documents_comes_from_the_bus)
{
	CHECK_TEXT(resolved("http://a/", "nats:app.voice"), "refused");
	CHECK_TEXT(resolved("nats:app.voice", "after"), "refused");
	CHECK_TEXT(resolved("nats:app.voice", "http://a/b"), "http://a/b");
}

TEST_MAIN()
