/*
 * setup_test.c - the first daemon makes what is missing, the others agree.
 */
#include "lib/runtime/setup.h"

#include "lib/base/clock.h"
#include "lib/runtime/loop.h"
#include "lib/test/fake_bus.h"
#include "lib/test/test.h"

static struct loop *loop;
static char secret[SETUP_SECRET_BYTES], failure[256];
static int64_t now_ms;

static void on_done(void *owner, const char *value)
{
	(void)owner;
	str_copy(secret, sizeof(secret), value);
}

static void on_failed(void *owner, const char *why)
{
	(void)owner;
	str_copy(failure, sizeof(failure), why);
}

static void start(void)
{
	fake_bus_reset();
	secret[0] = failure[0] = '\0';
	clock_fake(now_ms = 1000, 0);
	loop = loop_new();
}

static void end(void)
{
	loop = loop_free(loop);
	fake_bus_reset();
}

static struct setup *begin(int64_t shards)
{
	return setup_new(loop, NULL,
			 &(struct setup_wish){.shards = shards,
					      .record_hours = 72,
					      .record_mb = 100,
					      .done = on_done,
					      .failed = on_failed});
}

static void pass(unsigned turns)
{
	for (unsigned i = 0; i < turns; i++) {
		clock_fake(now_ms += 100, 0);
		loop_turn(loop, 0);
		fake_bus_run();
	}
}

TEST(the_first_daemon_makes_streams_buckets_shards_and_secret)
{
	start();
	struct setup *setup = begin(8);
	CHECK_TEXT(setup_step(setup), "stream HOOKS");
	pass(20);
	CHECK_TEXT(fake.ensured, "VOX HOOKS DEAD leases dialogs legs config ");
	CHECK_TEXT(fake_entry("config", "shards")->data, "8");
	CHECK_INT(strlen(secret), 64);
	CHECK_TEXT(fake_entry("config", "secret")->data, secret);
	CHECK_TEXT(setup_step(setup), "");
	CHECK_INT(fake.follower_count, 0);
	setup_free(setup);
	end();
}

TEST(a_disk_that_is_too_small_gets_a_smaller_record)
{
	start();
	fake.room_bytes = 30 << 20;
	test_expect_log("no room for a record of 100 MiB: trying 50");
	test_expect_log("no room for a record of 50 MiB: trying 25");
	struct setup *setup = begin(8);
	pass(20);
	CHECK_INT(fake.record_bytes, 25 << 20);
	CHECK_INT(strlen(secret), 64);
	setup_free(setup);
	end();
}

TEST(a_disk_without_room_is_an_error_that_is_tried_again)
{
	start();
	fake.room_bytes = 1 << 20;
	test_expect_log("trying 50");
	test_expect_log("trying 25");
	test_expect_log("stream VOX cannot be made: No space left on device");
	struct setup *setup = begin(8);
	pass(3);
	CHECK_TEXT(setup_step(setup), "stream VOX");
	setup_free(setup);
	end();
}

TEST(a_later_daemon_takes_the_values_that_are_there)
{
	static const char kept[] = "0123456789abcdef0123456789abcdef"
				   "0123456789abcdef0123456789abcdef";
	start();
	fake_bus_set("config", "shards", "4");
	fake_bus_set("config", "secret", kept);
	struct setup *setup = begin(4);
	pass(20);
	CHECK_TEXT(secret, kept);
	setup_free(setup);
	end();
}

TEST(another_number_of_shards_is_refused)
{
	start();
	fake_bus_set("config", "shards", "8");
	struct setup *setup = begin(4);
	pass(20);
	CHECK_TEXT(failure, "VOXBUS_SHARDS=\"4\" is wrong: this installation "
			    "has 8, fixed at its first start");
	CHECK_TEXT(secret, "");
	setup_free(setup);
	end();
}

TEST(a_value_that_is_none_of_ours_is_refused)
{
	start();
	fake_bus_set("config", "shards", "8");
	fake_bus_set("config", "secret", "short");
	struct setup *setup = begin(8);
	pass(20);
	CHECK_TEXT(failure, "key secret in bucket config is none of voxbus");
	setup_free(setup);
	end();
}

TEST(of_two_first_daemons_the_slower_one_takes_the_others_value)
{
	start();
	struct setup *setup = begin(8);
	for (unsigned i = 0; i < 7; i++) /* up to the number of shards */
		loop_turn(loop, 0);
	CHECK_TEXT(setup_step(setup), "number of shards");
	fake.followers[0]->fresh = false;
	fake.followers[0]->caught_up(setup);    /* nothing there: it proposes */
	fake_bus_set("config", "shards", "16"); /* the other is faster */
	pass(3);
	CHECK(strstr(failure, "this installation has 16") != NULL);
	setup_free(setup);
	end();
}

TEST(the_answer_to_a_proposal_that_lost_is_waited_for)
{
	static const char kept[] = "0123456789abcdef0123456789abcdef"
				   "0123456789abcdef0123456789abcdef";
	start();
	fake_bus_set("config", "shards", "8");
	struct setup *setup = begin(8);
	for (loop_turn(loop, 0);
	     !str_equal(setup_step(setup), "installation's secret");
	     loop_turn(loop, 0))
		fake_bus_run();
	fake.followers[0]->fresh = false;
	fake.followers[0]->caught_up(setup); /* nothing there: it proposes */
	CHECK_INT(fake.put_count, 1);
	fake_bus_set("config", "secret", kept); /* the other is faster */
	loop_turn(loop, 0);
	CHECK_TEXT(secret, "");
	pass(2);
	CHECK_TEXT(secret, kept);
	setup_free(setup);
	end();
}

TEST(a_step_that_fails_is_tried_again)
{
	start();
	fake.ensure_error = -EINVAL;
	test_expect_log("stream VOX cannot be made");
	struct setup *setup = begin(8);
	pass(10);
	CHECK_TEXT(fake.ensured, "VOX ");
	fake.ensure_error = 0;
	pass(30);
	CHECK_INT(strlen(secret), 64);
	setup_free(setup);
	end();
}

TEST_MAIN()
