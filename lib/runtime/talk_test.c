/*
 * talk_test.c - what is heard, what is dropped, and how messages are addressed.
 */
#include "lib/runtime/talk.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/runtime/service.h"
#include "lib/test/fake_bus.h"
#include "lib/test/test.h"

#include <stdio.h>

#define CALL "CA00000000000000000000000000000001"
#define LEG "CA00000000000000000000000000000002"

static char heard[256];

static void on_cancel(void *daemon, const struct envelope *envelope,
		      const void *message)
{
	const struct cancel *cancel = message;
	CHECK_TEXT(daemon, "daemon");
	CHECK_TEXT(cancel->leg, LEG);
	str_format(heard, sizeof(heard), "%s %s %lld", envelope->type,
		   envelope->call_sid, (long long)envelope->epoch);
}

static void on_ringing(void *daemon, const struct envelope *envelope,
		       const void *message)
{
	(void)daemon, (void)message;
	str_format(heard, sizeof(heard), "%s", envelope->type);
}

static const struct talk_route routes[] = {
	{&cancel_message, on_cancel},
	{&ringing_message, on_ringing},
	{0},
};

static const struct service_shape shape = {.name = "sipgw"};
static struct service service;

/* Tests never end in it; it is what talk.c may call. */
void service_fail(struct service *failed, const char *why)
{
	(void)failed;
	test_check(false, __FILE__, __LINE__, why);
}

static void start(void)
{
	fake_bus_reset();
	heard[0] = '\0';
	clock_fake(0, 1700000000000);
	service = (struct service){.shape = &shape,
				   .settings = {.shards = 8},
				   .daemon = "daemon",
				   .instance = "gw0",
				   .from = "sipgw/gw0",
				   .account_sid = "ACfirst"};
}

static void end(void)
{
	talk_end(&service);
	fake_bus_reset();
}

static bool hear_at(uint64_t sequence, const char *json)
{
	heard[0] = '\0';
	return talk_dispatch(
		&service, routes,
		&(struct bus_message){.subject = "vox.sipgw.gw0." CALL,
				      .data = json,
				      .size = strlen(json),
				      .sequence = sequence,
				      .time_ms = (int64_t)sequence * 1000});
}

static bool hear_cancel(int64_t epoch, uint64_t sequence)
{
	struct cancel cancel = {.leg = LEG};
	struct envelope envelope = {.type = "cancel",
				    .id = "ME1",
				    .time = 1700000000000,
				    .call_sid = CALL,
				    .from = "interpreter/in0",
				    .epoch = epoch};
	char *json = proto_encode(&cancel_message, &envelope, &cancel, NULL);
	CHECK(json != NULL);
	bool good = hear_at(sequence, json);
	free(json);
	return good;
}

/* --- hearing --- */

TEST(a_message_is_decoded_and_handed_to_its_route)
{
	start();
	CHECK(hear_cancel(3, 0));
	CHECK_TEXT(heard, "cancel " CALL " 3");
	end();
}

TEST(the_type_is_found_wherever_it_stands)
{
	start();
	CHECK(hear_at(0, "{\"id\":\"ME1\",\"time\":1,\"call_sid\":\"" CALL
			 "\",\"from\":\"interpreter/in0\",\"leg\":\"" LEG
			 "\",\"type\":\"cancel\"}"));
	CHECK_TEXT(heard, "cancel " CALL " 0");
	end();
}

TEST(an_unknown_type_is_told_about_once_and_skipped)
{
	static const char *json = "{\"type\":\"dance\",\"id\":\"ME1\","
				  "\"time\":1,\"call_sid\":\"" CALL
				  "\",\"from\":\"interpreter/in0\"}";
	start();
	test_expect_log("message type \"dance\"");
	CHECK(!hear_at(0, json));
	CHECK(!hear_at(0, json));
	end();
}

TEST(malformed_messages_are_told_about_and_dropped)
{
	start();
	test_expect_log("vox.sipgw.gw0." CALL " is malformed");
	CHECK(!hear_at(0, "no json"));
	test_expect_log("cancel on vox.sipgw.gw0." CALL " is malformed");
	CHECK(!hear_at(0, "{\"type\":\"cancel\",\"id\":\"ME1\",\"time\":1,"
			  "\"call_sid\":\"" CALL
			  "\",\"from\":\"interpreter/in0\"}"));
	CHECK_TEXT(heard, "");
	end();
}

/* --- epochs --- */

TEST(a_command_of_an_owner_that_was_replaced_is_dropped)
{
	start();
	CHECK(hear_cancel(5, 0));
	CHECK(hear_cancel(5, 0));
	CHECK(hear_cancel(6, 0));
	test_expect_log("cancel of epoch 5 from interpreter/in0 is stale");
	CHECK(!hear_cancel(5, 0));
	CHECK(hear_cancel(6, 0));
	end();
}

TEST(in_a_stream_a_command_said_before_the_new_owners_first_is_in_time)
{
	start();
	CHECK(hear_cancel(5, 10));
	CHECK(hear_cancel(6, 20));
	CHECK(hear_cancel(5, 11)); /* handed out again, late */
	test_expect_log("is stale");
	CHECK(!hear_cancel(5, 51));
	CHECK(hear_cancel(6, 15)); /* the new owner began earlier than seen */
	test_expect_log("is stale");
	CHECK(!hear_cancel(5, 46));
	CHECK(hear_cancel(5, 14));
	end();
}

