/*
 * claim_test.c - who gets an instance name, and who loses it.
 */
#include "lib/runtime/claim.h"

#include "lib/base/clock.h"
#include "lib/runtime/loop.h"
#include "lib/test/fake_bus.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <sys/wait.h>
#include <unistd.h>

static char held[32], lost[128];
static int64_t now_ms;
static struct loop *loop;
static struct claim *claim;

static void on_held(void *owner, const char *name)
{
	(void)owner;
	str_copy(held, sizeof(held), name);
}

static void on_lost(void *owner, const char *why)
{
	(void)owner;
	str_copy(lost, sizeof(lost), why);
}

static struct claim *claim_as(const char *name, const char *boot)
{
	return claim_new(loop, NULL,
			 &(struct claim_wish){.service = "sipgw",
					      .prefix = "gw",
					      .name = name,
					      .boot = boot,
					      .held = on_held,
					      .lost = on_lost});
}

static void start(void)
{
	fake_bus_reset();
	held[0] = lost[0] = '\0';
	now_ms = 1000;
	clock_fake(now_ms, 0);
	loop = loop_new();
}

static void end(void)
{
	claim = claim_free(claim);
	loop = loop_free(loop);
	fake_bus_reset();
}

static void pass(int64_t ms)
{
	while (ms > 0) {
		clock_fake(now_ms += ms < 100 ? ms : 100, 0);
		ms -= 100;
		loop_turn(loop, 0);
		fake_bus_run();
	}
}

/* A claim by a process that is described by 'record', put at its key. */
static void other(struct instance record, const char *name, int64_t beat)
{
	char key[64];
	str_copy(record.service, sizeof(record.service), "sipgw");
	str_copy(record.name, sizeof(record.name), name);
	str_copy(record.boot, sizeof(record.boot), "BTother");
	record.hello = 1;
	record.beat = beat;
	str_format(key, sizeof(key), "sipgw.%s", name);
	char *json = proto_encode(&instance_message, NULL, &record, NULL);
	fake_bus_set("leases", key, json);
	free(json);
}

static struct instance living(void)
{
	struct instance record;
	claim_myself(&record);
	return record;
}

static struct instance elsewhere(void)
{
	struct instance record = living();
	str_copy(record.host, sizeof(record.host), "another machine");
	return record;
}

static struct instance dead(void)
{
	struct instance record = living();
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	record.pid = child;
	return record;
}

static struct instance read_back(const char *key)
{
	struct instance record = {0};
	const struct fake_entry *entry = fake_entry("leases", key);
	if (CHECK(entry && entry->data))
		proto_decode(&instance_message, entry->data,
			     strlen(entry->data), NULL, &record, NULL);
	return record;
}

TEST(the_first_process_gets_the_first_name)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	CHECK_TEXT(held, "gw0");
	CHECK(claim_is_held(claim));
	struct instance record = read_back("sipgw.gw0");
	CHECK_TEXT(record.boot, "BTme");
	CHECK_INT(record.hello, 0);
	CHECK_INT(record.pid, getpid());
	end();
}

TEST(a_name_whose_process_lives_on_this_machine_is_passed_over_at_once)
{
	start();
	other(living(), "gw0", 1);
	claim = claim_as("", "BTme");
	fake_bus_run();
	CHECK_TEXT(held, "gw1");
	end();
}

TEST(a_name_whose_process_died_on_this_machine_is_taken_at_once)
{
	start();
	other(dead(), "gw0", 1);
	claim = claim_as("", "BTme");
	fake_bus_run();
	CHECK_TEXT(held, "gw0");
	end();
}

TEST(a_pid_that_came_again_does_not_hold_the_name)
{
	start();
	struct instance record = living();
	record.pid_started--;
	other(record, "gw0", 1);
	claim = claim_as("", "BTme");
	fake_bus_run();
	CHECK_TEXT(held, "gw0");
	end();
}

TEST(a_silent_name_of_another_machine_is_taken_after_two_and_a_half_seconds)
{
	start();
	other(elsewhere(), "gw0", 1);
	claim = claim_as("", "BTme");
	fake_bus_run();
	pass(2400);
	CHECK_TEXT(held, "");
	pass(200);
	CHECK_TEXT(held, "gw0");
	end();
}

TEST(a_name_of_another_machine_that_is_renewed_is_passed_over)
{
	start();
	other(elsewhere(), "gw0", 1);
	claim = claim_as("", "BTme");
	fake_bus_run();
	pass(1000);
	other(elsewhere(), "gw0", 2);
	pass(1600);
	CHECK_TEXT(held, "gw1");
	end();
}

