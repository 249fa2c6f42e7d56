/*
 * relay_feed_test.c - what a leg hears in turn: tones, bridges, nothing.
 */
#include "services/mediad/relay_test.h"

TEST(tone_then_bridge_is_one_stream)
{
	struct rtp_packet packet, before;
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7028, ALAW);
	b = phone_new(7030, ALAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_feed(leg_a, LEG_TONE);
	CHECK_INT(tick_run(media), 1);
	CHECK(phone_hears(&a, &before));
	CHECK_INT(before.pt, 8);
	CHECK(memcmp(before.payload, wave_frame(wave_of(""), CODEC_PCMA, 0),
		     160) == 0);
	for (int i = 1; i < 10; i++) {
		move_clock(20);
		CHECK_INT(tick_run(media), 1);
		CHECK(phone_hears(&a, &packet));
		CHECK_INT((uint16_t)(packet.sequence - before.sequence), 1);
		CHECK_INT(packet.timestamp - before.timestamp, 160);
		before = packet;
	}
	/* While it plays, the other side is not heard. */
	leg_bridge(leg_a, leg_b, false);
	leg_feed(leg_a, LEG_TONE);
	phone_says(&b, leg_b, 8, 3);
	CHECK(phone_hears(&a, &before));
	CHECK(memcmp(before.payload, wave_frame(wave_of(""), CODEC_PCMA, 0),
		     160) == 0);
	CHECK_INT(phone_drains(&a), 0);
	leg_bridge(leg_a, leg_b, false);
	CHECK_INT(media->tick_legs, 0);
	CHECK_INT(media->tick_timer.position, 0);
	move_clock(500);
	phone_says(&b, leg_b, 8, 3);
	CHECK(phone_hears(&a, &packet));
	CHECK(packet.marker);
	CHECK_INT(packet.ssrc, before.ssrc);
	CHECK_INT((uint16_t)(packet.sequence - before.sequence), 1);
	CHECK_INT(packet.timestamp - before.timestamp, 500 * 8);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(a_stall_does_not_make_the_tone_run_after_itself)
{
	struct phone a;
	struct leg *leg_a;

	set_up();
	a = phone_new(7032, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_feed(leg_a, LEG_TONE);
	CHECK_INT(tick_run(media), 1);
	move_clock(40);
	CHECK_INT(tick_run(media), 2);
	move_clock(5000);
	CHECK_INT(tick_run(media), 1);
	CHECK_INT(phone_drains(&a), 4);
	phone_free(&a);
	tear_down();
}

TEST(nothing_is_sent_to_a_phone_on_hold)
{
	struct phone a, b;
	struct leg *leg_b;

	set_up();
	a = phone_new(7048, ULAW "a=sendonly\r\n");
	b = phone_new(7050, ULAW);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(opened("CAa", LEG_ROLE_ANSWER, a.sdp), leg_b, false);
	phone_says(&b, leg_b, 0, 1);
	CHECK_INT(phone_drains(&a), 0);
	CHECK_INT(media->tally.refused[REFUSED_DIRECTION], 1);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(hold_is_silence_both_ways_and_resuming_leaves_no_hole)
{
	char hold[600];
	struct rtp_packet before, after;
	struct refusal why;
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7060, ULAW);
	b = phone_new(7062, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	phone_says(&b, leg_b, 0, 1);
	CHECK(phone_hears(&a, &before));
	str_format(hold, sizeof(hold), "%sa=inactive\r\n", a.sdp);
	CHECK(agree_offered(leg_a, hold, &why));
	for (int i = 0; i < 40; i++)
		second(&a, leg_a, &b, leg_b);
	CHECK_INT(phone_drains(&a), 0);
	CHECK_INT(phone_drains(&b), 0);
	CHECK_INT(silences_told, 0);
	CHECK(agree_offered(leg_a, a.sdp, &why));
	phone_says(&b, leg_b, 0, 1);
	CHECK(phone_hears(&a, &after));
	CHECK_INT((uint16_t)(after.sequence - before.sequence), 1);
	CHECK_INT(after.ssrc, before.ssrc);
	phone_says(&a, leg_a, 0, 1);
	CHECK_INT(phone_drains(&b), 1);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(a_phone_that_falls_silent_is_told_once_and_again_after_it_spoke)
{
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7064, ULAW);
	b = phone_new(7066, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	for (int i = 0; i < 40; i++) /* it rings: nobody need speak */
		second(NULL, NULL, NULL, NULL);
	leg_bridge(leg_a, leg_b, true);
	for (int i = 0; i < 40; i++) /* nor early */
		second(NULL, NULL, &b, leg_b);
	leg_bridge(leg_a, leg_b, false);
	for (int i = 0; i < 19; i++)
		second(NULL, NULL, &b, leg_b);
	CHECK_INT(silences_told, 0);
	test_expect_log("no RTP for 2");
	second(NULL, NULL, &b, leg_b);
	second(NULL, NULL, &b, leg_b);
	CHECK_INT(silences_told, 1);
	CHECK_TEXT(silence_told.leg, "CAa");
	CHECK(silence_told.for_ms >= 20000 && silence_told.for_ms <= 22000);
	for (int i = 0; i < 60; i++)
		second(NULL, NULL, &b, leg_b);
	CHECK_INT(silences_told, 1);
	for (int i = 0; i < 30; i++)
		second(&a, leg_a, &b, leg_b);
	test_expect_log("no RTP for 2");
	for (int i = 0; i < 24; i++)
		second(&a, leg_a, NULL, NULL);
	CHECK_INT(silences_told, 2);
	CHECK_TEXT(silence_told.leg, "CAb");
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(closing_one_leg_silences_the_other)
{
	struct phone a, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7052, ULAW);
	b = phone_new(7054, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	leg_free(leg_b);
	CHECK(leg_a->peer == NULL);
	CHECK_INT(leg_a->source, LEG_SILENT);
	phone_says(&a, leg_a, 0, 1);
	CHECK_INT(media->tally.refused[REFUSED_UNBRIDGED], 1);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST_MAIN()
