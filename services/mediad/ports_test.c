/*
 * ports_test.c - the pool, with times made up; no socket is opened.
 */
#include "services/mediad/ports.h"

#include "lib/test/test.h"

#include <string.h>

TEST(pairs_lie_inside_the_range_and_begin_even)
{
	struct ports *ports = ports_new(20001, 20010);

	CHECK_INT(ports_count(ports), 4); /* 20002 to 20008 */
	for (int i = 0; i < 4; i++) {
		uint16_t port = ports_take(ports, 0);

		CHECK(port >= 20002 && port <= 20008 && port % 2 == 0);
	}
	CHECK_INT(ports_take(ports, 0), 0);
	ports_free(ports);
	CHECK(!ports_new(20001, 20002));
	CHECK(!ports_new(65535, 65535));
	CHECK_INT(ports_count(ports = ports_new(65534, 65535)), 1);
	ports_free(ports);
}

TEST(a_pair_that_was_given_back_rests)
{
	struct ports *ports = ports_new(20000, 20031); /* 16 pairs */
	uint16_t port = ports_take(ports, 0);

	ports_give(ports, port, 1000);
	for (int i = 0; i < 13; i++)
		CHECK(ports_take(ports, 1000 + PORTS_REST_MS - 1) != port);
	ports_free(ports);
}

TEST(a_rested_pair_comes_back)
{
	struct ports *ports = ports_new(20000, 20001);
	uint16_t port = ports_take(ports, 0);

	CHECK_INT(port, 20000);
	ports_give(ports, port, 0);
	CHECK_INT(ports_take(ports, PORTS_REST_LEAST_MS - 1), 0);
	CHECK_INT(ports_take(ports, PORTS_REST_LEAST_MS), 20000);
	ports_free(ports);
}

TEST(the_rest_is_cut_short_only_when_pairs_are_scarce)
{
	struct ports *ports = ports_new(20000, 20127); /* 64 pairs */
	uint16_t first = ports_take(ports, 0);
	size_t got = 0;

	ports_give(ports, first, 0);
	while (ports_take(ports, 3000) != first && got < 64)
		got++;
	/* 55 without it, then it may be among the 8 that are left. */
	CHECK(got >= 55);
	ports_free(ports);
}

TEST(twenty_calls_a_second_never_exhaust_the_default_range)
{
	static uint16_t held[1000][2];
	struct ports *ports = ports_new(20000, 29999);
	unsigned oldest = 0, newest = 0, refused = 0;

	memset(held, 0, sizeof(held));
	/* 3,000 calls of 10 s, two legs each. */
	for (int64_t now = 0; newest < 3000; now += 50, newest++) {
		while (oldest < newest && (int64_t)oldest * 50 + 10000 <= now) {
			ports_give(ports, held[oldest % 1000][0], now);
			ports_give(ports, held[oldest % 1000][1], now);
			oldest++;
		}
		held[newest % 1000][0] = ports_take(ports, now);
		held[newest % 1000][1] = ports_take(ports, now);
		refused += !held[newest % 1000][0] + !held[newest % 1000][1];
	}
	CHECK_INT(refused, 0);
	ports_free(ports);
}

TEST(two_hundred_pairs_a_second_are_borne_by_shorter_rests)
{
	struct ports *ports = ports_new(20000, 29999);
	unsigned refused = 0;

	for (int64_t now = 0; now < 120000; now += 5) {
		uint16_t port = ports_take(ports, now);

		refused += port == 0;
		if (port)
			ports_give(ports, port, now);
	}
	CHECK_INT(refused, 0);
	ports_free(ports);
}

TEST(a_stated_pair_is_taken_whether_free_or_resting_but_not_twice)
{
	struct ports *ports = ports_new(20000, 20007);

	CHECK(ports_take_exact(ports, 20004));
	CHECK(!ports_take_exact(ports, 20004));
	ports_give(ports, 20004, 0);
	CHECK(ports_take_exact(ports, 20004));
	CHECK(!ports_take_exact(ports, 20005));
	CHECK(!ports_take_exact(ports, 19998));
	CHECK(!ports_take_exact(ports, 20008));
	CHECK_INT(ports_taken(ports), 1);
	for (int i = 0; i < 3; i++)
		CHECK(ports_take(ports, 0) != 20004);
	CHECK_INT(ports_take(ports, 0), 0);
	ports_free(ports);
}

TEST(the_choice_is_spread_over_the_pool)
{
	struct ports *ports = ports_new(20000, 29999);
	unsigned low = 0;

	for (int i = 0; i < 1000; i++)
		low += ports_take(ports, 0) < 25000;
	CHECK(low > 400 && low < 600);
	ports_free(ports);
}

TEST_MAIN()
