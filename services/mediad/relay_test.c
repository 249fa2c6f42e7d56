/*
 * relay_test.c - packets from one leg to the other, as they are or nearly.
 */
#include "services/mediad/relay_test.h"

#include "services/mediad/digits/watch.h"

TEST(two_legs_of_one_codec_hear_each_other_untouched)
{
	struct rtp_packet first, second;
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7000, ULAW);
	b = phone_new(7002, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	phone_says(&a, leg_a, 0, 0x11);
	CHECK(phone_hears(&b, &first));
	CHECK_INT(first.payload[0], 0x11);
	CHECK_INT(first.size, 160);
	CHECK_INT(first.pt, 0);
	CHECK(first.ssrc != a.ssrc);
	phone_says(&a, leg_a, 0, 0x12);
	CHECK(phone_hears(&b, &second));
	CHECK_INT((uint16_t)(second.sequence - first.sequence), 1);
	CHECK_INT(second.timestamp - first.timestamp, 160);
	phone_says(&b, leg_b, 0, 0x13);
	CHECK(phone_hears(&a, &first));
	CHECK_INT(first.payload[0], 0x13);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(different_codecs_are_recoded_and_digits_renumbered)
{
	static const uint8_t digit[4] = {5, 0x0a, 0, 160};
	struct rtp_packet packet;
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7004, ULAW_EVENTS);
	b = phone_new(7006, ALAW_EVENTS);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	phone_says(&a, leg_a, 0, g711_ulaw(1000));
	CHECK(phone_hears(&b, &packet));
	CHECK_INT(packet.pt, 8);
	CHECK(abs(g711_from_alaw(packet.payload[7]) - 1000) < 40);
	phone_send(&a, leg_a, 96, digit, sizeof(digit));
	CHECK(phone_hears(&b, &packet));
	CHECK_INT(packet.pt, 97);
	CHECK_INT(packet.size, 4);
	CHECK(memcmp(packet.payload, digit, 4) == 0);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(digits_that_the_other_side_does_not_know_leave_no_hole)
{
	static const uint8_t digit[4] = {5, 0x0a, 0, 160};
	struct rtp_packet before, after;
	struct phone a, b;
	struct leg *leg_a;

	set_up();
	a = phone_new(7008, ULAW_EVENTS);
	b = phone_new(7010, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	phone_says(&a, leg_a, 0, 1);
	CHECK(phone_hears(&b, &before));
	phone_send(&a, leg_a, 96, digit, sizeof(digit));
	phone_says(&a, leg_a, 0, 2);
	CHECK(phone_hears(&b, &after));
	CHECK_INT((uint16_t)(after.sequence - before.sequence), 1);
	CHECK_INT(media->tally.refused[REFUSED_PAYLOAD], 1);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(a_press_is_passed_on_and_told_once)
{
	uint8_t payload[4] = {11, 0x0a, 0, 160};
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7068, ULAW_EVENTS);
	b = phone_new(7070, ULAW_EVENTS);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	/* The harness gives each packet a time of its own: one press each. */
	payload[1] = 0x8a;
	phone_send(&a, leg_a, 96, payload, sizeof(payload));
	CHECK_INT(digits_told, 1);
	CHECK_TEXT(digit_told.leg, "CAa");
	CHECK_TEXT(digit_told.digit, "#");
	CHECK_INT(digit_told.duration_ms, 20);
	CHECK_INT(phone_drains(&b), 1);
	for (int i = 0; i < 100; i++) /* no fingers */
		phone_send(&a, leg_a, 96, payload, sizeof(payload));
	CHECK_INT(digits_told, TELL_DIGITS_SECOND + 1);
	CHECK_INT(phone_drains(&b), 100);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(a_press_that_nothing_follows_is_told_when_it_has_been_waited_for)
{
	static const uint8_t digit[4] = {5, 0x0a, 0, 160};
	struct phone a;
	struct leg *leg_a;

	set_up();
	a = phone_new(7096, ULAW_EVENTS);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	phone_send(&a, leg_a, 96, digit, sizeof(digit));
	move_clock(WATCH_LAPSE_MS - 1);
	run();
	CHECK_INT(digits_told, 0);
	move_clock(1);
	run();
	CHECK_INT(digits_told, 1);
	CHECK_TEXT(digit_told.digit, "5");
	/* While its packets come it is down; a leg may go with one. */
	phone_send(&a, leg_a, 96, digit, sizeof(digit));
	leg_a->digits.timestamp += 160; /* the next one is of the same press */
	move_clock(WATCH_LAPSE_MS - 1);
	phone_send(&a, leg_a, 96, digit, sizeof(digit));
	move_clock(WATCH_LAPSE_MS - 1);
	run();
	CHECK_INT(digits_told, 1);
	phone_free(&a);
	tear_down();
}

TEST(a_callee_that_is_faster_than_its_answer_is_no_stranger)
{
	struct refusal why;
	struct phone b;
	struct leg *leg_b;

	set_up();
	b = phone_new(7056, ULAW);
	leg_b = opened("CAb", LEG_ROLE_OFFER, NULL);
	phone_says(&b, leg_b, 0, 1);
	CHECK_INT(media->tally.refused[REFUSED_EARLY], 1);
	CHECK_INT(leg_b->refused, 0);
	CHECK(agree_answer(leg_b, b.sdp, &why));
	phone_says(&b, leg_b, 0, 1);
	CHECK_INT(media->tally.rtp_in, 1);
	phone_free(&b);
	tear_down();
}

TEST(a_leg_costs_less_than_two_kilobytes)
{
	CHECK(sizeof(struct leg) < 2048);
}

TEST_MAIN()
