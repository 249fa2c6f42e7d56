/*
 * buf_test.c - a buffer grows to its limit, and escapes what it is told to.
 */
#include "lib/base/buf.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

TEST(a_buffer_refuses_what_is_above_its_limit_and_remembers)
{
	struct buf buf = BUF_INIT(5);
	buf_add_text(&buf, "abc");
	buf_add_text(&buf, "def");
	CHECK(buf.full);
	CHECK_TEXT(buf_text(&buf), "abc");
	buf_add_text(&buf, "d");
	CHECK_TEXT(buf_text(&buf), "abc"); /* nothing after the gap */
	buf_clear(&buf);
	CHECK(!buf.full);
	buf_addf(&buf, "%d", 12345);
	CHECK_TEXT(buf_text(&buf), "12345");
	buf_addf(&buf, "%d", 6);
	CHECK(buf.full);
	CHECK_TEXT(buf_text(&buf), "12345");
	buf_free(&buf);
	CHECK_INT(buf.max, 5);
}

TEST(a_buffer_grows_as_it_is_filled)
{
	struct buf buf = BUF_INIT(100000);
	for (int i = 0; i < 10000; i++)
		buf_add(&buf, "0123456789", 10);
	CHECK(!buf.full);
	CHECK_INT(buf.length, 100000);
	CHECK_INT(strlen(buf_text(&buf)), 100000);
	buf_free(&buf);
}

TEST(what_is_taken_is_the_callers_and_the_buffer_starts_again)
{
	struct buf buf = BUF_INIT(10);
	CHECK_TEXT(buf_text(&buf), "");
	char *none = buf_take(&buf);
	CHECK_TEXT(none, "");
	buf_add_text(&buf, "abc");
	char *text = buf_take(&buf);
	CHECK_TEXT(text, "abc");
	CHECK_TEXT(buf_text(&buf), "");
	free(none);
	free(text);
	buf_free(&buf);
}

static void check_json(const char *text, const char *wanted)
{
	struct buf buf = BUF_INIT(1000);
	buf_add_json(&buf, text);
	CHECK_TEXT(buf_text(&buf), wanted);
	CHECK(!str_has_control(buf_text(&buf)));
	CHECK(str_is_utf8(buf_text(&buf), buf.length));
	buf_free(&buf);
}

TEST(json_escapes_quotes_controls_and_broken_utf8)
{
	check_json("plain \xc3\xa4 \xf0\x9f\x93\x9e",
		   "plain \xc3\xa4 \xf0\x9f\x93\x9e");
	check_json("\"a\\b\"", "\\\"a\\\\b\\\"");
	check_json("a\nb\r\tc\x7f", "a\\nb\\u000d\\u0009c\\u007f");
	check_json("\x1b[31m", "\\u001b[31m");
	check_json("\xc2\x9b"
		   "31m",
		   "\\u009b31m"); /* an 8-bit escape */
	check_json("\xc2\xa0", "\xc2\xa0");
	check_json("a\xff"
		   "b\xc3",
		   "a\\ufffdb\\ufffd");
}

TEST(percent_encoding_leaves_unreserved_characters_alone)
{
	struct buf buf = BUF_INIT(1000);
	buf_add_percent(&buf, "aZ09-._~ /?&=+%\xc3\xa4");
	CHECK_TEXT(buf_text(&buf), "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A4");
	buf_free(&buf);
}

TEST_MAIN()
