/*
 * order_test.c - who goes first, and who waits for whom.
 */
#include "services/callbackd/order.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

static char went[64];
static struct order *order;
static struct order_place places[8];

static void go(struct order_place *place)
{
	size_t length = 0;
	while (went[length])
		length++;
	went[length] = (char)('0' + place->sequence);
	went[length + 1] = '\0';
}

static void set_up(void)
{
	went[0] = '\0';
	order = order_new(go);
	for (int i = 0; i < 8; i++)
		places[i] = (struct order_place){.sequence = i};
}

static void enter(int number, unsigned doubts)
{
	places[number].doubts = doubts;
	order_enter(order, "lane", &places[number]);
}

TEST(a_later_one_waits_until_the_earlier_one_has_left)
{
	set_up();
	enter(0, 0);
	enter(1, 0);
	enter(2, 0);
	CHECK_TEXT(went, "0");
	order_leave(order, &places[0]);
	CHECK_TEXT(went, "01");
	order_leave(order, &places[1]);
	order_leave(order, &places[2]);
	CHECK_TEXT(went, "012");
	order_free(order);
}

TEST(lanes_do_not_wait_for_each_other)
{
	set_up();
	order_enter(order, "one", &places[0]);
	order_enter(order, "two", &places[1]);
	CHECK_TEXT(went, "01");
	order_leave(order, &places[0]);
	order_leave(order, &places[1]);
	order_free(order);
}

TEST(an_earlier_one_that_comes_late_does_not_wait)
{
	set_up();
	enter(1, 0);
	enter(2, 0);
	enter(0, 0);
	CHECK_TEXT(went, "10");
	order_leave(order, &places[1]);
	CHECK_TEXT(went, "10");
	order_leave(order, &places[0]);
	CHECK_TEXT(went, "102");
	order_leave(order, &places[2]);
	order_free(order);
}

TEST(a_doubtful_one_waits_for_trust)
{
	set_up();
	enter(1, 2);
	order_trust(order, &places[1]);
	CHECK_TEXT(went, "");
	order_trust(order, &places[1]);
	CHECK_TEXT(went, "1");
	order_trust(order, &places[1]);
	CHECK_TEXT(went, "1");
	order_leave(order, &places[1]);
	order_free(order);
}

TEST(doubts_end_with_the_one_that_was_missing)
{
	set_up();
	enter(1, 1);
	enter(0, 0);
	CHECK_TEXT(went, "0");
	order_leave(order, &places[0]);
	CHECK_TEXT(went, "01");
	order_trust(order, &places[1]);
	order_leave(order, &places[1]);
	order_leave(order, &places[1]);
	order_free(order);
}

TEST(an_earlier_one_is_seen_from_outside)
{
	set_up();
	enter(2, 0);
	CHECK(order_has_earlier(order, "lane", 3));
	CHECK(!order_has_earlier(order, "lane", 2));
	CHECK(!order_has_earlier(order, "other", 3));
	order_leave(order, &places[2]);
	CHECK(!order_has_earlier(order, "lane", 3));
	order_free(order);
}

TEST(keys_differ_by_leg_and_by_url)
{
	char one[ID_BYTES], two[ID_BYTES];
	order_key("CA1", "http://a/", one);
	order_key("CA1", "http://b/", two);
	CHECK(!str_equal(one, two));
	order_key("CA2", "http://a/", two);
	CHECK(!str_equal(one, two));
	order_key("CA1", "http://a/", two);
	CHECK_TEXT(one, two);
}

TEST_MAIN()
