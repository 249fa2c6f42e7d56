/*
 * digits_test.c - presses as phones send them, with and without losses.
 */
#include "services/mediad/digits/digits.h"

#include "lib/test/test.h"

static struct digits digits;
static struct digits_press presses[DIGITS_AT_ONCE];

static unsigned event(uint32_t timestamp, uint8_t code, bool end,
		      uint16_t duration)
{
	static uint8_t payload[4];
	struct rtp_packet packet = {.timestamp = timestamp,
				    .payload = payload,
				    .size = sizeof(payload)};

	payload[0] = code;
	payload[1] = end ? 0x8a : 0x0a;
	rtp_write16(payload + 2, duration);
	return digits_take(&digits, &packet, presses);
}

static bool voice(uint32_t timestamp)
{
	struct rtp_packet packet = {.timestamp = timestamp, .size = 160};

	return digits_lapse(&digits, &packet, presses);
}

TEST(a_press_of_many_packets_is_told_once_with_its_length)
{
	digits_reset(&digits);
	for (uint16_t i = 1; i <= 10; i++)
		CHECK_INT(event(0xfffffff0u, 10, false, (uint16_t)(160 * i)),
			  0);
	CHECK_INT(event(0xfffffff0u, 10, true, 1760), 1);
	CHECK_INT(presses[0].digit, '*');
	CHECK_INT(presses[0].duration_ms, 220);
	CHECK_INT(event(0xfffffff0u, 10, true, 1760), 0);
	CHECK_INT(event(0xfffffff0u, 10, true, 1760), 0);
	CHECK_INT(event(0xfffffff0u, 10, false, 800), 0);
	CHECK_INT(event(4000, 11, true, 800), 1);
	CHECK_INT(presses[0].digit, '#');
}

TEST(the_same_key_twice_is_two_presses)
{
	digits_reset(&digits);
	CHECK_INT(event(0, 5, true, 400), 1);
	CHECK_INT(event(1600, 5, false, 160), 0);
	CHECK_INT(event(1600, 5, true, 400), 1);
	CHECK_INT(presses[0].digit, '5');
}

TEST(a_press_whose_end_is_lost_is_told_by_what_follows)
{
	digits_reset(&digits);
	CHECK_INT(event(8000, 1, false, 320), 0);
	CHECK_INT(event(9600, 2, true, 400), 2);
	CHECK_INT(presses[0].digit, '1');
	CHECK_INT(presses[0].duration_ms, 40);
	CHECK_INT(presses[1].digit, '2');
	CHECK_INT(event(16000, 3, false, 320), 0);
	CHECK(!voice(15840)); /* sent before it */
	CHECK(!voice(16320)); /* may have overtaken its end */
	CHECK(voice(16000 + 320 + 1601));
	CHECK_INT(presses[0].digit, '3');
	CHECK(!voice(32000));
	CHECK_INT(event(16000, 3, true, 320), 0);
}

TEST(a_press_that_nothing_follows_is_closed_once)
{
	digits_reset(&digits);
	CHECK(!digits_close(&digits, presses));
	CHECK_INT(event(8000, 1, false, 320), 0);
	CHECK(digits_close(&digits, presses));
	CHECK_INT(presses[0].digit, '1');
	CHECK_INT(presses[0].duration_ms, 40);
	CHECK(!digits_close(&digits, presses));
	CHECK_INT(event(8000, 1, false, 480), 0); /* it was only late */
	CHECK_INT(event(8000, 1, true, 640), 0);
	CHECK(!digits.open);
}

TEST(a_key_held_for_ten_seconds_is_one_press)
{
	digits_reset(&digits);
	CHECK_INT(event(1000, 15, false, 0xffff), 0);
	CHECK_INT(event(1000 + 0xffff, 15, false, 160), 0);
	CHECK_INT(event(1000 + 0xffff, 15, true, 14465), 1);
	CHECK_INT(presses[0].digit, 'D');
	CHECK_INT(presses[0].duration_ms, 10000);
}

/* Opus' stream counts by 48000; the events in it by 8000. */
TEST(durations_may_have_a_clock_of_their_own)
{
	digits_reset(&digits);
	digits.clock_hz = 48000;
	digits.event_hz = 8000;
	CHECK_INT(event(1000, 5, false, 160), 0);
	CHECK(!voice(1000 + 160 * 6 + 9600));
	CHECK_INT(event(1000, 5, true, 800), 1);
	CHECK_INT(presses[0].duration_ms, 100);
	/* Held for long: the next segment begins where the first was full, by
	 * either clock. */
	CHECK_INT(event(100000, 6, false, 0xffff), 0);
	CHECK_INT(event(100000 + 6 * 0xffff, 6, true, 14465), 1);
	CHECK_INT(presses[0].duration_ms, 10000);
	CHECK_INT(event(1000000, 7, false, 0xffff), 0);
	CHECK_INT(event(1000000 + 0xffff, 7, true, 14465), 1);
	CHECK_INT(presses[0].duration_ms, 10000);
	digits.clock_hz = digits.event_hz = 0;
}

TEST(beside_opus_a_press_is_counted_by_its_clock)
{
	digits.clock_hz = 48000;
	digits_reset(&digits);
	CHECK_INT(event(0, 4, false, 4800), 0);
	CHECK(!voice(4800 + 9600));
	CHECK(voice(4800 + 9601));
	CHECK_INT(presses[0].duration_ms, 100);
	digits.clock_hz = 0;
}

TEST(what_is_no_digit_is_left_alone)
{
	uint8_t short_one[3] = {1, 0x80, 0};
	struct rtp_packet packet = {.payload = short_one, .size = 3};

	digits_reset(&digits);
	CHECK_INT(event(0, 16, true, 400), 0); /* flash */
	CHECK_INT(event(0, 255, true, 400), 0);
	CHECK_INT(digits_take(&digits, &packet, presses), 0);
	CHECK(!voice(90000));
}

TEST(a_segment_may_end_where_a_packet_does)
{
	digits_reset(&digits);
	CHECK_INT(event(1000, 4, false, 65280), 0);
	CHECK_INT(event(1000 + 65440, 4, false, 160), 0); /* one was lost */
	CHECK_INT(event(1000 + 65440, 4, true, 14560), 1);
	CHECK_INT(presses[0].duration_ms, 10000);
}

TEST(packets_out_of_order_are_one_press)
{
	digits_reset(&digits);
	CHECK_INT(event(800, 9, false, 480), 0);
	CHECK_INT(event(800, 9, false, 160), 0);
	CHECK_INT(event(800, 9, true, 640), 1);
	CHECK_INT(presses[0].duration_ms, 80);
	CHECK_INT(event(800, 9, false, 320), 0);
	CHECK_INT(event(800, 9, true, 640), 0);
	CHECK_INT(event(100, 8, true, 640), 0); /* of before it */
}

TEST_MAIN()
