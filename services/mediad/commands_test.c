/*
 * commands_test.c - commands in, outcomes out; the bus is two functions here.
 */
#include "services/mediad/commands.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "lib/test/test.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/ports.h"
#include "services/mediad/session.h"

#include <string.h>
#include <unistd.h>

#define OFFER                                                                  \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"     \
	"t=0 0\r\nm=audio 7000 RTP/AVP 0\r\n"
#define ANSWER                                                                 \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"     \
	"t=0 0\r\nm=audio 7002 RTP/AVP 8\r\n"

static struct service service;
static struct media *media;
static struct envelope envelope;
static bool late;
/* What was said last. */
static char said_id[40];
static const struct proto_message *said_desc;
static union {
	struct leg_opened opened;
	struct bridged bridged;
	struct tone_changed changed;
	struct leg_closed closed;
	struct leg_changed leg_changed;
} said;

static void say(void *owner, const struct talk_to *to,
		const struct proto_message *desc, const void *message)
{
	CHECK(owner == &service);
	CHECK_TEXT(to->call_sid, envelope.call_sid);
	if (said_desc)
		proto_clear(said_desc, &said);
	str_copy(said_id, sizeof(said_id), to->id);
	said_desc = desc;
	proto_copy(desc, message, &said);
}

bool talk_is_late(const struct proto_message *desc, const struct envelope *of)
{
	(void)desc;
	(void)of;
	return late;
}

static void start(void)
{
	char error[MEDIA_ERROR_BYTES];

	media = media_new(service.loop, &service.settings, error);
	CHECK(media != NULL);
	media->service = &service;
	media->say = say;
	media->say_owner = &service;
}

static void set_up(void)
{
	static char host[32];
	int pid = (int)getpid();

	CHECK(str_format(host, sizeof(host), "127.81.%d.%d", pid >> 8 & 0xff,
			 pid & 0xff));
	memset(&service, 0, sizeof(service));
	memset(&envelope, 0, sizeof(envelope));
	late = false;
	service.loop = loop_new();
	service.settings.rtp_host = host;
	service.settings.rtp_advertise = "";
	service.settings.rtp_port_min = 20000;
	service.settings.rtp_port_max = 20007;
	str_copy(service.instance, sizeof(service.instance), "md0");
	str_copy(service.boot, sizeof(service.boot), "BT1");
	str_copy(envelope.call_sid, sizeof(envelope.call_sid), "CAroot");
	str_copy(envelope.id, sizeof(envelope.id), "ME1");
	start();
}

static void tear_down(void)
{
	if (said_desc)
		proto_clear(said_desc, &said);
	said_desc = NULL;
	media_free(media);
	loop_free(service.loop);
}

static void add_leg(struct leg_open *open, const char *name, int role,
		    const char *remote)
{
	struct leg_media *leg = &open->legs[open->legs_count++];

	str_copy(leg->leg, sizeof(leg->leg), name);
	leg->role = role;
	leg->remote = (char *)remote;
}

/* The usual: the caller's answer and the callee's offer in one. */
static void open_both(void)
{
	static struct leg_open open;

	memset(&open, 0, sizeof(open));
	add_leg(&open, "CAa", LEG_ROLE_ANSWER, OFFER);
	add_leg(&open, "CAb", LEG_ROLE_OFFER, NULL);
	commands_leg_open(media, &envelope, &open);
}

static void say_bridge(const char *answer)
{
	struct bridge bridge = {.a = "CAa",
				.b = "CAb",
				.answer_leg = "CAb",
				.answer = (char *)answer};

	commands_bridge(media, &envelope, &bridge);
}

static void say_close(const char *first, const char *second)
{
	static struct leg_close close;

	memset(&close, 0, sizeof(close));
	str_copy(close.legs[0].leg, sizeof(close.legs[0].leg), first);
	str_copy(close.legs[1].leg, sizeof(close.legs[1].leg), second);
	close.legs_count = 2;
	commands_leg_close(media, &envelope, &close);
}

static struct leg *leg_named(const char *name)
{
	return session_leg(session_find(media, "CAroot"), name);
}

