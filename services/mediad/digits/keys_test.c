/*
 * keys_test.c - what is pressed is what digits.c hears.
 */
#include "services/mediad/digits/keys.h"

#include "lib/test/test.h"
#include "services/mediad/digits/digits.h"

#include <string.h>

static struct keys keys;
static struct digits digits;
static struct digits_press presses[64];
static unsigned press_count, packets, ends, firsts;
static uint32_t base;

/* One step; 'lose': its packet does not arrive. False: all is over. */
static bool step(uint32_t clock_hz, bool lose)
{
	struct keys_step step;
	struct rtp_packet packet = {.payload = step.event, .size = 4};
	enum keys_turn turn = keys_next(&keys, clock_hz, &step);

	if (turn == KEYS_NOTHING)
		return false;
	if (turn == KEYS_SILENCE)
		return true;
	if (step.first)
		base += 1000000;
	packets++;
	firsts += step.first;
	ends += step.event[1] >> 7;
	packet.timestamp = base + step.timestamp;
	if (!lose)
		press_count +=
			digits_take(&digits, &packet, presses + press_count);
	return true;
}

static void set_up(uint32_t clock_hz)
{
	memset(&keys, 0, sizeof(keys));
	memset(&digits, 0, sizeof(digits));
	digits.clock_hz = clock_hz;
	press_count = packets = ends = firsts = 0;
}

TEST(a_row_of_keys_is_heard_in_order_once_each)
{
	static const char row[] = "0123456789*#ABCDabcd";
	unsigned steps = 0;

	set_up(8000);
	for (const char *key = row; *key; key++)
		CHECK(keys_press(&keys, *key, 100));
	CHECK(keys_busy(&keys));
	while (step(8000, false))
		steps++;
	CHECK(!keys_busy(&keys));
	CHECK_INT(press_count, 20);
	CHECK_INT(firsts, 20);
	CHECK_INT(ends, 60);
	CHECK_INT(packets, 20 * 7);
	CHECK_INT(steps, 20 * 8); /* 100 ms and a gap of 60 */
	for (unsigned i = 0; i < press_count; i++) {
		CHECK_INT(presses[i].digit, "0123456789*#ABCDABCD"[i]);
		CHECK_INT(presses[i].duration_ms, 100);
	}
}

TEST(two_of_three_ends_may_be_lost)
{
	set_up(8000);
	for (const char *key = "1223"; *key; key++)
		keys_press(&keys, *key, 60);
	for (unsigned i = 0; keys_busy(&keys); i++)
		step(8000, i % 6 == 2 || i % 6 == 3);
	CHECK_INT(press_count, 4);
	for (unsigned i = 0; i < 4; i++)
		CHECK_INT(presses[i].duration_ms, 60);
}

TEST(a_key_held_for_ten_seconds_is_one_press_at_any_clock)
{
	static const uint32_t clocks[] = {8000, 48000};

	for (int c = 0; c < 2; c++) {
		set_up(clocks[c]);
		keys_press(&keys, '7', 10000);
		while (step(clocks[c], false))
			;
		CHECK_INT(press_count, 1);
		CHECK_INT(presses[0].duration_ms, 10000);
	}
}

TEST(a_key_is_held_until_it_is_let_go)
{
	set_up(8000);
	CHECK(keys_press(&keys, '*', 0));
	for (int i = 0; i < 17; i++)
		step(8000, false);
	CHECK_INT(press_count, 0);
	keys_up(&keys);
	while (step(8000, false))
		;
	CHECK_INT(press_count, 1);
	CHECK_INT(presses[0].duration_ms, 340);
	/* Let go before its turn came. */
	keys_press(&keys, '1', 100);
	keys_press(&keys, '2', 0);
	keys_up(&keys);
	while (step(8000, false))
		;
	CHECK_INT(press_count, 3);
	CHECK_INT(presses[2].duration_ms, KEYS_LEAST_MS);
	/* Never let go. */
	keys_press(&keys, '3', 0);
	while (step(8000, false))
		;
	CHECK_INT(presses[3].duration_ms, KEYS_HELD_MS_MAX);
}

TEST(what_is_no_key_or_too_many_is_refused)
{
	set_up(8000);
	CHECK(!keys_press(&keys, 'E', 100));
	CHECK(!keys_press(&keys, 0, 100));
	for (int i = 0; i < KEYS_MAX; i++)
		CHECK(keys_press(&keys, '1', 100));
	CHECK(!keys_press(&keys, '1', 100));
}

TEST(a_pause_is_silence_for_its_time)
{
	unsigned steps = 0;

	set_up(8000);
	keys_press(&keys, KEYS_PAUSE, 500);
	keys_press(&keys, '1', 100);
	while (step(8000, false))
		steps++;
	CHECK_INT(steps, 25 + 8);
	CHECK_INT(press_count, 1);
}

TEST_MAIN()
