/*
 * form_test.c - parameters in bodies and queries.
 */
#include "lib/http/form.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"

static struct param params[] = {{"From", "sip:a b@c"}, {"N\xc3\xa4me", NULL}};

static const char *query(const char *url, bool fill)
{
	static char text[256];
	struct buf buf = BUF_INIT(4096);
	form_add_query(&buf, url, params, 2, fill);
	str_copy(text, sizeof(text), buf_text(&buf));
	buf_free(&buf);
	return text;
}

TEST(a_form_is_percent_encoded_utf8_in_order)
{
	struct buf buf = BUF_INIT(4096);
	form_add(&buf, params, 2);
	CHECK_TEXT(buf_text(&buf), "From=sip%3Aa%20b%40c&N%C3%A4me=");
	buf_free(&buf);
}

TEST(a_query_of_its_own_is_kept_and_ours_appended)
{
#define OURS "From=sip%3Aa%20b%40c&N%C3%A4me="
	CHECK_TEXT(query("http://a/", false), "http://a/?" OURS);
	CHECK_TEXT(query("http://a/?", false), "http://a/?" OURS);
	CHECK_TEXT(query("http://a/?x=%2f", false), "http://a/?x=%2f&" OURS);
	CHECK_TEXT(query("http://a/?x&", false), "http://a/?x&" OURS);
}

TEST(a_redirect_that_repeats_our_query_gets_it_once)
{
	CHECK_TEXT(query("http://a/v/?From=x", true),
		   "http://a/v/?From=x&N%C3%A4me=");
	CHECK_TEXT(query("http://a/?n=1&N%c3%a4me=", true),
		   "http://a/?n=1&N%c3%a4me=&From=sip%3Aa%20b%40c");
	CHECK_TEXT(query("http://a/?N%c3%a4me&%46rom=1", true),
		   "http://a/?N%c3%a4me&%46rom=1");
}

TEST(names_are_compared_whole_and_decoded)
{
	CHECK(form_has("http://a/?a+b=1", "a b"));
	CHECK(!form_has("http://a/?Fro=1", "From"));
	CHECK(!form_has("http://a/?FromX=1", "From"));
	CHECK(!form_has("http://a/?x=From", "From"));
	CHECK(!form_has("http://a/From", "From"));
	CHECK(form_has("http://a/?%4", "%4"));
	CHECK(!form_has("http://a/?%00x", "x"));
}

TEST_MAIN()
