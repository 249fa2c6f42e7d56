/*
 * retry_test.c - the schedule, its jitter and its end.
 */
#include "lib/runtime/retry.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#define HOUR_MS (3600 * 1000LL)

static const int64_t seconds[] = {5,    30,    120,   600,  1800,
				  7200, 21600, 43200, 86400};

static struct retry_schedule schedule_of(const char *text)
{
	struct retry_schedule schedule;
	char error[RETRY_ERROR_BYTES];
	CHECK(retry_schedule_read(text, &schedule, error));
	return schedule;
}

static int64_t delay_of(const char *hook, int64_t step, int64_t wish_ms)
{
	struct retry_schedule schedule = schedule_of("long");
	int64_t delay_ms = -1;
	retry_next(&schedule,
		   &(struct retry_facts){.hook = hook,
					 .step = step,
					 .retry_after_ms = wish_ms},
		   &delay_ms);
	return delay_ms;
}

TEST(each_delay_lies_within_a_fifth_of_the_schedule)
{
	for (int i = 0; i < 9; i++) {
		int64_t delay_ms = delay_of("HK1", i, 0);
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
		int64_t delay_ms = delay_of(hook, 1, 0);
		CHECK_INT(delay_of(hook, 1, 0), delay_ms);
		lowest = delay_ms < lowest ? delay_ms : lowest;
		highest = delay_ms > highest ? delay_ms : highest;
	}
	CHECK(lowest < 25500);
	CHECK(highest > 34500);
}

TEST(a_receivers_wish_delays_up_to_an_hour)
{
	CHECK_INT(delay_of("HK1", 0, 60000), 60000);
	CHECK_INT(delay_of("HK1", 0, 5 * HOUR_MS), HOUR_MS);
	CHECK(delay_of("HK1", 8, 1000) > 19 * HOUR_MS);
}

TEST(after_the_last_delay_it_is_given_up)
{
	CHECK(delay_of("HK1", 8, 0) > 0);
	CHECK_INT(delay_of("HK1", 9, 0), -1);
	CHECK_INT(delay_of("HK1", 9, 1000), -1);
}

TEST(a_schedule_is_a_word_or_a_list_of_seconds)
{
	struct retry_schedule schedule = schedule_of("1,20,300");
	CHECK_INT(schedule.count, 3);
	CHECK_INT(schedule.delays_ms[2], 300000);
	CHECK(!schedule.twilio);
	schedule = schedule_of("twilio");
	CHECK_INT(schedule.count, 0);
	CHECK(schedule.twilio);
	CHECK_INT(schedule_of("long").count, 9);
}

TEST(other_schedules_are_refused)
{
	static const char *const wrong[] = {
		"",
		"short",
		"5,",
		"5,,6",
		"0",
		"-1",
		"5 6",
		"518401",
		"500000,500000",
		"1.5",
		"1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"};
	struct retry_schedule schedule;
	char error[RETRY_ERROR_BYTES];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(!retry_schedule_read(wrong[i], &schedule, error));
}

TEST(each_delay_of_the_schedule_waits_in_a_class_of_its_own)
{
	for (unsigned i = 0; i < RETRY_CLASSES; i++) {
		CHECK_INT(retry_class(seconds[i] * 800), i);
		CHECK_INT(retry_class(seconds[i] * 1200), i);
	}
	CHECK_INT(retry_class(0), 0);
	CHECK_INT(retry_class(INT64_MAX), RETRY_CLASSES - 1);
}

TEST_MAIN()
