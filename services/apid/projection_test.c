/*
 * projection_test.c - messages in, rows out.
 */
#include "services/apid/projection.h"

#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/test/test.h"
#include "proto/proto.h"
#include "services/apid/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "CA0000000000000000000000000000000a"
#define LEG "CA0000000000000000000000000000000b"

static struct store *store;
static uint64_t sequence;
static char seen[4096];

static void open_store(void)
{
	char error[STORE_ERROR_BYTES];
	store = store_open(":memory:", error);
	sequence = 0;
	CHECK(store);
}

static void hear_text(const char *json, int64_t time_ms)
{
	projection_hear(store, &(struct bus_message){.subject = "vox.x.y.z",
						     .data = json,
						     .size = strlen(json),
						     .sequence = ++sequence,
						     .time_ms = time_ms});
}

static void hear(const struct proto_message *desc, const void *message,
		 int64_t time_ms)
{
	struct envelope envelope = {.id = "ME1",
				    .call_sid = ROOT,
				    .account_sid = "AC1",
				    .from = "x/y"};
	str_copy(envelope.type, sizeof(envelope.type), desc->name);
	char error[PROTO_ERROR_BYTES] = "";
	char *json = proto_encode(desc, &envelope, message, error);
	CHECK_TEXT(error, "");
	hear_text(json, time_ms);
	free(json);
}

static void hear_incoming(void)
{
	struct incoming m = {0};
	proto_sample(&incoming_message, &m);
	str_copy(m.leg, sizeof(m.leg), ROOT);
	proto_set_long(&m.from_uri, "sip:al:secret@h");
	proto_set_long(&m.to_uri, "sip:1@h");
	hear(&incoming_message, &m, 1000);
	proto_clear(&incoming_message, &m);
}

static void hear_dial(void)
{
	struct dial m = {0};
	proto_sample(&dial_message, &m);
	str_copy(m.leg, sizeof(m.leg), LEG);
	proto_set_long(&m.uri, "sip:bob@h");
	hear(&dial_message, &m, 2000);
	proto_clear(&dial_message, &m);
}

static void see_call(void *owner, const struct store_call *call)
{
	(void)owner;
	snprintf(seen, sizeof(seen), "%.3s %s>%s %s %s %lld-%lld-%lld %lld %s",
		 call->parent, call->from, call->to, call->direction,
		 proto_word(&call_status_set, (int)call->status),
		 (long long)call->started_ms, (long long)call->answered_ms,
		 (long long)call->ended_ms, (long long)call->sip_status,
		 call->sip_phrase);
}

static const char *call_of(const char *sid)
{
	seen[0] = '\0';
	store_get_call(store, "AC1", sid, see_call, NULL);
	return seen;
}

static void close_store(void)
{
	CHECK_TEXT(store_error(store), "");
	store = store_close(store);
}

static void set_param(struct param *param, const char *name, const char *value)
{
	str_copy(param->name, sizeof(param->name), name);
	proto_set_long(&param->value, value);
}

static bool is_now(const char *word)
{
	return strstr(call_of(LEG), word) != NULL;
}

TEST(a_leg_that_is_over_is_what_the_application_was_told)
{
	struct failed failed = {.leg = LEG, .status = 603};
	struct get get = {.fetch = "FE1",
			  .leg = ROOT,
			  .body_max = 65536,
			  .redirects_max = 3,
			  .connect_ms = 5000,
			  .total_ms = 15000};
	struct post post = {.hook = "HK1", .leg = LEG, .event = "completed"};
	open_store();
	hear_incoming();
	hear_dial();
	hear(&failed_message, &failed, 3000);
	CHECK(is_now(" busy "));
	failed.status = 487;
	hear(&failed_message, &failed, 3000);
	CHECK(is_now(" canceled "));
	proto_set_long(&get.url, "http://app/action");
	get.method = HTTP_POST;
	set_param(&get.params[0], "DialCallSid", LEG);
	set_param(&get.params[1], "DialCallStatus", "no-answer");
	set_param(&get.params[2], "DialDeclined", "true");
	get.params_count = 3;
	hear(&get_message, &get, 3001);
	CHECK(is_now(" canceled ")); /* of the Dial, not of the leg */
	get.params_count = 2;
	hear(&get_message, &get, 3001);
	CHECK(is_now(" no-answer "));
	proto_set_long(&post.url, "http://app/status");
	post.method = HTTP_POST;
	set_param(&post.params[0], "CallStatus", "failed");
	post.params_count = 1;
	hear(&post_message, &post, 3002);
	CHECK(is_now(" failed 2000-0-3000 "));
	get.params_count = 3;
	proto_clear(&get_message, &get);
	proto_clear(&post_message, &post);
	close_store();
}

TEST(a_live_call_is_seen_as_it_goes)
{
	struct ringing ringing = {.leg = LEG, .status = 180};
	struct answered answered = {.leg = LEG, .status = 200, .phrase = "OK"};
	struct answer answer = {.leg = ROOT, .sdp = "v=0"};
	open_store();
	hear_incoming();
	CHECK_TEXT(call_of(ROOT),
		   " sip:al:***@h>sip:1@h inbound ringing 1000-0-0 0 ");
	hear(&answer_message, &answer, 1500);
	CHECK_TEXT(call_of(ROOT), " sip:al:***@h>sip:1@h inbound in-progress "
				  "1000-1500-0 0 ");
	hear_dial();
	CHECK_TEXT(call_of(LEG), "CA0 sample>sip:bob@h outbound-dial initiated "
				 "2000-0-0 0 ");
	hear(&ringing_message, &ringing, 2100);
	hear(&answered_message, &answered, 3000);
	CHECK_TEXT(call_of(LEG), "CA0 sample>sip:bob@h outbound-dial "
				 "in-progress 2000-3000-0 200 OK");
	close_store();
}

