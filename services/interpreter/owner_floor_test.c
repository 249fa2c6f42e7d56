/*
 * owner_floor_test.c - the floor passes an event when all before it is settled.
 */
#include "services/interpreter/owner_floor.h"

#include "lib/test/test.h"

TEST(silent_events_raise_the_floor_at_once)
{
	struct floor floor;
	floor_init(&floor, 4);
	CHECK(!floor_event(&floor, 5, 0, NULL));
	CHECK_INT(floor.value, 5);
	CHECK(!floor_event(&floor, 9, 0, NULL));
	CHECK_INT(floor.value, 9);
	CHECK(floor_is_settled(&floor));
}

TEST(the_floor_waits_for_the_oldest_that_is_not_acknowledged)
{
	struct floor floor;
	floor_init(&floor, 0);
	struct tick *one = floor_event(&floor, 1, 2, NULL);
	struct tick *two = floor_event(&floor, 2, 1, NULL);
	floor_event(&floor, 3, 0, NULL);
	CHECK_INT(floor.value, 0);
	CHECK(tick_done(two));
	CHECK_INT(floor.value, 0);
	CHECK(!tick_done(one));
	CHECK_INT(floor.value, 0);
	CHECK(tick_done(one));
	CHECK_INT(floor.value, 3); /* the silent one behind goes along */
	CHECK(floor_is_settled(&floor));
}

TEST(a_floor_never_falls)
{
	struct floor floor;
	floor_init(&floor, 7);
	floor_event(&floor, 3, 0, NULL);
	CHECK_INT(floor.value, 7);
}

TEST(abandoned_ticks_end_by_themselves_and_know_no_owner)
{
	struct floor floor;
	int owner;
	floor_init(&floor, 0);
	struct tick *one = floor_event(&floor, 1, 2, &owner);
	struct tick *two = floor_event(&floor, 2, 1, &owner);
	CHECK(tick_done(two)); /* settled, but behind the first */
	floor_abandon(&floor);
	CHECK(one->owner == NULL);
	CHECK(floor_is_settled(&floor));
	CHECK(!tick_done(one));
	CHECK(tick_done(one));
	CHECK_INT(floor.value, 0);
}

TEST_MAIN()
