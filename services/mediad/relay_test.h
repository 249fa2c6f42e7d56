/*
 * relay_test.h - the stage of tests with legs: real sockets on a loopback
 * address of our own, and phones that are sockets too. The clock stands still
 * unless it is moved.
 */
#pragma once

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

static inline void say(void *owner, const struct talk_to *to,
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

static inline void move_clock(int64_t by_ms)
{
	now_ms += by_ms;
	clock_fake(now_ms, 1700000000000 + now_ms);
}

static inline void set_up(void)
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

static inline void tear_down(void)
{
	media_free(media);
	loop_free(loop);
}

static inline void run(void)
{
	for (int i = 0; i < 10; i++)
		loop_turn(loop, 0);
}

static inline struct phone phone_new(uint16_t port, const char *formats)
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

static inline struct leg *opened(const char *name, int role, const char *remote)
{
	struct leg_media wanted = {.role = role, .remote = (char *)remote};
	struct refusal why = {0};
	struct leg *leg;

	str_copy(wanted.leg, sizeof(wanted.leg), name);
	leg = leg_open(session, &wanted, &why);
	CHECK_TEXT(why.text, "");
	return leg;
}

static inline void phone_send(struct phone *phone, const struct leg *to,
			      uint8_t pt, const uint8_t *payload, size_t size)
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
static inline void phone_says(struct phone *phone, const struct leg *to,
			      uint8_t pt, uint8_t fill)
{
	uint8_t payload[160];

	memset(payload, fill, sizeof(payload));
	phone_send(phone, to, pt, payload, sizeof(payload));
}

/* What the phone hears next; false: nothing. */
static inline bool phone_hears(struct phone *phone,
			       struct rtp_packet *packet_out)
{
	static uint8_t data[RTP_PACKET_MAX];
	struct endpoint from;
	ssize_t size =
		socket_receive(phone->sockets.rtp, data, sizeof(data), &from);

	return size > 0 && rtp_parse(data, (size_t)size, packet_out);
}

static inline unsigned phone_drains(struct phone *phone)
{
	struct rtp_packet packet;
	unsigned count = 0;

	while (phone_hears(phone, &packet))
		count++;
	return count;
}

static inline void phone_free(struct phone *phone)
{
	socket_pair_close(&phone->sockets);
}

/* A second passes: everybody but those in 'quiet' has spoken. */
static inline void second(struct phone *a, const struct leg *leg_a,
			  struct phone *b, const struct leg *leg_b)
{
	move_clock(1000);
	if (a)
		phone_says(a, leg_a, 0, 1);
	if (b)
		phone_says(b, leg_b, 0, 1);
	wheel_turn(media);
}
