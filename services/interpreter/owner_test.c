/*
 * owner_test.c - the fair share; the rest of the shell is told in
 * tests/stories/test_shards.py.
 */
#include "services/interpreter/owner_private.h"

#include "lib/test/test.h"

TEST(one_interpreter_takes_all)
{
	CHECK_INT(owner_share(8, 1), 8);
	CHECK_INT(owner_share(8, 0), 8); /* nobody seen yet, not even us */
}

TEST(shares_are_rounded_up_so_that_none_is_left_over)
{
	for (unsigned shards = 1; shards <= 16; shards++)
		for (unsigned count = 1; count <= 20; count++) {
			unsigned share = owner_share(shards, count);
			CHECK(share * count >= shards);
			CHECK((share - 1) * count < shards);
		}
}

TEST_MAIN()
