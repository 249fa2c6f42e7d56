/*
 * partner_test.c - who may hold the handshake, and when.
 */
#include "services/mediad/partner.h"

#include "lib/test/test.h"

#define MS 1000000LL
#define START (1000000 * MS)

static struct partner partner;
static struct latch latch;

static struct endpoint at(const char *host, uint16_t port)
{
	struct endpoint endpoint;

	CHECK(endpoint_parse(host, port, &endpoint));
	return endpoint;
}

static void begin(const char *host, const char *source)
{
	struct endpoint stated = at(host, 4000), sip = at(source, 0);

	latch_open(&latch, &stated, &sip, latch_may_be_nat(&stated));
	partner_begin(&partner, &stated, START / MS);
}

static enum partner_verdict hear(const char *host, uint16_t port, int64_t ms)
{
	struct endpoint from = at(host, port);

	return partner_hear(&partner, &latch, &from, START + ms * MS);
}

TEST(behind_nat_it_is_held_with_the_address_that_sip_came_from)
{
	struct endpoint seen = at("93.184.216.9", 61000);

	begin("192.168.7.7", "93.184.216.9");
	CHECK_INT(hear("93.184.216.9", 61000, 5), PARTNER_NEW);
	CHECK(endpoint_equal(&partner.with, &seen));
	CHECK_INT(hear("93.184.216.9", 61000, 10), PARTNER_SAME);
}

TEST(a_stranger_is_none_at_any_time)
{
	begin("93.184.216.34", "93.184.216.34");
	CHECK_INT(hear("93.184.216.66", 4000, 5), PARTNER_STRANGER);
	CHECK_INT(hear("93.184.216.66", 4000, 60000), PARTNER_STRANGER);
	CHECK_INT(hear("93.184.216.34", 4000, 60001), PARTNER_SAME);
}

TEST(a_third_address_waits_for_the_window_and_only_behind_nat)
{
	begin("192.168.7.7", "93.184.216.9");
	CHECK_INT(hear("93.184.216.66", 9, 5), PARTNER_STRANGER);
	CHECK_INT(hear("93.184.216.66", 9, 2999), PARTNER_STRANGER);
	CHECK_INT(hear("93.184.216.66", 9, 3000), PARTNER_NEW);
}

TEST(nobody_takes_a_handshake_away_that_goes_on)
{
	begin("192.168.7.7", "93.184.216.9");
	CHECK_INT(hear("93.184.216.9", 61000, 5), PARTNER_NEW);
	CHECK_INT(hear("93.184.216.9", 61002, 6), PARTNER_STRANGER);
	CHECK_INT(hear("192.168.7.7", 4000, 7), PARTNER_STRANGER);
	CHECK_INT(hear("93.184.216.9", 61000, 8), PARTNER_SAME);
	/* Nor does anybody hold it up by speaking first. */
	CHECK_INT(hear("93.184.216.9", 61002, 3006), PARTNER_NEW);
}

TEST(once_it_is_done_there_is_one_partner)
{
	begin("192.168.7.7", "93.184.216.9");
	CHECK_INT(hear("192.168.7.7", 4000, 5), PARTNER_SAME);
	partner_settle(&partner);
	CHECK_INT(hear("93.184.216.9", 61000, 60000), PARTNER_STRANGER);
	CHECK_INT(hear("192.168.7.7", 4000, 60001), PARTNER_SAME);
}

TEST(a_burst_costs_no_more_than_fifty_a_second_and_others_not_the_partner)
{
	unsigned taken = 0;

	begin("192.168.7.7", "93.184.216.9");
	for (int i = 0; i < 10000; i++)
		taken += hear("192.168.7.7", 4000, i / 10) == PARTNER_SAME;
	CHECK(taken > 50);
	CHECK(taken <= 102); /* a second's worth at once */
	CHECK_INT(hear("93.184.216.9", 61000, 3000), PARTNER_NEW);
}

TEST_MAIN()
