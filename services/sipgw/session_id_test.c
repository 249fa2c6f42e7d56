/*
 * session_id_test.c - RFC 7989's header, written and read.
 */
#include "services/sipgw/session_id.h"

#include "lib/test/test.h"

#include <string.h>

static char id[SESSION_ID_BYTES], line[SESSION_ID_LINE_BYTES];

TEST(our_half_is_a_uuid_and_the_same_for_all_of_a_call)
{
	char again[SESSION_ID_BYTES];
	session_id_make("secret", "CA1", id);
	session_id_make("secret", "CA1", again);
	CHECK_TEXT(id, again);
	CHECK_INT(strlen(id), 32);
	CHECK_INT(strspn(id, "0123456789abcdef"), 32);
	CHECK_INT(id[12], '5');
	CHECK(strchr("89ab", id[16]));
	session_id_make("secret", "CA2", again);
	CHECK(strcmp(id, again) != 0);
}

TEST(their_half_is_the_first_of_their_header)
{
	CHECK(session_id_read(" ab30317f1a784dc48ff824d0d3715d86"
			      ";remote=47755a9de7794ba387653f2099600ef2",
			      id));
	CHECK_TEXT(id, "ab30317f1a784dc48ff824d0d3715d86");
	CHECK(session_id_read("AB30317F1A784DC48FF824D0D3715D86", id));
	CHECK_TEXT(id, "ab30317f1a784dc48ff824d0d3715d86");
}

TEST(nobody_and_nonsense_are_no_half)
{
	static const char *const bad[] = {
		"",
		"00000000000000000000000000000000;remote=1",
		"ab30317f1a784dc48ff824d0d3715d8",
		"ab30317f1a784dc48ff824d0d3715d861",
		"ab30317f-1a78-4dc4-8ff8-24d0d3715d86",
		"ab30317f1a784dc48ff824d0d3715d86,x",
		"ab30317f1a784dc48ff824d0d3715dxy",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!session_id_read(bad[i], id));
		CHECK_TEXT(id, "");
	}
}

TEST(a_half_that_is_not_known_yet_is_nil)
{
	session_id_line("ab30317f1a784dc48ff824d0d3715d86", "", line);
	CHECK_TEXT(line, "Session-ID: ab30317f1a784dc48ff824d0d3715d86"
			 ";remote=00000000000000000000000000000000");
}

TEST_MAIN()
