/*
 * orders_test.c - an order from the request to its answer, with a bus and an
 * HTTP server that do as they are told.
 */
#include "services/apid/orders.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "lib/runtime/service.h"
#include "lib/test/test.h"
#include "services/apid/projection.h"
#include "services/apid/rest.h"
#include "services/apid/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT "AC00000000000000000000000000000001"
#define CALL "CA00000000000000000000000000000009"
#define LATE_LINE "is not on record after"

static struct service service;
static struct rest rest;
static struct orders *orders;
static struct call_start *start;
static struct call_change *change;

/* What was said, and whom its fate is to be told. */
static struct talk_to said;
static const struct proto_message *said_desc;
static int fate_at_once; /* 0: it is told later */

/* The client's side of the latest request. */
static struct httpd_answer got;
static unsigned answers;

void talk_say(struct service *by, const struct talk_to *to,
	      const struct proto_message *desc, const void *message)
{
	CHECK(by == &service && message);
	said = *to;
	said_desc = desc;
	if (fate_at_once)
		to->done(to->owner, fate_at_once, 0, false);
}

struct httpd_late *httpd_late(const struct httpd_request *request,
			      struct httpd_answer *answer)
{
	(void)request;
	answer->late = true;
	return (struct httpd_late *)(void *)&got;
}

void httpd_late_answer(struct httpd_late *late,
		       const struct httpd_answer *answer)
{
	CHECK(late == (struct httpd_late *)(void *)&got);
	free(got.body);
	got = *answer;
	answers++;
}

static void open_all(void)
{
	char error[STORE_ERROR_BYTES];
	clock_fake(1000, 1700000000000);
	memset(&said, 0, sizeof(said));
	free(got.body);
	memset(&got, 0, sizeof(got));
	answers = 0;
	fate_at_once = 0;
	service = (struct service){.loop = loop_new()};
	rest = (struct rest){.store = store_open(":memory:", error),
			     .dialect = DIALECT_TWILIO};
	orders = orders_new(&service, &rest);
	start = proto_new(&call_start_message);
	change = proto_new(&call_change_message);
	str_copy(start->leg, sizeof(start->leg), CALL);
	proto_set_long(&start->to, "sip:bob@h");
}

static void close_all(void)
{
	orders_free(orders);
	store_close(rest.store);
	loop_free(service.loop);
	proto_free(&call_start_message, start);
	proto_free(&call_change_message, change);
}

static void take(const struct proto_message *desc, const void *message)
{
	struct httpd_answer answer = {0};
	orders_take(orders,
		    &(struct rest_order){.desc = desc,
					 .message = message,
					 .account = ACCOUNT,
					 .root = CALL,
					 .sid = CALL,
					 .base = "/2010-04-01"},
		    NULL, &answer);
	CHECK(answer.late);
}

static void recorded(uint64_t sequence)
{
	said.done(said.owner, 0, sequence, false);
}

static void wait_ms(int64_t ms)
{
	clock_fake(clock_mono_ms() + ms, clock_wall_ms() + ms);
	loop_turn(service.loop, 0);
}

static void project(uint64_t sequence)
{
	projection_put_start(rest.store, ACCOUNT, clock_wall_ms(), start);
	orders_projected(orders, sequence);
}

static bool has(const char *words)
{
	return got.body && strstr(got.body, words);
}

TEST(a_call_that_is_on_record_is_answered_when_it_is_projected)
{
	open_all();
	take(&call_start_message, start);
	CHECK_TEXT(said.call_sid, CALL);
	CHECK_TEXT(said.account_sid, ACCOUNT);
	CHECK(said_desc == &call_start_message);
	recorded(7);
	CHECK_INT(answers, 0);
	project(6);
	CHECK_INT(answers, 0);
	project(7);
	CHECK_INT(answers, 1);
	CHECK_INT(got.status, 201);
	CHECK(has("\"sid\":\"" CALL "\"") && has("\"status\":\"queued\""));
	wait_ms(ORDER_RECORD_MS + 1);
	CHECK_INT(answers, 1);
	close_all();
}

TEST(what_was_projected_before_its_acknowledgement_is_answered_at_once)
{
	open_all();
	take(&call_start_message, start);
	project(9);
	CHECK_INT(answers, 0);
	recorded(9);
	CHECK_INT(answers, 1);
	CHECK_INT(got.status, 201);
	close_all();
}

TEST(where_the_projection_is_behind_the_answer_comes_after_two_seconds)
{
	open_all();
	take(&call_start_message, start);
	recorded(7);
	wait_ms(ORDER_PROJECT_MS - 1);
	CHECK_INT(answers, 0);
	wait_ms(2);
	CHECK_INT(answers, 1);
	CHECK_INT(got.status, 201);
	CHECK(has("\"to\":\"sip:bob@h\""));
	close_all();
}

TEST(what_is_not_on_record_after_ten_seconds_is_503_and_names_the_call)
{
	open_all();
	take(&call_start_message, start);
	wait_ms(ORDER_RECORD_MS - 1);
	CHECK_INT(answers, 0);
	test_expect_log(LATE_LINE);
	wait_ms(2);
	CHECK_INT(answers, 1);
	CHECK_INT(got.status, 503);
	CHECK(has("\"code\":66001") && has("(CallSid " CALL ")"));
	CHECK_TEXT(got.extra_name, "Retry-After");
	recorded(7); /* late: it is done, nobody is told again */
	CHECK_INT(answers, 1);
	close_all();
}

TEST(what_the_bus_does_not_take_is_503_also_at_once)
{
	open_all();
	take(&call_start_message, start);
	said.done(said.owner, -ENOSPC, 0, false);
	CHECK_INT(answers, 1);
	CHECK_INT(got.status, 503);
	CHECK(has("The bus does not take it"));
	fate_at_once = -EINVAL;
	take(&call_start_message, start);
	CHECK_INT(answers, 2);
	CHECK_INT(got.status, 503);
	close_all();
}

TEST(a_change_is_answered_with_the_call_as_it_is_and_never_makes_one)
{
	open_all();
	project(5);
	take(&call_change_message, change);
	recorded(8);
	orders_projected(orders, 8);
	CHECK_INT(answers, 1);
	CHECK_INT(got.status, 200);
	store_reset(rest.store, "another");
	take(&call_change_message, change);
	recorded(9);
	wait_ms(ORDER_PROJECT_MS + 1);
	CHECK_INT(answers, 2);
	CHECK_INT(got.status, 503);
	CHECK(has("It is not known any more"));
	close_all();
}

TEST(orders_that_wait_at_the_end_are_freed)
{
	open_all();
	take(&call_start_message, start);
	take(&call_change_message, change);
	recorded(7);
	close_all();
	CHECK_INT(answers, 0);
}

TEST_MAIN()