TEST(both_legs_of_a_call_are_opened_in_one_message)
{
	set_up();
	open_both();
	CHECK(said_desc == &leg_opened_message);
	CHECK_TEXT(said.opened.mediad, "md0");
	CHECK_TEXT(said.opened.boot, "BT1");
	CHECK_INT(said.opened.legs_count, 2);
	CHECK_TEXT(said.opened.legs[0].leg, "CAa");
	CHECK(strstr(said.opened.legs[0].sdp, "RTP/AVP 0\r\n"));
	CHECK(strstr(said.opened.legs[1].sdp, "RTP/AVP 0 8 101\r\n"));
	CHECK_INT(media->legs, 2);
	tear_down();
}

TEST(a_repeat_is_answered_the_same_and_takes_nothing)
{
	char sdp[512], id[40];

	set_up();
	open_both();
	str_copy(sdp, sizeof(sdp), said.opened.legs[1].sdp);
	str_copy(id, sizeof(id), said_id);
	late = true; /* that does not matter any more */
	open_both();
	CHECK_TEXT(said.opened.legs[1].sdp, sdp);
	CHECK_TEXT(said_id, id);
	CHECK_INT(media->legs, 2);
	tear_down();
}

TEST(another_process_says_it_under_another_id)
{
	char id[40];

	set_up();
	open_both();
	str_copy(id, sizeof(id), said_id);
	str_copy(service.boot, sizeof(service.boot), "BT2");
	open_both();
	CHECK(!str_equal(said_id, id));
	tear_down();
}

TEST(a_refused_leg_does_not_take_the_others_with_it)
{
	static const struct {
		const char *offer;
		int code, status;
	} rows[] = {
		{"v=0\r\nm=audio\r\n", ERR_MEDIA_SDP, 400},
		{NULL, ERR_MEDIA_SDP, 400},
		{"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\n"
		 "m=audio 9 RTP/AVP 18\r\n",
		 ERR_MEDIA_CODEC, 488},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct leg_open open = {0};

		set_up();
		add_leg(&open, "CAa", LEG_ROLE_ANSWER, rows[i].offer);
		add_leg(&open, "CAb", LEG_ROLE_OFFER, NULL);
		test_expect_log("leg CAa refused");
		commands_leg_open(media, &envelope, &open);
		CHECK_INT(said.opened.legs[0].error, rows[i].code);
		CHECK_INT(said.opened.legs[0].status, rows[i].status);
		CHECK(said.opened.legs[0].error_text[0]);
		CHECK(said.opened.legs[0].sdp == NULL);
		CHECK(said.opened.legs[1].sdp != NULL);
		CHECK_INT(ports_taken(media->ports), 1);
		tear_down();
	}
}

TEST(when_all_ports_are_taken_the_next_leg_gets_503)
{
	struct leg_open open = {0};

	set_up(); /* 4 pairs */
	open_both();
	add_leg(&open, "CAc", LEG_ROLE_OFFER, NULL);
	add_leg(&open, "CAd", LEG_ROLE_OFFER, NULL);
	add_leg(&open, "CAe", LEG_ROLE_OFFER, NULL);
	test_expect_log("all media ports are in use");
	commands_leg_open(media, &envelope, &open);
	CHECK_INT(said.opened.legs[1].error, 0);
	CHECK_INT(said.opened.legs[2].error, ERR_MEDIA_PORTS);
	CHECK_INT(said.opened.legs[2].status, 503);
	tear_down();
}

TEST(a_late_command_and_one_while_draining_are_refused)
{
	set_up();
	late = true;
	test_expect_log("older than 30 s");
	test_expect_log("older than 30 s");
	open_both();
	CHECK_INT(said.opened.legs[0].error, ERR_LATE);
	CHECK(session_find(media, "CAroot") == NULL);
	late = false;
	media->draining = true;
	test_expect_log("takes no new calls");
	test_expect_log("takes no new calls");
	open_both();
	CHECK_INT(said.opened.legs[0].error, ERR_OVERLOAD);
	CHECK_INT(media->legs, 0);
	tear_down();
}

