/*
 * date_test.c - dates of queries, in the forms that clients write.
 */
#include "services/apid/date.h"

#include "lib/test/test.h"

TEST(dates_are_read_in_three_forms)
{
	int64_t ms, span;
	CHECK(date_parse("1970-01-02", &ms, &span));
	CHECK_INT(ms, DATE_DAY_MS);
	CHECK_INT(span, DATE_DAY_MS);
	CHECK(date_parse("1970-01-01T00:00:01.5Z", &ms, &span));
	CHECK_INT(ms, 1000);
	CHECK_INT(span, DATE_SECOND_MS);
	CHECK(date_parse("Thu, 01 Jan 1970 01:00:00 +0100", &ms, &span));
	CHECK_INT(ms, 0);
	CHECK(!date_parse("1970-01-01 and more", &ms, &span));
	CHECK(!date_parse("Thu, 01 Jan 1970 01:00:00 +01", &ms, &span));
	CHECK(!date_parse("", &ms, &span));
}

TEST_MAIN()
