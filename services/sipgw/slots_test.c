/*
 * slots_test.c - keys are used again, and go when nobody wants them.
 */
#include "services/sipgw/slots.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <string.h>

static char removed[256];

static void on_remove(void *owner, const char *key)
{
	size_t length = strlen(removed);
	(void)owner;
	str_format(removed + length, sizeof(removed) - length, "%s ", key);
}

static struct loop *loop;

static struct slots *begin(void)
{
	loop = loop_new();
	removed[0] = '\0';
	return slots_new(loop, "gw0.b1", on_remove, NULL);
}

static void end(struct slots *slots)
{
	slots_free(slots);
	loop_free(loop);
}

static void wait_ms(int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;
	while (clock_mono_ms() < until)
		loop_turn(loop, 5);
}

TEST(a_key_that_was_given_back_is_used_again_and_not_removed)
{
	struct slots *slots = begin();
	char first[SLOT_BYTES], second[SLOT_BYTES], third[SLOT_BYTES];
	slots_take(slots, first);
	slots_take(slots, second);
	CHECK_TEXT(first, "gw0.b1.1");
	CHECK_TEXT(second, "gw0.b1.2");
	slots_give(slots, first);
	slots_take(slots, third);
	CHECK_TEXT(third, "gw0.b1.1");
	wait_ms(SLOTS_KEPT_MS + 50);
	CHECK_TEXT(removed, "");
	end(slots);
}

TEST(what_nobody_wants_is_removed_in_time_and_never_used_again)
{
	struct slots *slots = begin();
	char key[SLOT_BYTES];
	slots_take(slots, key);
	slots_give(slots, key);
	slots_give(slots, "gw0.before.7");
	wait_ms(SLOTS_KEPT_MS / 2);
	CHECK_TEXT(removed, "");
	slots_give(slots, "gw0.before.8");
	wait_ms(SLOTS_KEPT_MS / 2 + 50);
	CHECK_TEXT(removed, "gw0.b1.1 gw0.before.7 ");
	wait_ms(SLOTS_KEPT_MS);
	CHECK_TEXT(removed, "gw0.b1.1 gw0.before.7 gw0.before.8 ");
	slots_take(slots, key);
	CHECK_TEXT(key, "gw0.b1.2");
	end(slots);
}

TEST(at_the_end_everything_is_removed_at_once)
{
	struct slots *slots = begin();
	slots_give(slots, "gw0.b1.5");
	slots_end(slots);
	CHECK_TEXT(removed, "gw0.b1.5 ");
	slots_give(slots, "gw0.b1.6");
	CHECK_TEXT(removed, "gw0.b1.5 gw0.b1.6 ");
	end(slots);
}

TEST_MAIN()
