/*
 * latch_test.c - packets and times in, verdicts out.
 */
#include "services/mediad/latch.h"

#include "lib/test/test.h"

static struct endpoint at(const char *host, uint16_t port)
{
	struct endpoint endpoint = {0};

	CHECK(endpoint_parse(host, port, &endpoint));
	return endpoint;
}

static struct latch opened(bool third)
{
	struct latch latch = {0};
	struct endpoint stated = at("192.0.2.1", 4000);

	latch_open(&latch, &stated, 0, third);
	return latch;
}

static bool hears(struct latch *latch, const char *host, uint16_t port,
		  int64_t now_ms)
{
	struct endpoint from = at(host, port);

	return latch_accepts(latch, &from, now_ms);
}

static bool sends_to(struct latch *latch, const char *host, uint16_t port,
		     int64_t now_ms)
{
	struct endpoint wanted = at(host, port);
	const struct endpoint *target = latch_target(latch, now_ms);

	return target && endpoint_equal(target, &wanted);
}

TEST(nobody_is_heard_before_the_sdp_is_known)
{
	struct latch latch = {0};

	CHECK(!hears(&latch, "192.0.2.1", 4000, 0));
	CHECK(latch_target(&latch, 0) == 0);
}

TEST(the_stated_address_is_heard_and_everybody_else_refused)
{
	struct latch latch = opened(false);

	CHECK(hears(&latch, "192.0.2.1", 4000, 0));
	CHECK(!hears(&latch, "192.0.2.1", 4002, 1));
	CHECK(!hears(&latch, "192.0.2.9", 4000, 2));
	CHECK(hears(&latch, "192.0.2.1", 4000, 999999));
	CHECK(sends_to(&latch, "192.0.2.1", 4000, 999999));
}

TEST(another_port_of_the_stated_address_is_heard_but_not_sent_to_at_once)
{
	struct latch latch = opened(false);

	CHECK(hears(&latch, "192.0.2.1", 5555, 100));
	CHECK(sends_to(&latch, "192.0.2.1", 4000, 3099));
	CHECK(sends_to(&latch, "192.0.2.1", 5555, 3100));
	CHECK(!hears(&latch, "192.0.2.1", 5557, 3200));
}

TEST(only_one_of_two_ports_of_the_stated_address_is_heard)
{
	struct latch latch = opened(false);

	CHECK(hears(&latch, "192.0.2.1", 5555, 0));
	CHECK(!hears(&latch, "192.0.2.1", 5557, 1));
	CHECK(hears(&latch, "192.0.2.1", 5555, 2));
}

TEST(the_stated_address_takes_over_whenever_it_speaks_and_stays)
{
	struct latch latch = opened(false);

	CHECK(hears(&latch, "192.0.2.1", 5555, 0));
	CHECK(hears(&latch, "192.0.2.1", 5555, 5000));
	CHECK(hears(&latch, "192.0.2.1", 4000, 6000));
	CHECK(!hears(&latch, "192.0.2.1", 5555, 6001));
	CHECK(sends_to(&latch, "192.0.2.1", 4000, 6002));
}

TEST(a_third_address_is_never_learnt_when_the_stated_one_is_reachable)
{
	struct latch latch = opened(false);

	CHECK(!hears(&latch, "203.0.113.7", 4000, 0));
	CHECK(!hears(&latch, "203.0.113.7", 4000, 4000));
	CHECK(sends_to(&latch, "192.0.2.1", 4000, 4001));
	CHECK(latch.state == LATCH_WAITING);
}

TEST(a_third_address_is_learnt_after_the_window_where_that_is_allowed)
{
	struct latch latch = opened(true);

	CHECK(!hears(&latch, "203.0.113.7", 9000, 0));
	CHECK(!hears(&latch, "203.0.113.7", 9000, 2999));
	CHECK(sends_to(&latch, "192.0.2.1", 4000, 2999));
	CHECK(hears(&latch, "203.0.113.7", 9000, 3000));
	CHECK(sends_to(&latch, "203.0.113.7", 9000, 3000));
	CHECK(!hears(&latch, "203.0.113.8", 9000, 3001));
}

TEST(a_spray_from_a_third_address_changes_nothing_once_the_peer_speaks)
{
	struct latch latch = opened(true);

	for (int64_t now = 0; now < 2000; now++)
		CHECK(!hears(&latch, "203.0.113.7", 9000, now));
	CHECK(hears(&latch, "192.0.2.1", 4000, 2000));
	for (int64_t now = 2000; now < 9000; now += 10) {
		CHECK(!hears(&latch, "203.0.113.7", 9000, now));
		CHECK(sends_to(&latch, "192.0.2.1", 4000, now));
	}
}

TEST(a_better_source_replaces_a_worse_one_inside_the_window)
{
	struct latch latch = opened(true);

	CHECK(!hears(&latch, "203.0.113.7", 9000, 0));
	CHECK(hears(&latch, "192.0.2.1", 5555, 1000));
	CHECK(!hears(&latch, "203.0.113.7", 9000, 4000));
	CHECK(hears(&latch, "192.0.2.1", 5555, 4001));
}

TEST(the_address_that_sip_came_from_counts_like_the_stated_one)
{
	struct latch latch = {0};
	struct endpoint stated = at("10.0.0.5", 4000);
	struct endpoint source = at("203.0.113.7", 0);

	latch_open(&latch, &stated, &source, false);
	CHECK(hears(&latch, "203.0.113.7", 61000, 0));
	CHECK(!hears(&latch, "203.0.113.8", 61000, 1));
	CHECK(sends_to(&latch, "203.0.113.7", 61000, 3000));
}

TEST(nothing_is_sent_to_a_peer_on_hold_at_0_0_0_0)
{
	struct latch latch = {0};
	struct endpoint stated = at("0.0.0.0", 4000);

	latch_open(&latch, &stated, 0, false);
	CHECK(latch_target(&latch, 10000) == 0);
}

TEST(ipv6_addresses_are_told_apart)
{
	struct latch latch = {0};
	struct endpoint stated = at("2001:db8::1", 4000);

	latch_open(&latch, &stated, 0, false);
	CHECK(!hears(&latch, "2001:db8::2", 4000, 0));
	CHECK(!hears(&latch, "192.0.2.1", 4000, 0));
	CHECK(hears(&latch, "2001:db8::1", 4000, 1));
}

TEST_MAIN()
