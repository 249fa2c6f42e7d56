/*
 * form_test.c - parameters in bodies and queries.
 */
#include "lib/http/form.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <stdlib.h>

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

TEST(a_question_mark_is_written_as_the_sdks_middlewares_leave_it)
{
	struct param one = {"X?", "sip:b@c?d=%3F"};
	struct buf buf = BUF_INIT(4096);
	form_add_query(&buf, "http://a/", &one, 1, false);
	CHECK_TEXT(buf_text(&buf), "http://a/?X%3f=sip%3Ab%40c%3fd%3D%253F");
	buf_free(&buf);
}

TEST(a_hash_of_the_body_is_added_once)
{
#define HASH                                                                   \
	"bodySHA256="                                                          \
	"015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
	struct buf buf = BUF_INIT(4096);
	form_add_hash(&buf, "http://a/?x=1", "{\"a\":1}");
	CHECK_TEXT(buf_text(&buf), "http://a/?x=1&" HASH);
	buf_clear(&buf);
	form_add_hash(&buf, "http://a/?" HASH, "{\"a\":1}");
	CHECK_TEXT(buf_text(&buf), "http://a/?" HASH);
	buf_free(&buf);
}

static struct param made(const char *name, const char *value)
{
	struct param param = {.value = mem_copy_text(value)};
	str_copy(param.name, sizeof(param.name), name);
	return param;
}

TEST(of_one_name_each_value_stays_once_and_in_the_order_that_is_signed)
{
	struct param some[] = {made("b", "3"), made("B", "1"), made("b", "1"),
			       made("a", "x"), made("b", "3"), made("b", NULL),
			       made("b", ""),  made("B", "1")};
	static const char *const left[] = {"b", "",  "B", "1", "b",
					   "1", "a", "x", "b", "3"};
	size_t count = form_settle(some, 8);
	CHECK_INT(count, 5);
	for (size_t i = 0; i < count; i++) {
		CHECK_TEXT(some[i].name, left[2 * i]);
		CHECK_TEXT(some[i].value ? some[i].value : "", left[2 * i + 1]);
		free(some[i].value);
	}
}

TEST(texts_are_ordered_as_the_sdks_order_them)
{
	static const char *const sorted[] = {
		"",
		"A",
		"a",
		"aa",
		"b",
		"\xc3\xa9",
		"\xed\x9f\xbf",
		"\xf0\x9f\x98\x80", /* two units, D83D DE00 */
		"\xf4\x8f\xbf\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
	};
	for (size_t i = 1; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
		CHECK(form_order(sorted[i - 1], sorted[i]) < 0);
		CHECK(form_order(sorted[i], sorted[i - 1]) > 0);
		CHECK(form_order(sorted[i], sorted[i]) == 0);
	}
}

TEST_MAIN()
