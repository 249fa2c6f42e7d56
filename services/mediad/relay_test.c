/*
 * relay_test.c - legs with real sockets on a loopback address of our own, and
 * phones that are sockets too. The clock stands still unless it is moved.
 */
#include "services/mediad/relay.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "lib/test/test.h"
#include "services/mediad/sdp/agree.h"
#include "services/mediad/codec/g711.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/ports.h"
#include "services/mediad/receive/rtcp.h"
#include "services/mediad/session.h"
#include "services/mediad/tell.h"
#include "services/mediad/tick.h"
#include "services/mediad/wave.h"
#include "services/mediad/wheel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ULAW "0\r\n"
#define ALAW "8\r\n"
#define ULAW_EVENTS "0 96\r\na=rtpmap:96 telephone-event/8000\r\n"
#define ALAW_EVENTS "8 97\r\na=rtpmap:97 telephone-event/8000\r\n"

struct phone {
	struct socket_pair sockets;
	struct endpoint at; /* RTP */
	char sdp[512];
	uint16_t sequence;
	uint32_t ssrc;
};

static struct service service;
static struct loop *loop;
static struct media *media;
static struct session *session;
static char host[32];
static int64_t now_ms;

/* What mediad said by itself. */
static unsigned digits_told, silences_told;
static struct digit digit_told;
static struct media_silent silence_told;

static void say(void *owner, const struct talk_to *to,
		const struct proto_message *desc, const void *message)
{
	CHECK(owner == &service);
	CHECK_TEXT(to->call_sid, "CA1");
	CHECK_TEXT(to->account_sid, "AC1");
	if (desc == &digit_message) {
		digits_told++;
		proto_copy(desc, message, &digit_told);
	} else {
		CHECK(desc == &media_silent_message);
		silences_told++;
		proto_copy(desc, message, &silence_told);
	}
}

static void move_clock(int64_t by_ms)
{
	now_ms += by_ms;
	clock_fake(now_ms, 1700000000000 + now_ms);
}

static void set_up(void)
{
	struct settings settings = {.rtp_host = host,
				    .rtp_advertise = "",
				    .rtp_port_min = 20000,
				    .rtp_port_max = 20999,
				    .rtp_timeout = 20};
	char error[MEDIA_ERROR_BYTES];
	int pid = (int)getpid();

	/* So that tests which run at the same time do not meet. */
	CHECK(str_format(host, sizeof(host), "127.80.%d.%d", pid >> 8 & 0xff,
			 pid & 0xff));
	now_ms = 1000000;
	move_clock(0);
	loop = loop_new();
	media = media_new(loop, &settings, error);
	CHECK(media != NULL);
	media->service = &service;
	media->say = say;
	media->say_owner = &service;
	digits_told = silences_told = 0;
	session = session_new(media, "CA1", "AC1");
}

static void tear_down(void)
{
	media_free(media);
	loop_free(loop);
}

static void run(void)
{
	for (int i = 0; i < 10; i++)
		loop_turn(loop, 0);
}

static struct phone phone_new(uint16_t port, const char *formats)
{
	struct phone phone = {.ssrc = port, .sequence = 100};
	char name[32];

	CHECK(str_copy(name, sizeof(name), host));
	CHECK(endpoint_parse(name, port, &phone.at));
	CHECK_INT(socket_pair_open(&phone.at, &phone.sockets), 0);
	CHECK(str_format(phone.sdp, sizeof(phone.sdp),
			 "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\n"
			 "t=0 0\r\nm=audio %u RTP/AVP %s",
			 name, name, port, formats));
	return phone;
}

static struct leg *opened(const char *name, int role, const char *remote)
{
	struct leg_media wanted = {.role = role, .remote = (char *)remote};
	struct refusal why = {0};
	struct leg *leg;

	str_copy(wanted.leg, sizeof(wanted.leg), name);
	leg = leg_open(session, &wanted, &why);
	CHECK_TEXT(why.text, "");
	return leg;
}

static void phone_send(struct phone *phone, const struct leg *to, uint8_t pt,
		       const uint8_t *payload, size_t size)
{
	uint8_t data[RTP_HEAD_BYTES + 256];
	struct rtp_packet packet = {.pt = pt,
				    .sequence = phone->sequence,
				    .timestamp = phone->sequence * 160u,
				    .ssrc = phone->ssrc};
	struct endpoint at = media->bound;

	phone->sequence++;
	endpoint_set_port(&at, to->port);
	rtp_head(&packet, data);
	memcpy(data + RTP_HEAD_BYTES, payload, size);
	CHECK_INT(socket_send(phone->sockets.rtp, data, RTP_HEAD_BYTES + size,
			      &at),
		  0);
	run();
}

/* One voice packet. */
static void phone_says(struct phone *phone, const struct leg *to, uint8_t pt,
		       uint8_t fill)
{
	uint8_t payload[160];

	memset(payload, fill, sizeof(payload));
	phone_send(phone, to, pt, payload, sizeof(payload));
}

/* What the phone hears next; false: nothing. */
static bool phone_hears(struct phone *phone, struct rtp_packet *packet_out)
{
	static uint8_t data[RTP_PACKET_MAX];
	struct endpoint from;
	ssize_t size =
		socket_receive(phone->sockets.rtp, data, sizeof(data), &from);

	return size > 0 && rtp_parse(data, (size_t)size, packet_out);
}

static unsigned phone_drains(struct phone *phone)
{
	struct rtp_packet packet;
	unsigned count = 0;

	while (phone_hears(phone, &packet))
		count++;
	return count;
}

static void phone_free(struct phone *phone)
{
	socket_pair_close(&phone->sockets);
}

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

/* A second passes: everybody but those in 'quiet' has spoken. */
static void second(struct phone *a, const struct leg *leg_a, struct phone *b,
		   const struct leg *leg_b)
{
	move_clock(1000);
	if (a)
		phone_says(a, leg_a, 0, 1);
	if (b)
		phone_says(b, leg_b, 0, 1);
	wheel_turn(media);
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
