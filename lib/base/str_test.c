/*
 * str_test.c - bounded strings and strict numbers.
 */
#include "lib/base/str.h"

#include "lib/test/test.h"

#include <string.h>

TEST(a_text_that_does_not_fit_leaves_an_empty_one)
{
	char to[4] = "old";
	CHECK(str_copy(to, sizeof(to), "abc"));
	CHECK_TEXT(to, "abc");
	CHECK(!str_copy(to, sizeof(to), "abcd"));
	CHECK_TEXT(to, "");
	CHECK(str_copy(to, sizeof(to), NULL));
	CHECK_TEXT(to, "");
	CHECK(str_copy_bytes(to, sizeof(to), "abcd", 2));
	CHECK_TEXT(to, "ab");
}

TEST(a_formatted_text_that_does_not_fit_leaves_an_empty_one)
{
	char to[4];
	CHECK(str_format(to, sizeof(to), "%d", 123));
	CHECK_TEXT(to, "123");
	CHECK(!str_format(to, sizeof(to), "%d", 1234));
	CHECK_TEXT(to, "");
}

TEST(null_equals_only_null)
{
	CHECK(str_equal(NULL, NULL) && str_equal("a", "a"));
	CHECK(!str_equal("a", NULL) && !str_equal(NULL, "a"));
	CHECK(!str_equal("a", "A") && str_same("a", "A"));
	CHECK(str_same(NULL, NULL) && !str_same("a", NULL));
}

TEST(starts_and_ends_are_compared_in_full)
{
	CHECK(str_starts("vox.sipgw", "vox."));
	CHECK(!str_starts("vo", "vox."));
	CHECK(str_starts("x", ""));
	CHECK(str_ends("a.pem", ".pem"));
	CHECK(!str_ends("pem", ".pem"));
	CHECK(str_ends("x", ""));
}

static void check_number(const char *text, int64_t lo, int64_t hi, bool good,
			 int64_t wanted)
{
	int64_t number = 77;
	if (!CHECK(str_number(text, lo, hi, &number) == good))
		CHECK_TEXT(text, "");
	CHECK_INT(number, good ? wanted : 77);
}

TEST(a_number_is_digits_within_bounds_and_nothing_else)
{
	check_number("0", 0, 9, true, 0);
	check_number("007", 0, 9, true, 7);
	check_number("-5", -9, 9, true, -5);
	check_number("9223372036854775807", 0, INT64_MAX, true, INT64_MAX);
	check_number("9223372036854775808", INT64_MIN, INT64_MAX, false, 0);
	check_number("99999999999999999999999", INT64_MIN, INT64_MAX, false, 0);
	check_number("10", 0, 9, false, 0);
	check_number("-1", 0, 9, false, 0);
	check_number("", 0, 9, false, 0);
	check_number("-", -9, 9, false, 0);
	check_number("--1", -9, 9, false, 0);
	check_number("+1", 0, 9, false, 0);
	check_number(" 1", 0, 9, false, 0);
	check_number("1 ", 0, 9, false, 0);
	check_number("1.0", 0, 9, false, 0);
	check_number("0x1", 0, 9, false, 0);
	check_number(NULL, 0, 9, false, 0);
}

TEST(white_space_is_trimmed_at_both_ends)
{
	size_t length;
	const char *text = " \t a b\r\n";
	const char *start = str_trim(text, strlen(text), &length);
	CHECK_INT(length, 3);
	CHECK(strncmp(start, "a b", 3) == 0);
	str_trim(" \n ", 3, &length);
	CHECK_INT(length, 0);
	str_trim("", 0, &length);
	CHECK_INT(length, 0);
}

static bool is_utf8(const char *text)
{
	return str_is_utf8(text, strlen(text));
}

TEST(utf8_is_checked_as_rfc_3629_has_it)
{
	CHECK(is_utf8("") && is_utf8("abc") && is_utf8("\xc3\xa4"));
	CHECK(is_utf8("\xe2\x82\xac") && is_utf8("\xf0\x9f\x93\x9e"));
	CHECK(!is_utf8("\xc3"));             /* cut */
	CHECK(!is_utf8("\xe2\x82"));         /* cut */
	CHECK(!is_utf8("\xc0\xaf"));         /* too long for '/' */
	CHECK(!is_utf8("\xe0\x80\xaf"));     /* too long */
	CHECK(!is_utf8("\xf0\x80\x80\xaf")); /* too long */
	CHECK(!is_utf8("\xed\xa0\x80"));     /* a surrogate */
	CHECK(!is_utf8("\xf4\x90\x80\x80")); /* above U+10FFFF */
	CHECK(!is_utf8("\xff") && !is_utf8("\x80"));
	CHECK(!str_is_utf8("a\0b", 3));
}

TEST(a_distance_is_the_number_of_edits)
{
	static const char far[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				  "aaaaaaaaaaaaaaaaaaaaa";
	CHECK_INT(str_distance("", ""), 0);
	CHECK_INT(str_distance("Url", "Url"), 0);
	CHECK_INT(str_distance("Ulr", "Url"), 2);
	CHECK_INT(str_distance("StatusCalback", "StatusCallback"), 1);
	CHECK_INT(str_distance("", "To"), 2);
	CHECK_INT(str_distance("a", far + 1), STR_NEAR_MAX - 1);
	CHECK_INT(str_distance("a", far), STR_FAR);
	CHECK_INT(str_distance(far, "a"), STR_FAR);
}

TEST(hexadecimal_digits_are_worth_0_to_15_and_nothing_else_anything)
{
	static const char digits[] = "0123456789abcdef", upper[] = "ABCDEF";
	for (int i = 0; i < 16; i++)
		CHECK_INT(str_hex_digit(digits[i]), i);
	for (int i = 0; i < 6; i++)
		CHECK_INT(str_hex_digit(upper[i]), 10 + i);
	for (int c = -128; c < 128; c++)
		if (!c || !strchr("0123456789abcdefABCDEF", c))
			CHECK_INT(str_hex_digit((char)c), -1);
}

TEST(control_characters_are_found)
{
	CHECK(!str_has_control("plain text \xc3\xa4"));
	CHECK(str_has_control("a\r\nb") && str_has_control("a\tb"));
	CHECK(str_has_control("\x7f") && str_has_control("\x1b[31m"));
}

TEST_MAIN()
