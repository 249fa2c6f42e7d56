/*
 * breaker_test.c - opens after twenty failures in a row, tries one after 30 s.
 */
#include "services/callbackd/breaker.h"

#include "lib/test/test.h"

static void fail(struct breaker *breaker, int times, int64_t now_ms)
{
	for (int i = 0; i < times; i++)
		breaker_ended(breaker, false, now_ms);
}

TEST(twenty_failures_in_a_row_open_it_and_nineteen_do_not)
{
	struct breaker breaker = {0};
	fail(&breaker, 19, 0);
	CHECK(breaker_lets(&breaker, 0));
	CHECK(!breaker_ended(&breaker, true, 0)); /* it was closed */
	fail(&breaker, 19, 0);
	CHECK(breaker_lets(&breaker, 0));
	CHECK(breaker_ended(&breaker, false, 0));
	CHECK(!breaker_lets(&breaker, 0));
	CHECK_INT(breaker_rest_ms(&breaker, 10000), 20000);
}

TEST(after_its_rest_one_request_tries_the_host)
{
	struct breaker breaker = {0};
	fail(&breaker, 20, 1000);
	CHECK(!breaker_lets(&breaker, 30999));
	CHECK(breaker_lets(&breaker, 31000));
	CHECK(!breaker_lets(&breaker, 31000)); /* one */
	CHECK_INT(breaker.state, BREAKER_HALF_OPEN);
	CHECK(breaker_ended(&breaker, false, 32000));
	CHECK(!breaker_lets(&breaker, 61999));
	CHECK(breaker_lets(&breaker, 62000));
	CHECK(breaker_ended(&breaker, true, 62000));
	CHECK(breaker_lets(&breaker, 62000));
	CHECK(breaker_lets(&breaker, 62000));
}

TEST(failures_that_come_late_do_not_prolong_its_rest)
{
	struct breaker breaker = {0};
	fail(&breaker, 20, 0);
	fail(&breaker, 12, 15000);
	CHECK_INT(breaker_rest_ms(&breaker, 15000), 15000);
}

TEST(a_probe_that_was_taken_back_leaves_its_turn_to_another)
{
	struct breaker breaker = {0};
	fail(&breaker, 20, 0);
	CHECK(breaker_lets(&breaker, 30000));
	breaker_unused(&breaker);
	CHECK(breaker_lets(&breaker, 30000));
}

TEST_MAIN()