/* The new owner's copy of the same may have been taken for a repeat of it. */
TEST(in_a_stream_what_the_old_owner_said_soon_after_is_the_only_copy)
{
	start();
	CHECK(hear_cancel(6, 20));
	CHECK(hear_cancel(5, 21));
	CHECK(hear_cancel(5, 50)); /* 30 s */
	test_expect_log("is stale");
	CHECK(!hear_cancel(5, 51));
	end();
}

TEST(events_are_heard_whatever_their_epoch)
{
	start();
	CHECK(hear_cancel(5, 0));
	CHECK(hear_at(0, "{\"type\":\"ringing\",\"id\":\"ME1\",\"time\":1,"
			 "\"call_sid\":\"" CALL
			 "\",\"from\":\"sipgw/gw0\",\"leg\":\"" LEG
			 "\",\"status\":180}"));
	CHECK_TEXT(heard, "ringing");
	end();
}

/* --- listening --- */

TEST(a_daemon_listens_for_its_instance_and_as_one_of_its_kind)
{
	start();
	talk_listen(&service, routes);
	CHECK_INT(fake.listener_count, 2);
	CHECK_TEXT(fake.listeners[0]->subject, "vox.sipgw.gw0.>");
	CHECK_TEXT(fake.listeners[0]->queue, "");
	CHECK_TEXT(fake.listeners[1]->subject, "vox.sipgw.any.>");
	CHECK_TEXT(fake.listeners[1]->queue, "sipgw");
	talk_end(&service);
	CHECK_INT(fake.listener_count, 0);
	end();
}

/* --- saying --- */

static struct envelope said(size_t at)
{
	struct envelope envelope = {0};
	char error[PROTO_ERROR_BYTES] = "";
	if (CHECK(at < fake.said_count))
		CHECK(proto_peek(fake.said[at].data, strlen(fake.said[at].data),
				 &envelope, error));
	CHECK_TEXT(error, "");
	return envelope;
}

TEST(an_event_goes_to_the_shard_of_its_call)
{
	char subject[PROTO_SUBJECT_BYTES];
	struct ended ended = {.leg = LEG, .by = LEG_END_REMOTE};
	start();
	talk_say(&service, &(struct talk_to){.call_sid = CALL}, &ended_message,
		 &ended);
	str_format(subject, sizeof(subject), "vox.interpreter.%u." CALL,
		   id_shard(CALL, 8));
	CHECK_TEXT(fake.said[0].subject, subject);
	struct envelope envelope = said(0);
	CHECK_TEXT(envelope.type, "ended");
	CHECK_TEXT(envelope.from, "sipgw/gw0");
	CHECK_TEXT(envelope.account_sid, "ACfirst");
	CHECK_TEXT(envelope.call_sid, CALL);
	CHECK_TEXT(envelope.id, fake.said[0].id);
	CHECK(id_is("ME", envelope.id));
	CHECK_INT(envelope.time, 1700000000000);
	end();
}

TEST(a_command_goes_where_it_is_sent_with_the_id_and_epoch_that_are_given)
{
	struct cancel cancel = {.leg = LEG};
	start();
	talk_say(&service,
		 &(struct talk_to){.call_sid = CALL,
				   .target = "gw7",
				   .account_sid = "ACother",
				   .id = "MEgiven",
				   .epoch = 9},
		 &cancel_message, &cancel);
	CHECK_TEXT(fake.said[0].subject, "vox.sipgw.gw7." CALL);
	CHECK_TEXT(fake.said[0].id, "MEgiven");
	CHECK_INT(said(0).epoch, 9);
	CHECK_TEXT(said(0).account_sid, "ACother");
	talk_say(&service, &(struct talk_to){.call_sid = CALL}, &cancel_message,
		 &cancel);
	CHECK_TEXT(fake.said[1].subject, "vox.sipgw.any." CALL);
	end();
}

static int done_error;

static void on_done(void *owner, int error, uint64_t sequence, bool repeat)
{
	(void)owner, (void)sequence, (void)repeat;
	done_error = error;
}

TEST(a_message_that_breaks_its_own_table_is_not_said)
{
	struct fetched fetched = {.fetch = "FE1", .status = 1000};
	start();
	done_error = 0;
	test_expect_log("fetched cannot be said: fetched.status");
	talk_say(&service, &(struct talk_to){.call_sid = CALL, .done = on_done},
		 &fetched_message, &fetched);
	CHECK_INT(fake.said_count, 0);
	CHECK_INT(done_error, -EINVAL);
	end();
}

TEST(a_command_is_late_once_its_deadline_is_over)
{
	struct envelope envelope = {.time = 1700000000000};
	start();
	clock_fake(0, envelope.time + answer_message.deadline_ms);
	CHECK(!talk_is_late(&answer_message, &envelope));
	clock_fake(0, envelope.time + answer_message.deadline_ms + 1);
	CHECK(talk_is_late(&answer_message, &envelope));
	CHECK(!talk_is_late(&ringing_message, &envelope));
	end();
}

TEST_MAIN()
