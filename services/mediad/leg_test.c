/*
 * leg_test.c - lives of legs and sessions: restored, reported on, forgotten.
 */
#include "services/mediad/relay_test.h"

TEST(a_restored_leg_has_its_port_again_and_another_ssrc)
{
	struct leg_media wanted = {.role = LEG_ROLE_RESTORE};
	struct rtp_packet packet;
	struct phone a, b;
	struct leg *leg_a, *leg_b;
	struct refusal why = {0};
	uint32_t ssrc;
	char *local;
	uint16_t port;

	set_up();
	a = phone_new(7034, ULAW);
	b = phone_new(7036, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	local = strdup(leg_a->sdp);
	port = leg_a->port;
	ssrc = leg_a->out.ssrc;
	str_copy(wanted.leg, sizeof(wanted.leg), "CAa");
	wanted.local = local;
	wanted.remote = a.sdp;
	CHECK(leg_open(session, &wanted, &why) == NULL);
	CHECK_INT(why.code, ERR_MEDIA_PORTS);
	leg_free(leg_a);
	leg_a = leg_open(session, &wanted, &why);
	CHECK(leg_a != NULL);
	CHECK_INT(leg_a->port, port);
	CHECK_TEXT(leg_a->sdp, local);
	CHECK(leg_a->out.ssrc != ssrc);
	leg_b = opened("CAb", LEG_ROLE_ANSWER, b.sdp);
	leg_bridge(leg_a, leg_b, false);
	phone_says(&b, leg_b, 0, 1);
	CHECK(phone_hears(&a, &packet));
	CHECK(packet.ssrc != ssrc);
	free(local);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(an_sdp_of_another_address_is_not_restored)
{
	struct leg_media wanted = {.role = LEG_ROLE_RESTORE};
	struct refusal why = {0};

	set_up();
	wanted.local = (char *)"v=0\r\no=voxbus 7 1 IN IP4 192.0.2.9\r\ns=-\r\n"
			       "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
			       "m=audio 20000 RTP/AVP 0\r\n";
	str_copy(wanted.leg, sizeof(wanted.leg), "CAa");
	CHECK(leg_open(session, &wanted, &why) == NULL);
	CHECK_INT(why.code, ERR_MEDIA_PORTS);
	CHECK_INT(session->leg_count, 0);
	CHECK_INT(ports_taken(media->ports), 0);
	tear_down();
}

TEST(a_port_that_somebody_else_holds_is_not_restored_nor_kept)
{
	struct leg_media wanted = {.role = LEG_ROLE_RESTORE};
	struct refusal why = {0};
	struct phone squatter;

	set_up();
	squatter = phone_new(20000, ULAW);
	str_copy(wanted.leg, sizeof(wanted.leg), "CAa");
	wanted.local = squatter.sdp;
	CHECK(leg_open(session, &wanted, &why) == NULL);
	CHECK_INT(why.code, ERR_MEDIA_PORTS);
	CHECK_INT(ports_taken(media->ports), 0);
	phone_free(&squatter);
	CHECK(leg_open(session, &wanted, &why) != NULL);
	tear_down();
}

TEST(reports_are_sent_only_by_legs_that_had_packets)
{
	uint8_t data[RTCP_PACKET_MAX];
	struct rtcp_news news;
	struct endpoint from;
	struct phone a, b;
	struct leg *leg_a;
	ssize_t size;

	set_up();
	a = phone_new(7038, ULAW);
	b = phone_new(7040, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	leg_bridge(leg_a, opened("CAb", LEG_ROLE_ANSWER, b.sdp), false);
	for (int i = 0; i < 10; i++)
		wheel_turn(media);
	CHECK_INT(socket_receive(a.sockets.rtcp, data, sizeof(data), &from),
		  -11);
	phone_says(&a, leg_a, 0, 1);
	for (int i = 0; i < MEDIA_WHEEL_SLOTS; i++)
		wheel_turn(media);
	size = socket_receive(a.sockets.rtcp, data, sizeof(data), &from);
	CHECK(size > 0 && rtcp_parse(data, (size_t)size, a.ssrc, &news));
	CHECK(news.about_us && !news.sender_report);
	CHECK_INT(endpoint_port(&from), leg_a->port + 1);
	size = socket_receive(b.sockets.rtcp, data, sizeof(data), &from);
	CHECK(size > 0 && rtcp_parse(data, (size_t)size, 0, &news));
	CHECK(news.sender_report);
	for (int i = 0; i < 20; i++)
		wheel_turn(media);
	CHECK_INT(socket_receive(a.sockets.rtcp, data, sizeof(data), &from),
		  -11);
	phone_free(&a);
	phone_free(&b);
	tear_down();
}

TEST(a_session_that_nobody_closes_ends)
{
	struct phone a;

	set_up();
	a = phone_new(7046, ULAW);
	opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	opened("CAb", LEG_ROLE_OFFER, NULL);
	move_clock(SESSION_LIFE_MS);
	for (int i = 0; i < MEDIA_WHEEL_SLOTS; i++)
		wheel_turn(media);
	CHECK_INT(media->legs, 2);
	move_clock(1);
	test_expect_log("nobody closed it");
	for (int i = 0; i < MEDIA_WHEEL_SLOTS; i++)
		wheel_turn(media);
	CHECK_INT(media->legs, 0);
	CHECK(session_find(media, "CA1") == NULL);
	CHECK_INT(ports_taken(media->ports), 0);
	phone_free(&a);
	tear_down();
}

TEST(an_old_session_that_is_still_heard_goes_on)
{
	struct phone a;
	struct leg *leg_a;

	set_up();
	a = phone_new(7058, ULAW);
	leg_a = opened("CAa", LEG_ROLE_ANSWER, a.sdp);
	move_clock(SESSION_LIFE_MS + 1);
	phone_says(&a, leg_a, 0, 1);
	for (int i = 0; i < MEDIA_WHEEL_SLOTS; i++)
		wheel_turn(media);
	move_clock(SESSION_SILENCE_MS);
	for (int i = 0; i < MEDIA_WHEEL_SLOTS; i++)
		wheel_turn(media);
	CHECK_INT(media->legs, 1);
	phone_free(&a);
	tear_down();
}

TEST_MAIN()
