/*
 * leg_test.c - the table of a leg's states: every state leads to the end, and
 * the end is final.
 */
#include "services/sipgw/leg.h"

#include "lib/test/test.h"

#define TO(constant) | 1U << constant
#define NONE
static const unsigned next[LEG_STATES] = {
#define STATE(constant, word, to, limit_ms, expired, doc) [constant] = 0U to,
#include "services/sipgw/leg_states.def"
#undef STATE
};

TEST(every_state_can_end)
{
	for (int state = 0; state < LEG_OVER; state++)
		CHECK(next[state] & 1U << LEG_OVER);
}

TEST(the_end_is_final)
{
	CHECK_INT(next[LEG_OVER], 0);
}

TEST(every_state_can_be_reached)
{
	unsigned reached = 1U << LEG_NEW;
	for (int round = 0; round < LEG_STATES; round++)
		for (int state = 0; state < LEG_STATES; state++)
			if (reached & 1U << state)
				reached |= next[state];
	CHECK_INT(reached, (1U << LEG_STATES) - 1);
}

TEST(a_dialog_ends_with_a_bye_or_by_one)
{
	CHECK(next[LEG_UP] == (1U << LEG_ENDING | 1U << LEG_OVER));
	CHECK(!(next[LEG_ENDING] & ~(1U << LEG_OVER)));
}

TEST_MAIN()