TEST(a_call_that_the_api_started_is_queued_until_it_is_dialled)
{
	struct call_start start = {.leg = ROOT, .caller_id = "alice"};
	struct dial dial = {0};
	open_store();
	proto_set_long(&start.to, "sip:bob:secret@h?X-a=1");
	str_copy(start.gateway, sizeof(start.gateway), "gw0");
	start.ring_ms = 1000;
	start.dialect = DIALECT_TWILIO;
	start.logic = 1;
	hear(&call_start_message, &start, 1000);
	proto_clear(&call_start_message, &start);
	CHECK_TEXT(call_of(ROOT),
		   " alice>sip:bob:***@h outbound-api queued 1000-0-0 0 ");
	proto_sample(&dial_message, &dial);
	str_copy(dial.leg, sizeof(dial.leg), ROOT);
	hear(&dial_message, &dial, 2000);
	proto_clear(&dial_message, &dial);
	CHECK_TEXT(call_of(ROOT),
		   " alice>sip:bob:***@h outbound-api initiated 1000-0-0 0 ");
	close_store();
}

TEST(the_end_is_told_by_call_closed)
{
	static struct call_closed closed;
	struct failed failed = {
		.leg = LEG, .status = 486, .phrase = "Busy Here"};
	open_store();
	hear_incoming();
	hear_dial();
	hear(&failed_message, &failed, 2500);
	CHECK_TEXT(call_of(LEG), "CA0 sample>sip:bob@h outbound-dial busy "
				 "2000-0-2500 486 Busy Here");
	closed =
		(struct call_closed){.status = CALL_COMPLETED, .legs_count = 2};
	struct leg_outcome *legs = closed.legs;
	legs[0] = (struct leg_outcome){.leg = ROOT,
				       .from = "al",
				       .status = CALL_COMPLETED,
				       .answered = 1400,
				       .ended = 2600};
	legs[1] = (struct leg_outcome){
		.leg = LEG, .status = CALL_NO_ANSWER, .ended = 2501};
	hear(&call_closed_message, &closed, 2700);
	CHECK_TEXT(call_of(ROOT), " al>sip:1@h inbound completed "
				  "1000-1400-2600 0 ");
	CHECK_TEXT(call_of(LEG), "CA0 sample>sip:bob@h outbound-dial no-answer "
				 "2000-0-2501 486 Busy Here");
	close_store();
}

static void see_notification(void *owner,
			     const struct store_notification *found)
{
	(void)owner;
	snprintf(seen, sizeof(seen), "%.2s %s %d %lld %s %s", found->sid,
		 found->call, (int)found->level, (long long)found->code,
		 found->text, found->url);
}

TEST(a_note_becomes_a_notification_of_its_leg)
{
	struct noted noted = {
		.leg = LEG, .level = NOTE_ERROR, .code = 13243, .text = "no"};
	open_store();
	proto_set_long(&noted.url, "http://u:p@app/");
	hear(&noted_message, &noted, 5);
	proto_clear(&noted_message, &noted);
	CHECK_INT(store_list_notifications(store, LEG, 0, 10, see_notification,
					   NULL),
		  1);
	CHECK_TEXT(seen, "NO " LEG " 2 13243 no http://u:***@app/");
	close_store();
}

static void see_event(void *owner, const struct store_request *request,
		      const struct store_attempt *attempt)
{
	size_t length = strlen(seen);
	(void)owner;
	snprintf(seen + length, sizeof(seen) - length, "%s %s %s %lld %lld\n",
		 request->method, request->url, request->params,
		 (long long)attempt->status, (long long)attempt->took_ms);
}

TEST(each_attempt_of_a_webhook_is_an_event_of_its_leg)
{
	struct post post = {.hook = "HK1",
			    .leg = LEG,
			    .method = HTTP_POST,
			    .params_count = 1,
			    .event = "ringing"};
	struct posted posted = {.hook = "HK1",
				.leg = LEG,
				.event = "ringing",
				.attempt = 1,
				.status = 500,
				.total_ms = 3};
	open_store();
	proto_set_long(&post.url, "http://app/s");
	str_copy(post.params[0].name, sizeof(post.params[0].name), "A");
	proto_set_long(&post.params[0].value, "\"b\"");
	hear(&post_message, &post, 1);
	proto_clear(&post_message, &post);
	hear(&posted_message, &posted, 2);
	posted.status = 204;
	posted.attempt = 2;
	posted.delivered = true;
	hear(&posted_message, &posted, 3);
	seen[0] = '\0';
	CHECK_INT(store_list_events(store, ROOT, LEG, 0, 10, see_event, NULL),
		  2);
	CHECK_TEXT(seen, "POST http://app/s {\"A\":\"\\\"b\\\"\"} 500 3\n"
			 "POST http://app/s {\"A\":\"\\\"b\\\"\"} 204 3\n");
	close_store();
}

TEST(what_concerns_nobody_here_is_passed_and_what_is_broken_is_logged)
{
	open_store();
	hear_text("{\"type\":\"bridge\",\"id\":\"x\"}", 1);
	hear_text("{\"type\":\"sung\"}", 1);
	hear_text("nothing", 1);
	test_expect_log("is malformed");
	hear_text("{\"type\":\"ringing\",\"id\":\"x\"}", 1);
	close_store();
}

TEST_MAIN()
