/*
 * window_test.c - rounds, and what came before.
 */
#include "services/mediad/secure/window.h"

#include "lib/test/test.h"

TEST(the_number_after_the_last_one_begins_a_new_round)
{
	struct window window = {0};

	CHECK_INT(window_guess(&window, 65535), 65535);
	window_take(&window, 65535);
	CHECK_INT(window_guess(&window, 0), 65536);
	window_take(&window, 65536);
	/* One of the round before that was late. */
	CHECK_INT(window_guess(&window, 65534), 65534);
	CHECK_INT(window_guess(&window, 32768), 65536 + 32768);
	CHECK_INT(window_guess(&window, 32769), 32769);
}

TEST(there_is_no_round_before_the_first)
{
	struct window window = {0};

	window_take(&window, 10);
	CHECK_INT(window_guess(&window, 65530), 65530);
}

TEST(the_count_of_rounds_goes_beyond_32_bits_of_index)
{
	struct window window = {0};

	window_take(&window, 0xffffffffffffULL);
	CHECK_INT(window_guess(&window, 0), 0x1000000000000LL);
	CHECK_INT(window_guess(&window, 0xfffe), 0xfffffffffffeLL);
}

TEST(each_of_the_last_128_is_taken_once)
{
	struct window window = {0};

	CHECK(window_is_new(&window, 0));
	window_take(&window, 0);
	CHECK(!window_is_new(&window, 0));
	window_take(&window, 127);
	CHECK(!window_is_new(&window, 0));
	for (uint64_t i = 1; i < 127; i++) {
		CHECK(window_is_new(&window, i));
		window_take(&window, i);
		CHECK(!window_is_new(&window, i));
	}
	window_take(&window, 128);
	CHECK(!window_is_new(&window, 0)); /* too old to tell */
	CHECK(window_is_new(&window, 129));
}

TEST(what_was_seen_moves_with_the_window)
{
	static const uint64_t steps[] = {1, 5, 63, 64, 65, 100, 127};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct window window = {0};

		window_take(&window, 1000);
		window_take(&window, 1000 + steps[i]);
		CHECK(!window_is_new(&window, 1000));
		CHECK(steps[i] == 1 || window_is_new(&window, 1001));
		window_take(&window, 1000 + steps[i] + 128);
		CHECK(!window_is_new(&window, 1000 + steps[i]));
		CHECK(window_is_new(&window, 1000 + steps[i] + 1));
	}
}

TEST_MAIN()
