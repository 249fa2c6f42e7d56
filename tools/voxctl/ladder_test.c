/*
 * ladder_test.c - the story of a call, line by line.
 */
#include "tools/voxctl/ladder.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"
#include "tools/voxctl/recording.h"
#include "tools/voxctl/sdpfacts.h"

#include <stdlib.h>
#include <string.h>

#define A "CA0000000000000000000000000000000a"
#define B "CA0000000000000000000000000000000b"
#define ROOT                                                                   \
	",\"id\":\"ME1\",\"time\":1,\"call_sid\":\"" A "\",\"from\":\"x/y\","

static struct buf text = BUF_INIT(65536);

static void add(struct ladder *ladder, int64_t ms, const char *json)
{
	struct recorded recorded = {.time_ms = 1700000000000 + ms,
				    .subject = "vox.x.y.z",
				    .message = json,
				    .size = strlen(json)};
	ladder_add(ladder, &recorded, &text);
}

static struct ladder *plain_ladder(void)
{
	buf_clear(&text);
	return ladder_new(
		&(struct ladder_style){LADDER_WIDTH, true, false, false});
}

static const char incoming[] =
	"{\"type\":\"incoming\"" ROOT "\"leg\":\"" A "\",\"gateway\":\"gw0\","
	"\"from_uri\":\"sip:al@h\",\"to_uri\":\"sip:1@h\",\"sip_call_id\":"
	"\"i\","
	"\"source_ip\":\"127.0.0.1\",\"transport\":\"udp\","
	"\"dialect\":\"signalwire\",\"logic\":1}";

TEST(the_story_has_a_head_and_times_since_its_start)
{
	struct ladder *ladder = plain_ladder();
	add(ladder, 0, incoming);
	add(ladder, 17,
	    "{\"type\":\"get\"" ROOT "\"fetch\":\"FE1\",\"leg\":\"" A "\","
	    "\"url\":\"http://app/\",\"method\":\"POST\",\"body_max\":1,"
	    "\"connect_ms\":1,\"total_ms\":1,"
	    "\"params\":[{\"name\":\"CallStatus\",\"value\":\"ringing\"}]}");
	CHECK_TEXT(
		buf_text(&text),
		A "  2023-11-14T22:13:20.000Z\n\n"
		  "     ms  app  interpreter  sipgw   mediad\n"
		  "      0   |        <---------|        |  A INVITE sip:1@h "
		  "from sip:al@h over udp from 127.0.0.1\n"
		  "     17   <--------|         |        |  A POST http://app/ "
		  "CallStatus=ringing\n");
	ladder_free(ladder);
}

TEST(a_new_leg_is_introduced_with_its_callsid)
{
	struct ladder *ladder = plain_ladder();
	add(ladder, 0, incoming);
	buf_clear(&text);
	add(ladder, 5,
	    "{\"type\":\"ringing\"" ROOT "\"leg\":\"" B "\",\"status\":180,"
	    "\"phrase\":\"Ringing\"}");
	CHECK_TEXT(buf_text(&text),
		   "      5   |        |         |        |  B is " B "\n"
		   "      5   |        <---------|        |  B 180 Ringing\n");
	ladder_free(ladder);
}

TEST(long_facts_continue_below_within_the_width)
{
	struct ladder *ladder = plain_ladder();
	const char *line;
	add(ladder, 0, incoming);
	buf_clear(&text);
	add(ladder, 1,
	    "{\"type\":\"noted\"" ROOT "\"leg\":\"" A "\",\"level\":\"error\","
	    "\"code\":13243,\"text\":\"the text between <Sip> and </Sip> is "
	    "no SIP URI: write sip:user@host, for example sip:bob@10.0.0.1\"}");
	unsigned lines = 0;
	for (line = buf_text(&text); *line; line = strchr(line, '\n') + 1) {
		CHECK(strcspn(line, "\n") <= LADDER_WIDTH);
		lines++;
	}
	CHECK(lines >= 3);
	CHECK(strstr(buf_text(&text), "13243 Dial->Sip: invalid SIP URI"));
	ladder_free(ladder);
}

