/*
 * words_test.c - the grammar of what crosses between SIP and the bus.
 */
#include "services/sipgw/words.h"

#include "lib/test/test.h"

#include <string.h>

static char to[64];

static bool value(const char *raw)
{
	return words_value(raw, strlen(raw), to, sizeof(to));
}

TEST(a_header_is_told_when_it_begins_with_x_or_is_user_to_user)
{
	CHECK(words_header_is_told("X-Room"));
	CHECK(words_header_is_told("x-room"));
	CHECK(words_header_is_told("User-To-User"));
	CHECK(!words_header_is_told("X-"));
	CHECK(!words_header_is_told("P-Asserted-Identity"));
	CHECK(!words_header_is_told("X-A B"));
}

TEST(headers_that_the_stack_owns_cannot_be_added)
{
	static const char *const core[] = {
		"From",
		"To",
		"Route",
		"Record-Route",
		"Call-ID",
		"CSeq",
		"Max-Forwards",
		"P-Asserted-Identity",
		"Authorization",
		"Session-ID",
		"Diversion",
		"X-",
		"X",
		"Unheard-Of",
		"X-A\n",
		"X-A:",
		" X-A",
		"X-\xc3\xa4",
	};
	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++)
		CHECK(!words_header_may_be_added(core[i]));
	CHECK(words_header_may_be_added("x-room"));
	CHECK(words_header_may_be_added("Alert-Info"));
	CHECK(words_header_may_be_added("X-Room"));
	CHECK(words_header_may_be_added("User-to-User"));
	CHECK(!words_header_may_be_added("Via"));
	CHECK(!words_header_may_be_added("v"));
	CHECK(!words_header_may_be_added("CONTENT-LENGTH"));
	CHECK(!words_header_may_be_added("X-A: b\r\nVia"));
	CHECK(!words_header_may_be_added(""));
}

TEST(a_folded_value_becomes_one_line)
{
	CHECK(value("  one\r\n  two\tthree "));
	CHECK_TEXT(to, "one two three");
}

TEST(a_value_with_control_characters_is_refused)
{
	CHECK(!value("a\x01"
		     "b"));
	CHECK(!value("a\x7f"));
	CHECK(!value("\xc3\x28"));
	CHECK(!words_value("a\0b", 3, to, sizeof(to)));
	CHECK_TEXT(to, "");
}

TEST(a_value_that_does_not_fit_is_refused)
{
	CHECK(!words_value("abcd", 4, to, 4));
	CHECK(words_value("abc", 3, to, 4));
}

TEST(a_user_part_is_unescaped)
{
	CHECK(words_unescape("%2B15551234", to, sizeof(to)));
	CHECK_TEXT(to, "+15551234");
	CHECK(!words_unescape("a%0d%0aVia", to, sizeof(to)));
	CHECK(!words_unescape("a%00b", to, sizeof(to)));
	CHECK(!words_unescape("a%2", to, sizeof(to)));
	CHECK(!words_unescape("a%g0", to, sizeof(to)));
	CHECK(!words_unescape("a%4gb", to, sizeof(to)));
}

TEST(a_user_part_is_escaped_for_a_uri)
{
	CHECK(words_escape_user("+1 555@x", to, sizeof(to)));
	CHECK_TEXT(to, "+1%20555%40x");
	CHECK(words_escape_user("a;b?c\r\n", to, sizeof(to)));
	CHECK_TEXT(to, "a%3Bb%3Fc%0D%0A");
	CHECK(!words_escape_user("@@", to, 6));
}

TEST(a_display_name_is_quoted_and_unquoted)
{
	CHECK(words_quote("Ann \"A\" \\Lee", to, sizeof(to)));
	CHECK_TEXT(to, "\"Ann \\\"A\\\" \\\\Lee\"");
	char back[64];
	CHECK(words_unquote(to, back, sizeof(back)));
	CHECK_TEXT(back, "Ann \"A\" \\Lee");
	CHECK(!words_quote("a\r\nVia: x", to, sizeof(to)));
	CHECK(!words_quote("abcd", to, 6));
	CHECK(words_quote("abc", to, 6));
	CHECK(words_unquote("Bare Name", back, sizeof(back)));
	CHECK_TEXT(back, "Bare Name");
}

TEST_MAIN()
