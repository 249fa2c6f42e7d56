/*
 * delay_test.c - the wait that is wanted, of delays that are known.
 */
#include "services/mediad/receive/delay.h"

#include "lib/test/test.h"

#define MS 1000LL

static struct delay delay;
static int64_t now_us;

static void note(unsigned count, int64_t late_us)
{
	for (unsigned i = 0; i < count; i++) {
		now_us += 20 * MS;
		CHECK(delay_note(&delay, 5000 * MS + late_us, now_us));
	}
}

static void set_up(void)
{
	delay_init(&delay);
	now_us = 1;
	note(1, 0);
}

TEST(where_nothing_is_late_the_wait_is_the_least)
{
	set_up();
	CHECK_INT(delay_wanted_us(&delay), 40 * MS);
	note(1500, 0);
	CHECK_INT(delay_wanted_us(&delay), DELAY_LEAST_US);
}

TEST(what_one_in_a_hundred_needs_is_given)
{
	set_up();
	for (int i = 0; i < 30; i++) {
		note(99, 0);
		note(1, 83 * MS);
	}
	CHECK_INT(delay_wanted_us(&delay), 85 * MS);
	note(1000, 0); /* it is forgotten */
	CHECK_INT(delay_wanted_us(&delay), DELAY_LEAST_US);
}

TEST(one_in_a_thousand_is_let_go)
{
	set_up();
	note(2000, 0);
	note(1, 150 * MS);
	CHECK_INT(delay_wanted_us(&delay), DELAY_LEAST_US);
}

TEST(clocks_that_drift_apart_cost_nothing)
{
	set_up();
	for (int i = 0; i < 30000; i++)
		note(1, i * 4); /* 200 ppm */
	CHECK_INT(delay_wanted_us(&delay), DELAY_LEAST_US);
	CHECK(delay.base_us > 5000 * MS + 117 * MS);
}

TEST(a_jump_is_told_back_at_once_forth_when_it_lasts)
{
	set_up();
	note(50, 0);
	CHECK(!delay_note(&delay, 4700 * MS, now_us));
	CHECK_INT(delay.base_us, 4700 * MS);
	for (int i = 0; i < 4; i++)
		CHECK(delay_note(&delay, 6000 * MS, now_us));
	CHECK(delay_note(&delay, 4700 * MS, now_us));
	for (int i = 0; i < 4; i++)
		CHECK(delay_note(&delay, 6000 * MS, now_us));
	CHECK(!delay_note(&delay, 6000 * MS, now_us));
	CHECK_INT(delay.base_us, 6000 * MS);
}

TEST_MAIN()