TEST(control_characters_of_strangers_do_not_reach_the_terminal)
{
	struct ladder *ladder = plain_ladder();
	add(ladder, 0, incoming);
	add(ladder, 1,
	    "{\"type\":\"ringing\"" ROOT "\"leg\":\"" A "\",\"status\":180,"
	    "\"phrase\":\"\\u001b[2J\\u009b\\n\"}");
	CHECK(!strchr(buf_text(&text), '\033'));
	CHECK(!strstr(buf_text(&text), "\xc2\x9b"));
	CHECK(strstr(buf_text(&text), "180 ?[2J???\n"));
	ladder_free(ladder);
}

TEST(secrets_are_masked_in_the_story)
{
	struct ladder *ladder = plain_ladder();
	add(ladder, 0,
	    "{\"type\":\"dial\"" ROOT "\"leg\":\"" B "\","
	    "\"uri\":\"sip:bob:hunter2@10.0.0.1\",\"transport\":\"udp\","
	    "\"sip_call_id\":\"i\",\"sdp\":\"v=0\",\"username\":\"u\","
	    "\"password\":\"hunter2\"}");
	CHECK(strstr(buf_text(&text), "INVITE sip:bob"));
	CHECK(!strstr(buf_text(&text), "hunter2"));
	ladder_free(ladder);
}

static void add_fetched(struct ladder *ladder)
{
	add(ladder, 0, incoming);
	buf_clear(&text);
	add(ladder, 20,
	    "{\"type\":\"fetched\"" ROOT "\"fetch\":\"FE1\",\"status\":500,"
	    "\"error\":11217,\"error_text\":\"no\",\"total_ms\":95,"
	    "\"redirects\":1,\"url\":\"https://app/2\","
	    "\"address\":\"192.0.2.7:443\",\"http_version\":20,"
	    "\"dns_ms\":3,\"connect_ms\":12,\"tls_ms\":40,"
	    "\"first_byte_ms\":80,\"sent\":\"Authorization: ***\\n\","
	    "\"headers\":\"Server: a\\nSet-Cookie: ***\\n\","
	    "\"excerpt\":\"Oops\\r\\n\\tat \\u001b[2J line 7\"}");
}

TEST(an_exchange_can_be_told_in_full)
{
	static const char lanes[] =
		"          |        |         |        |    ";
	static const char *const lines[] = {
		"> Authorization: ***",
		"HTTP/2.0 with 192.0.2.7:443, after 1 redirect",
		"DNS 3 ms, connect 9 ms, TLS 28 ms, first byte 40 ms,",
		"total 95 ms",
		"< Server: a",
		"< Set-Cookie: ***",
		"| Oops",
		"|  at ?[2J line 7",
		"from https://app/2",
	};
	struct ladder *ladder = plain_ladder();
	add_fetched(ladder);
	const char *at = buf_text(&text);
	CHECK(!strstr(at, "Server"));
	ladder_free(ladder);
	buf_clear(&text);
	ladder = ladder_new(
		&(struct ladder_style){LADDER_WIDTH, true, false, true});
	add_fetched(ladder);
	at = strstr(buf_text(&text), lanes);
	for (size_t i = 0; at && i < sizeof(lines) / sizeof(lines[0]); i++) {
		CHECK(str_starts(at, lanes));
		CHECK(str_starts(at + strlen(lanes), lines[i]));
		at = strchr(at, '\n') + 1;
	}
	CHECK_TEXT(at, "");
	ladder_free(ladder);
}

