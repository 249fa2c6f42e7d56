/*
 * scan_test.c - what is JSON and what is not, with jansson as the witness.
 */
#include "proto/scan.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct scan scan;

static bool is_json(const char *text, size_t size)
{
	scan_begin(&scan, text, size);
	return scan_skip(&scan) && scan_end(&scan);
}

static bool jansson_takes(const char *text, size_t size)
{
	json_t *json = json_loadb(
		text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	json_decref(json);
	return json != NULL;
}

static void check_all(const char *const *texts, size_t count, bool wanted)
{
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(texts[i]);
		/* exactly as large as the text: one byte more is an error */
		char *exact = malloc(size);
		memcpy(exact, texts[i], size);
		if (!CHECK_INT(is_json(exact, size), wanted) ||
		    !CHECK_INT(jansson_takes(exact, size), wanted))
			CHECK_TEXT(texts[i], "");
		CHECK_INT(scan.fault == NULL, wanted);
		free(exact);
	}
}

#define CHECK_ALL(texts, wanted)                                               \
	check_all(texts, sizeof(texts) / sizeof((texts)[0]), wanted)

TEST(what_is_json_is_taken)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" \t\r\n{ \"a\" : [ 1 , 2 ] }\n",
		"[0,-0,10,-1,1.5,-0.0,1e5,1E+5,1e-5,0e0,1.25e10]",
		"[9223372036854775807,-9223372036854775808]",
		"[1e308,1e-999]",
		"[true,false,null]",
		"\"\"",
		"\"plain, and longer than eight bytes\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u0001\\u00e4\\u20AC\\ud83d\\uDE00\\uffff\"",
		"\"\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"",
		"{\"\":1,\"a\":{\"a\":1},\"b\":{\"a\":1}}",
		"{\"a\":1,\"A\":1,\"\\u00e4\":1,\"\\u00c4\":1}",
		"[{\"a\":1},{\"a\":2}]"};
	CHECK_ALL(texts, true);
}

TEST(what_is_not_json_is_refused)
{
	static const char *const texts[] = {" ",
					    "{",
					    "[",
					    "}",
					    "{]",
					    "[}",
					    "[1,]",
					    "[,1]",
					    "[1 2]",
					    "[1;2]",
					    "{,}",
					    "{\"a\"}",
					    "{\"a\":}",
					    "{\"a\" 1}",
					    "{a:1}",
					    "{1:1}",
					    "{\"a\":1,}",
					    "{} {}",
					    "{}x",
					    "[1]]",
					    "tru",
					    "truex",
					    "True",
					    "nul",
					    "nan",
					    "[true1]",
					    "'a'",
					    "/**/[]",
					    "\xef\xbb\xbf[]"};
	CHECK_ALL(texts, false);
}

TEST(numbers_are_written_one_way)
{
	static const char *const texts[] = {"[01]",
					    "[-01]",
					    "[+1]",
					    "[-]",
					    "[.5]",
					    "[1.]",
					    "[1.e5]",
					    "[1e]",
					    "[1e+]",
					    "[--1]",
					    "[0x10]",
					    "[1_0]",
					    "[9223372036854775808]",
					    "[-9223372036854775809]",
					    "[1e309]",
					    "[-1e309]",
					    "[Infinity]",
					    "[1",
					    "-"};
	CHECK_ALL(texts, false);
}

