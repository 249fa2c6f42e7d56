/*
 * relay_source_test.c - whose packets are taken, and how many.
 */
#include "services/mediad/relay_test.h"

TEST(a_stranger_is_not_heard_and_hears_nothing)
{
	struct phone a, b, stranger;
	struct leg_stats stats;
	struct leg *leg_a;

	set_up();
	a = phone_new(7012, ULAW);
	b = phone_new(7014, ULAW);
	stranger = phone_new(7016, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	phone_says(&a, leg_a, 0, 1);
	CHECK_INT(phone_drains(&b), 1);
	test_expect_log("stranger");
	for (int i = 0; i < 50; i++)
		phone_says(&stranger, leg_a, 0, 2);
	CHECK_INT(phone_drains(&b), 0);
	CHECK_INT(phone_drains(&stranger), 0);
	leg_stats(leg_a, &stats);
	CHECK_INT(stats.packets_refused, 50);
	CHECK_INT(stats.packets_in, 1);
	CHECK_TEXT(stats.codec, "PCMU");
	CHECK(strstr(stats.peer, ":7012"));
	phone_free(&a);
	phone_free(&b);
	phone_free(&stranger);
	tear_down();
}

TEST(a_flood_does_not_keep_the_peers_packets_out)
{
	uint8_t data[RTP_HEAD_BYTES + 160] = {0x80};
	struct phone a, b, stranger;
	struct leg *leg_a;
	struct endpoint at;

	set_up();
	a = phone_new(7072, ULAW);
	b = phone_new(7074, ULAW);
	stranger = phone_new(7076, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	phone_says(&a, leg_a, 0, 1);
	CHECK_INT(phone_drains(&b), 1);
	at = media->bound;
	endpoint_set_port(&at, leg_a->port);
	for (int i = 0; i < 100; i++)
		CHECK_INT(socket_send(stranger.sockets.rtp, data, sizeof(data),
				      &at),
			  0);
	test_expect_log("stranger");
	phone_says(&a, leg_a, 0, 2);
	CHECK_INT(phone_drains(&b), 1);
	CHECK_INT(media->tally.refused[REFUSED_STRANGER], 100);
	phone_free(&a);
	phone_free(&b);
	phone_free(&stranger);
	tear_down();
}

TEST(a_peer_behind_another_port_is_heard_and_later_sent_to)
{
	struct phone a, moved, b;
	struct leg *leg_a, *leg_b;

	set_up();
	a = phone_new(7018, ULAW);
	b = phone_new(7020, ULAW);
	moved = phone_new(7022, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	phone_says(&moved, leg_a, 0, 1);
	CHECK_INT(phone_drains(&b), 1);
	phone_says(&b, leg_b, 0, 1);
	CHECK_INT(phone_drains(&moved), 0);
	CHECK_INT(phone_drains(&a), 1);
	move_clock(LATCH_WINDOW_MS);
	phone_says(&b, leg_b, 0, 1);
	CHECK_INT(phone_drains(&moved), 1);
	CHECK_INT(phone_drains(&a), 0);
	phone_free(&a);
	phone_free(&b);
	phone_free(&moved);
	tear_down();
}

TEST(more_than_two_hundred_packets_a_second_are_cut)
{
	struct phone a, b;
	struct leg *leg_a;

	set_up();
	a = phone_new(7024, ULAW);
	b = phone_new(7026, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	test_expect_log("200 packets/s");
	for (int i = 0; i < 250; i++)
		phone_says(&a, leg_a, 0, 1);
	CHECK_INT(phone_drains(&b), 201);
	move_clock(100);
	for (int i = 0; i < 250; i++)
		phone_says(&a, leg_a, 0, 1);
	CHECK_INT(phone_drains(&b), 20);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(rtcp_of_the_peer_is_taken_and_a_strangers_is_not)
{
	static const uint8_t report[] = {0x80, 201, 0, 1, 0, 0, 0, 1};
	struct endpoint to;
	struct phone a, stranger;
	struct leg *leg_a;

	set_up();
	a = phone_new(7042, ULAW);
	stranger = phone_new(7044, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	to = media->bound;
	endpoint_set_port(&to, (uint16_t)(leg_a->port + 1));
	socket_send(a.sockets.rtcp, report, sizeof(report), &to);
	run();
	CHECK_INT(media->tally.rtcp_in, 1);
	socket_send(stranger.sockets.rtcp, report, sizeof(report), &to);
	socket_send(a.sockets.rtcp, report, 4, &to);
	run();
	CHECK_INT(media->tally.rtcp_in, 1);
	CHECK_INT(media->tally.rtcp_refused, 2);
	phone_free(&a);
	phone_free(&stranger);
	tear_down();
}

TEST_MAIN()