static void add_posted(const char *fields)
{
	char json[1024];
	struct ladder *ladder =
		ladder_new(&(struct ladder_style){400, true, false, false});
	add(ladder, 0, incoming);
	buf_clear(&text);
	str_format(json, sizeof(json),
		   "{\"type\":\"posted\"" ROOT "\"hook\":\"HK1\",\"leg\":\"" A
		   "\",\"event\":\"completed\",\"sequence\":3,"
		   "\"total_ms\":8,%s}",
		   fields);
	add(ladder, 9, json);
	ladder_free(ladder);
}

TEST(that_a_webhook_was_given_up_is_said_once)
{
	add_posted("\"attempt\":2,\"delivered\":false,\"given_up\":true,"
		   "\"status\":500,\"error\":67001,\"error_text\":\"given up "
		   "after attempt 2: HTTP status 500\"");
	CHECK(strstr(buf_text(&text),
		     "A #3 completed: 500 in 8 ms, attempt 2 [67001 Webhook "
		     "given up] given up after attempt 2: HTTP status 500\n"));
	add_posted("\"attempt\":1,\"delivered\":false,\"given_up\":true,"
		   "\"status\":500");
	CHECK(strstr(buf_text(&text), "A #3 completed: 500 in 8 ms, given "
				      "up\n"));
}

TEST(a_webhook_that_was_sent_again_by_hand_is_told_from_the_first_one)
{
	add_posted("\"attempt\":1,\"delivered\":true,\"status\":204,"
		   "\"again_of\":\"HK0\"");
	CHECK(strstr(buf_text(&text),
		     "A #3 completed (redelivered): 204 in 8 ms\n"));
	add_posted("\"attempt\":1,\"delivered\":true,\"status\":204");
	CHECK(strstr(buf_text(&text), "A #3 completed: 204 in 8 ms\n"));
}

TEST(what_this_version_does_not_know_is_said_so)
{
	struct ladder *ladder = plain_ladder();
	add(ladder, 0, "{\"type\":\"sung\"" ROOT "\"leg\":\"x\"}");
	add(ladder, 0, "{\"type\":\"ringing\"" ROOT "\"leg\":\"x\"}");
	add(ladder, 0, "[]");
	CHECK(strstr(buf_text(&text), "sung: unknown to this version"));
	CHECK(strstr(buf_text(&text), "ringing: ringing.status is missing"));
	CHECK(strstr(buf_text(&text), "not a message"));
	ladder_free(ladder);
}

TEST(every_message_of_the_tables_can_be_told)
{
	buf_clear(&text);
	struct ladder *ladder = ladder_new(
		&(struct ladder_style){LADDER_WIDTH, true, false, true});
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		struct envelope envelope = {
			.id = "ME1", .call_sid = A, .from = "x/y"};
		if (desc->use == PROTO_RECORD)
			continue;
		str_copy(envelope.type, sizeof(envelope.type), desc->name);
		void *message = proto_new(desc);
		proto_sample(desc, message);
		char *json = proto_encode(desc, &envelope, message, NULL);
		add(ladder, (int64_t)i, json);
		free(json);
		proto_free(desc, message);
	}
	CHECK(!text.full);
	CHECK(!strstr(buf_text(&text), "unknown to this"));
	CHECK(!strstr(buf_text(&text), "is missing"));
	ladder_free(ladder);
}

TEST(an_sdp_is_told_by_address_port_and_codecs)
{
	struct buf facts = BUF_INIT(1000);
	sdp_facts("v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
		  "a=rtpmap:101 telephone-event/8000\r\n",
		  &facts);
	CHECK_TEXT(buf_text(&facts), "10.0.0.1:4000 PCMU PCMA");
	buf_clear(&facts);
	sdp_facts("v=0\r\nm=video 1 RTP/AVP 96\r\n", &facts);
	CHECK_TEXT(buf_text(&facts), "");
	sdp_facts("m=audio 9 RTP/AVP x", &facts);
	CHECK_TEXT(buf_text(&facts), "?:9");
	buf_free(&facts);
}

TEST_MAIN()