TEST(texts_are_utf8_and_their_escapes_whole)
{
	static const char *const texts[] = {"\"",
					    "\"a",
					    "\"\\",
					    "\"\\\"",
					    "\"\\x41\"",
					    "\"\\'\"",
					    "\"\n\"",
					    "\"\x1f\"",
					    "\"seven..\t\"",
					    "\"\\u\"",
					    "\"\\u12\"",
					    "\"\\u12g4\"",
					    "\"\\u 123\"",
					    "\"\\u0000\"",
					    "\"\\U0041\"",
					    "\"\\ud800\"",
					    "\"\\udc00\"",
					    "\"\\ud800x\"",
					    "\"\\ud800\\n\"",
					    "\"\\ud800\\u\"",
					    "\"\\ud800\\u0041\"",
					    "\"\\ud800\\ud800\"",
					    "\"\\ud800\\udc0",
					    "\"\\udc00\\ud800\"",
					    "\"\\udc00\\udc00\"",
					    "\"\\ud800\\ue000\"",
					    "\"\xff\"",
					    "\"\xc3\"",
					    "\"\xc0\x80\"",
					    "\"\xed\xa0\x80\"",
					    "\"\xe2\x82\"",
					    "\"\xf4\x90\x80\x80\"",
					    "\"\xf8\x80\x80\x80\"",
					    "\"\xc3",
					    "{\"\\u0000\":1}",
					    "{\"\xff\":1}"};
	CHECK_ALL(texts, false);
}

TEST(no_name_comes_twice)
{
	static const char *const texts[] = {
		"{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"\\u0061\":3}",
		"{\"\\u00e4\":1,\"\xc3\xa4\":2}", "{\"\":1,\"\":2}",
		"[{\"x\":{\"a\":1,\"b\":{\"a\":1},\"a\":1}}]"};
	CHECK_ALL(texts, false);
	CHECK_TEXT(scan.fault, "a name comes twice");
}

TEST(a_nul_byte_is_refused_wherever_it_stands)
{
	static const char *const texts[] = {"[1?]",    "?[]",       "[]?",
					    "[\"?\"]", "[\"\\?\"]", "[true?]"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[16];
		size_t size = strlen(texts[i]);
		for (size_t j = 0; j < size; j++)
			text[j] = texts[i][j] == '?' ? '\0' : texts[i][j];
		CHECK(!is_json(text, size));
	}
	CHECK(!is_json(NULL, 0));
	CHECK(!is_json("", 0));
}

/* --- limits --- */

static bool repeated(const char *head, const char *piece, size_t count,
		     const char *tail)
{
	struct buf text = BUF_INIT(65536);
	buf_add_text(&text, head);
	for (size_t i = 0; i < count; i++)
		buf_add_text(&text, piece);
	buf_add_text(&text, tail);
	bool taken = is_json(buf_text(&text), text.length);
	buf_free(&text);
	return taken;
}

TEST(levels_have_a_limit)
{
	char tail[SCAN_DEPTH_MAX + 2];
	memset(tail, ']', sizeof(tail));
	tail[SCAN_DEPTH_MAX] = '\0';
	CHECK(repeated("", "[", SCAN_DEPTH_MAX, tail));
	tail[SCAN_DEPTH_MAX] = ']';
	tail[SCAN_DEPTH_MAX + 1] = '\0';
	CHECK(!repeated("", "[", SCAN_DEPTH_MAX + 1, tail));
	CHECK_TEXT(scan.fault, "too many levels");
	CHECK(repeated("[0", ",[]", 200, "]")); /* one after the other */
}

/* An object of that many names; while its first value is read, two more. */
static bool takes_names(int names)
{
	struct buf text = BUF_INIT(65536);
	buf_add_text(&text, "{\"in\":{\"x\":{\"y\":1}}");
	for (int i = 1; i < names; i++)
		buf_addf(&text, ",\"n%d\":{}", i);
	buf_add_text(&text, "}");
	bool taken = is_json(buf_text(&text), text.length);
	buf_free(&text);
	return taken;
}

TEST(unknown_names_have_a_limit)
{
	CHECK(takes_names(SCAN_NAMES_MAX));
	CHECK(!takes_names(SCAN_NAMES_MAX + 1));
	CHECK_TEXT(scan.fault, "too many unknown names");
	CHECK(repeated("[0", ",{\"a\":1,\"b\":2}", 500, "]"));
}

TEST(names_with_escapes_have_a_limit)
{
	CHECK(repeated("{\"", "\\n", SCAN_NAMES_BYTES, "\":1}"));
	CHECK(!repeated("{\"", "\\n", SCAN_NAMES_BYTES + 1, "\":1}"));
	CHECK_TEXT(scan.fault, "too many names with escapes");
	CHECK(repeated("[0", ",{\"\\n\":1}", SCAN_NAMES_BYTES + 1, "]"));
}

