/*
 * clock_test.c - how times are written, and clocks that stand still.
 */
#include "lib/base/clock.h"

#include "lib/test/test.h"

/* First: the others make the clock stand still. */
TEST(the_monotonic_clock_does_not_go_back)
{
	int64_t before_ns = clock_mono_ns(), before_ms = clock_mono_ms();
	CHECK(clock_mono_ns() >= before_ns);
	CHECK(clock_mono_ms() >= before_ms);
	CHECK(clock_wall_ms() > 1700000000000);
}

TEST(a_time_is_written_in_utc_with_milliseconds)
{
	char text[CLOCK_ISO_BYTES];
	clock_iso(1712255535123, text);
	CHECK_TEXT(text, "2024-04-04T18:32:15.123Z");
	clock_iso(0, text);
	CHECK_TEXT(text, "1970-01-01T00:00:00.000Z");
	clock_iso(1709164799007, text);
	CHECK_TEXT(text, "2024-02-28T23:59:59.007Z");
}

TEST(a_time_is_written_as_mail_and_webhooks_have_it)
{
	char text[CLOCK_RFC2822_BYTES];
	clock_rfc2822(1712255535123, text);
	CHECK_TEXT(text, "Thu, 04 Apr 2024 18:32:15 +0000");
	clock_rfc2822(0, text);
	CHECK_TEXT(text, "Thu, 01 Jan 1970 00:00:00 +0000");
}

TEST(a_test_may_set_the_clocks)
{
	clock_fake(5, 7);
	CHECK_INT(clock_mono_ms(), 5);
	CHECK_INT(clock_mono_ns(), 5000000);
	CHECK_INT(clock_wall_ms(), 7);
}

TEST_MAIN()
