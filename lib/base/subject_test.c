/*
 * subject_test.c - which URLs name a subject.
 */
#include "lib/base/subject.h"

#include "lib/test/test.h"

#include <string.h>

TEST(a_subject_is_read_without_query_and_fragment)
{
	CHECK_INT(subject_in_url("nats:a"), 1);
	CHECK_INT(subject_in_url("NATS:app.voice-1.B_c"), 15);
	CHECK_INT(subject_in_url("nats:app.voice?x=1&y=%20#tt=500"), 9);
	CHECK_INT(subject_in_url("nats:app.voice#tt=500"), 9);
}

TEST(whatever_else_is_no_such_url)
{
	static const char *const bad[] = {
		"nats:",
		"nats:?x",
		"nats:.a",
		"nats:a.",
		"nats:a..b",
		"nats:a.*",
		"nats:a.>",
		"nats:>",
		"nats:$JS.API.INFO",
		"nats:a b",
		"nats:a\r\nPUB",
		"nats:a\xc3\xa4",
		"nats:a/b",
		"nats://host/a",
		"nats:a?x y",
		"nats:a#\xc3\xa4",
		"http://a/",
		"natsa.b",
		"",
	};
	char longest[5 + SUBJECT_MAX + 2] = "nats:";
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(subject_in_url(bad[i]), 0);
	memset(longest + 5, 'a', SUBJECT_MAX);
	CHECK_INT(subject_in_url(longest), SUBJECT_MAX);
	longest[5 + SUBJECT_MAX] = 'a';
	CHECK_INT(subject_in_url(longest), 0);
}

TEST_MAIN()