TEST(a_number_that_is_no_integer_has_a_limit)
{
	CHECK(repeated("0.", "0", SCAN_REAL_BYTES - 2, ""));
	CHECK(!repeated("0.", "0", SCAN_REAL_BYTES - 1, ""));
	CHECK_TEXT(scan.fault, "a number is too long");
}

/* --- values --- */

TEST(escapes_are_taken_out)
{
	static const char raw[] = "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001"
				  "\\u00e4\\u20AC\\ud83d\\uDE00z\"";
	struct scan_text text = {0};
	char got[64];
	scan_begin(&scan, raw, sizeof(raw) - 1);
	CHECK(scan_text(&scan, &text) && scan_end(&scan));
	scan_unescape(&text, got);
	got[text.size] = '\0';
	CHECK_TEXT(got, "a\"\\/\b\f\n\r\t\x01\xc3\xa4\xe2\x82\xac"
			"\xf0\x9f\x98\x80z");
}

static int64_t number_of(const char *text, bool *whole_out)
{
	int64_t number = 42;
	scan_begin(&scan, text, strlen(text));
	CHECK(scan_number(&scan, &number, whole_out));
	return number;
}

TEST(integers_are_exact_and_others_are_known_as_such)
{
	bool whole;
	CHECK(number_of("-9223372036854775808", &whole) == INT64_MIN && whole);
	CHECK(number_of("9223372036854775807", &whole) == INT64_MAX && whole);
	CHECK(number_of("-0", &whole) == 0 && whole);
	number_of("1.0", &whole);
	CHECK(!whole);
	number_of("1e2", &whole);
	CHECK(!whole);
}

TEST(the_first_fault_stays_and_says_where)
{
	scan_begin(&scan, "[1,x]", 5);
	CHECK(!scan_skip(&scan));
	CHECK_TEXT(scan.fault, "a value is wanted");
	CHECK_INT(scan.fault_at, 3);
	CHECK(!scan_skip(&scan) && !scan_end(&scan));
	CHECK_INT(scan_next(&scan), SCAN_NONE);
	CHECK_TEXT(scan.fault, "a value is wanted");
	CHECK_INT(scan.fault_at, 3);
}

TEST(a_plain_run_ends_at_every_byte_that_is_not)
{
	char text[32];
	for (int c = 0; c < 256; c++) {
		bool special = c < 0x20 || c > 0x7f || c == '"' || c == '\\';
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'a', sizeof(text));
			text[at] = (char)c;
			CHECK_INT(scan_plain(text, text + sizeof(text)) - text,
				  special ? at : sizeof(text));
		}
	}
}

/* --- spoilt messages --- */

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % sides;
}

static void spoil(char *text, size_t size)
{
	static const char often[] = "{}[]:,\"\\u0019-.eE tfn\x01\x7f\xc3\xa4";
	for (uint32_t i = roll(3) + 1; i > 0; i--) {
		char *at = text + roll((uint32_t)size);
		*at = roll(2) ? often[roll(sizeof(often) - 1)]
			      : text[roll((uint32_t)size)];
	}
}

TEST(spoilt_messages_are_judged_as_jansson_judges_them)
{
	dice = 1;
	for (size_t i = 0; proto_messages[i]; i++) {
		void *message = proto_new(proto_messages[i]);
		proto_sample(proto_messages[i], message);
		char *good =
			proto_encode(proto_messages[i], NULL, message, NULL);
		size_t size = strlen(good);
		for (int round = 0; round < 500; round++) {
			char *spoilt = malloc(size + 1);
			memcpy(spoilt, good, size + 1);
			spoil(spoilt, size);
			if (!CHECK_INT(is_json(spoilt, size),
				       jansson_takes(spoilt, size)))
				CHECK_TEXT(spoilt, good);
			free(spoilt);
		}
		free(good);
		proto_free(proto_messages[i], message);
	}
}

TEST_MAIN()