TEST(the_callees_answer_comes_with_the_bridge)
{
	set_up();
	open_both();
	say_bridge(ANSWER);
	CHECK(said_desc == &bridged_message);
	CHECK_INT(said.bridged.error, 0);
	CHECK_INT(leg_named("CAa")->source, LEG_BRIDGED);
	CHECK(leg_named("CAa")->peer == leg_named("CAb"));
	CHECK_INT(leg_named("CAb")->terms.codec, CODEC_PCMA);
	late = true; /* a repeat is never too late, another answer is */
	say_bridge(ANSWER);
	CHECK_INT(said.bridged.error, 0);
	test_expect_log("older than 30 s");
	say_bridge(OFFER);
	CHECK_INT(said.bridged.error, ERR_LATE);
	tear_down();
}

TEST(a_bad_answer_and_unknown_legs_are_refused)
{
	set_up();
	test_expect_log("no two such legs");
	say_bridge(ANSWER);
	CHECK_INT(said.bridged.error, ERR_MEDIA_UNKNOWN);
	open_both();
	test_expect_log("line 1");
	say_bridge("nonsense");
	CHECK_INT(said.bridged.error, ERR_MEDIA_SDP);
	CHECK(leg_named("CAa")->peer == NULL);
	test_expect_log("none of its codecs");
	say_bridge("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\n"
		   "m=audio 7002 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n");
	CHECK_INT(said.bridged.error, ERR_MEDIA_CODEC);
	tear_down();
}

static void say_change(const char *offer, const char *answer)
{
	struct leg_change change = {.leg = "CAa",
				    .change = "RE1",
				    .offer = (char *)offer,
				    .answer = (char *)answer};

	commands_leg_change(media, &envelope, &change);
}

TEST(a_change_is_answered_refused_or_offered)
{
	set_up();
	test_expect_log("no such leg");
	say_change(OFFER, NULL);
	CHECK(said_desc == &leg_changed_message);
	CHECK_INT(said.leg_changed.error, ERR_MEDIA_UNKNOWN);
	CHECK_INT(said.leg_changed.status, 500);
	open_both();
	say_change(OFFER "a=sendonly\r\n", NULL);
	CHECK_INT(said.leg_changed.error, 0);
	CHECK_TEXT(said.leg_changed.leg, "CAa");
	CHECK_TEXT(said.leg_changed.change, "RE1");
	CHECK(strstr(said.leg_changed.sdp, "a=recvonly"));
	CHECK_TEXT(said.leg_changed.sdp, leg_named("CAa")->sdp);
	test_expect_log("line 6");
	say_change("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
		   "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
		   "m=audio 7000 RTP/AVP 9\r\n",
		   NULL);
	CHECK_INT(said.leg_changed.status, 488);
	CHECK(said.leg_changed.sdp == NULL);
	CHECK(strstr(leg_named("CAa")->sdp, "a=recvonly"));
	say_change(NULL, NULL);
	CHECK(strstr(said.leg_changed.sdp, "a=sendrecv"));
	say_change(NULL, OFFER);
	CHECK_INT(said.leg_changed.error, 0);
	CHECK(said.leg_changed.sdp == NULL);
	CHECK(strstr(leg_named("CAa")->sdp, "a=sendrecv"));
	late = true;
	test_expect_log("older than");
	say_change(OFFER, NULL);
	CHECK_INT(said.leg_changed.error, ERR_LATE);
	tear_down();
}

TEST(early_media_is_replaced_by_the_answer)
{
	struct bridge bridge = {.a = "CAa",
				.b = "CAb",
				.early = true,
				.answer_leg = "CAb",
				.answer = (char *)OFFER};

	set_up();
	open_both();
	commands_bridge(media, &envelope, &bridge);
	CHECK_INT(said.bridged.error, 0);
	CHECK(said.bridged.early);
	CHECK(leg_named("CAa")->early);
	CHECK_INT(leg_named("CAb")->terms.codec, CODEC_PCMU);
	CHECK_INT(leg_silence_ms(leg_named("CAa"), INT64_MAX), 0);
	say_bridge(ANSWER);
	CHECK_INT(said.bridged.error, 0);
	CHECK(!said.bridged.early);
	CHECK(!leg_named("CAa")->early);
	CHECK_INT(leg_named("CAb")->terms.codec, CODEC_PCMA);
	CHECK(leg_silence_ms(leg_named("CAa"), INT64_MAX) > 0);
	tear_down();
}

