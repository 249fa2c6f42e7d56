/*
 * memory_test.c - a number by name, and the limit.
 */
#include "services/callbackd/memory.h"

#include "lib/test/test.h"

TEST(the_name_written_longest_ago_is_forgotten_first)
{
	int64_t number = 0;
	struct memory *memory = memory_new(2);
	memory_set(memory, "a", 1);
	memory_set(memory, "b", 2);
	memory_set(memory, "a", 3);
	memory_set(memory, "c", 4);
	CHECK(memory_get(memory, "a", &number));
	CHECK_INT(number, 3);
	CHECK(!memory_get(memory, "b", &number));
	CHECK(memory_get(memory, "c", &number));
	memory_free(memory);
}

TEST_MAIN()