TEST(a_name_that_was_asked_for_is_waited_for_and_taken_when_given_back)
{
	start();
	other(elsewhere(), "edge", 1);
	claim = claim_as("edge", "BTme");
	fake_bus_run();
	test_expect_log("waiting: name edge (VOXBUS_INSTANCE) is held");
	for (int64_t beat = 2; beat < 9; beat++) {
		pass(1000);
		other(elsewhere(), "edge", beat);
	}
	CHECK_TEXT(held, "");
	CHECK(strstr(claim_holder(claim), "another machine") != NULL);
	fake_bus_set("leases", "sipgw.edge", NULL);
	fake_bus_run();
	CHECK_TEXT(held, "edge");
	end();
}

TEST(a_name_that_was_asked_for_and_stays_held_is_given_up_after_ten_seconds)
{
	start();
	other(living(), "edge", 1);
	claim = claim_as("edge", "BTme");
	fake_bus_run();
	test_expect_log("waiting: name edge (VOXBUS_INSTANCE) is held");
	for (int64_t beat = 2; beat < 17 && !lost[0]; beat++) {
		pass(1000);
		other(living(), "edge", beat);
	}
	CHECK(str_starts(lost, "name edge (VOXBUS_INSTANCE) is held"));
	CHECK_TEXT(held, "");
	end();
}

TEST(of_two_that_start_together_each_gets_a_name)
{
	start();
	claim = claim_as("", "BTme");
	fake.hide = true; /* the other one's put is not seen in time */
	other(elsewhere(), "gw0", 1);
	fake.hide = false;
	struct fake_entry *entry = fake_entry("leases", "sipgw.gw0");
	struct fake_entry hidden = *entry;
	fake.entry_count = 0;
	fake.followers[0]->fresh = false;
	fake.followers[0]->caught_up(claim);
	fake.entries[fake.entry_count++] = hidden;
	fake_bus_run();
	CHECK_TEXT(held, "");
	fake_show(fake.followers[0], &hidden);
	other(elsewhere(), "gw0", 2);
	pass(200);
	CHECK_TEXT(held, "gw1");
	end();
}

TEST(a_claim_is_renewed_every_second)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	pass(3100);
	CHECK_INT(read_back("sipgw.gw0").beat, 4);
	end();
}

TEST(hello_is_raised_by_one_and_draining_is_told)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	claim_hello(claim);
	fake_bus_run();
	CHECK_INT(read_back("sipgw.gw0").hello, 1);
	claim_hello(claim);
	claim_drain(claim); /* while the hello is on its way */
	fake_bus_run();
	CHECK_INT(read_back("sipgw.gw0").hello, 2);
	CHECK(read_back("sipgw.gw0").draining);
	end();
}

TEST(a_claim_that_another_process_took_is_lost)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	other(elsewhere(), "gw0", 1);
	CHECK_TEXT(lost, "another process took the instance name");
	CHECK(!claim_is_held(claim));
	end();
}

TEST(a_claim_that_somebody_deleted_is_lost)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	fake_bus_set("leases", "sipgw.gw0", NULL);
	CHECK_TEXT(lost, "the instance name was deleted");
	end();
}

TEST(a_renewal_whose_answer_was_lost_does_not_lose_the_claim)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	fake.lie_once = true;
	pass(1100);
	CHECK_TEXT(lost, "");
	int64_t beat = read_back("sipgw.gw0").beat;
	pass(2000);
	CHECK(read_back("sipgw.gw0").beat > beat);
	CHECK(claim_is_held(claim));
	end();
}

TEST(a_first_put_whose_answer_was_lost_still_gets_the_name)
{
	start();
	claim = claim_as("", "BTme");
	fake.lie_once = true;
	fake_bus_run();
	pass(300);
	CHECK_TEXT(held, "gw0");
	end();
}

TEST(a_claim_whose_record_is_gone_without_a_trace_is_lost_after_five_seconds)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	fake.entries[0].revision = 99; /* another store, and nothing shown */
	pass(5000);
	CHECK_TEXT(lost, "");
	pass(1500);
	CHECK_TEXT(lost, "the record of the instance name is gone");
	end();
}

TEST(a_name_that_is_given_up_is_free)
{
	start();
	claim = claim_as("", "BTme");
	fake_bus_run();
	claim_give_up(claim);
	CHECK(!claim_is_gone(claim));
	fake_bus_run();
	CHECK(claim_is_gone(claim));
	CHECK(fake_entry("leases", "sipgw.gw0")->data == NULL);
	claim = claim_free(claim);
	held[0] = '\0';
	claim = claim_as("", "BTnext");
	fake_bus_run();
	CHECK_TEXT(held, "gw0");
	end();
}

TEST_MAIN()