TEST(a_tone_is_played_and_ended_by_the_bridge)
{
	struct tone tone = {.leg = "CAa", .kind = TONE_RINGBACK};

	set_up();
	commands_tone(media, &envelope, &tone);
	CHECK_INT(said.changed.error, ERR_MEDIA_UNKNOWN);
	open_both();
	commands_tone(media, &envelope, &tone);
	CHECK(said_desc == &leg_opened_message); /* no word that it plays */
	CHECK_INT(leg_named("CAa")->source, LEG_TONE);
	late = true;
	commands_tone(media, &envelope, &tone);
	CHECK(said_desc == &leg_opened_message);
	late = false;
	say_bridge(ANSWER);
	CHECK_INT(leg_named("CAa")->source, LEG_BRIDGED);
	late = true;
	commands_tone(media, &envelope, &tone);
	CHECK_INT(said.changed.error, ERR_LATE);
	late = false;
	commands_tone(media, &envelope, &tone);
	tone.kind = TONE_SILENCE;
	commands_tone(media, &envelope, &tone);
	CHECK_INT(leg_named("CAa")->source, LEG_BRIDGED);
	tear_down();
}

TEST(closing_gives_everything_back_and_may_be_repeated)
{
	set_up();
	open_both();
	say_bridge(ANSWER);
	say_close("CAa", "CAb");
	CHECK(said_desc == &leg_closed_message);
	CHECK_INT(said.closed.legs_count, 2);
	CHECK_TEXT(said.closed.legs[0].leg, "CAa");
	CHECK_TEXT(said.closed.legs[0].codec, "PCMU");
	CHECK_TEXT(said.closed.legs[0].peer, "127.0.0.1:7000");
	CHECK_TEXT(said.closed.legs[1].codec, "PCMA");
	CHECK_INT(media->legs, 0);
	CHECK_INT(ports_taken(media->ports), 0);
	CHECK_INT(media->legs, 0);
	say_close("CAa", "CAz");
	CHECK_TEXT(said.closed.legs[1].leg, "CAz");
	CHECK_INT(said.closed.legs[1].packets_in, 0);
	tear_down();
}

static char locals[2][512]; /* what both legs had answered before a crash */

static void crash_and_restore(struct leg_open *open, char *remote_b)
{
	set_up();
	open_both();
	for (unsigned i = 0; i < 2; i++)
		str_copy(locals[i], sizeof(locals[i]), said.opened.legs[i].sdp);
	media_free(media);
	start();
	add_leg(open, "CAa", LEG_ROLE_RESTORE, OFFER);
	add_leg(open, "CAb", LEG_ROLE_RESTORE, remote_b);
	open->legs[0].local = locals[0];
	open->legs[1].local = locals[1];
	commands_leg_open(media, &envelope, open);
}

TEST(after_a_crash_the_session_is_stated_again)
{
	struct leg_open open = {.bridge_a = "CAa", .bridge_b = "CAb"};

	crash_and_restore(&open, ANSWER);
	CHECK_TEXT(said.opened.legs[0].sdp, locals[0]);
	CHECK_TEXT(said.opened.legs[1].sdp, locals[1]);
	CHECK(leg_named("CAa")->peer == leg_named("CAb"));
	CHECK_INT(leg_named("CAb")->terms.codec, CODEC_PCMA);
	tear_down();
}

TEST(a_ringing_call_is_stated_again_with_its_tone)
{
	struct leg_open open = {.tone_leg = "CAa", .tone = TONE_RINGBACK};

	crash_and_restore(&open, NULL);
	CHECK_INT(leg_named("CAa")->source, LEG_TONE);
	say_bridge(ANSWER);
	CHECK_INT(said.bridged.error, 0);
	CHECK_INT(leg_named("CAa")->source, LEG_BRIDGED);
	tear_down();
}

TEST_MAIN()
