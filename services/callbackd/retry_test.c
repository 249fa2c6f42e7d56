/*
 * retry_test.c - the schedule, its jitter and its end.
 */
#include "services/callbackd/retry.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#define HOUR_MS (3600 * 1000LL)

static int64_t delay_of(const char *hook, int64_t attempt, int64_t wish_ms)
{
	int64_t delay_ms = -1;
	retry_next(&(struct retry_facts){.hook = hook,
					 .attempt = attempt,
					 .retry_after_ms = wish_ms},
		   &delay_ms);
	return delay_ms;
}

TEST(each_delay_lies_within_a_fifth_of_the_schedule)
{
	static const int64_t seconds[] = {5,    30,    120,   600,  1800,
					  7200, 21600, 43200, 86400};
	for (int i = 0; i < 9; i++) {
		int64_t delay_ms = delay_of("HK1", i + 1, 0);
		CHECK(delay_ms >= seconds[i] * 800);
		CHECK(delay_ms <= seconds[i] * 1200);
	}
}

TEST(delays_are_spread_but_the_same_each_time)
{
	int64_t lowest = INT64_MAX, highest = 0;
	for (int i = 0; i < 200; i++) {
		char hook[16];
		str_format(hook, sizeof(hook), "HK%d", i);
		int64_t delay_ms = delay_of(hook, 2, 0);
		CHECK_INT(delay_of(hook, 2, 0), delay_ms);
		lowest = delay_ms < lowest ? delay_ms : lowest;
		highest = delay_ms > highest ? delay_ms : highest;
	}
	CHECK(lowest < 25500);
	CHECK(highest > 34500);
}

TEST(a_receivers_wish_delays_up_to_an_hour)
{
	CHECK_INT(delay_of("HK1", 1, 60000), 60000);
	CHECK_INT(delay_of("HK1", 1, 5 * HOUR_MS), HOUR_MS);
	CHECK(delay_of("HK1", 9, 1000) > 19 * HOUR_MS);
}

TEST(it_is_given_up_after_ten_attempts_and_not_before_their_time)
{
	int64_t delay_ms;
	struct retry_facts facts = {
		.hook = "HK1", .attempt = 9, .age_ms = 100 * HOUR_MS};
	CHECK(retry_next(&facts, &delay_ms));
	facts.attempt = 10;
	CHECK(!retry_next(&facts, &delay_ms));
	facts.age_ms = HOUR_MS;
	CHECK(retry_next(&facts, &delay_ms));
	CHECK(delay_ms > 19 * HOUR_MS);
}

TEST_MAIN()
