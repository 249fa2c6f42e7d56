/*
 * bus_test.c - what is published, against a nats-server that dies in the
 * middle.
 */
#include "lib/runtime/bus_test.h"

/* --- order over a server's death --- */

#define MANY 20000U

static unsigned acked, acked_badly, seen, seen_badly;
static uint64_t last_sequence;

static void on_acked(void *owner, int error, uint64_t sequence, bool repeat)
{
	(void)owner, (void)sequence, (void)repeat;
	acked++;
	acked_badly += error != 0;
}

static void on_seen(void *owner, const struct bus_message *message)
{
	(void)owner;
	if (number_in(message) != seen || message->sequence <= last_sequence ||
	    !message->time_ms)
		seen_badly++;
	last_sequence = message->sequence;
	seen++;
}

static bool all_there(void)
{
	return acked >= MANY && seen >= MANY;
}

static bool half_there(void)
{
	return acked >= MANY / 2 && seen >= MANY / 2;
}

TEST(what_is_published_stays_whole_and_in_order_when_the_server_dies)
{
	begin();
	struct bus_follow what = {.stream = "VOX",
				  .filter = "vox.order.>",
				  .first = 1,
				  .arrived = on_seen,
				  .caught_up = on_caught_up};
	bus_follow(bus, &what);
	CHECK(until(caught_up, 2000));
	int64_t start_ms = clock_mono_ms();
	for (unsigned i = 0; i < MANY; i++) {
		char subject[32];
		str_format(subject, sizeof(subject), "vox.order.%u", i % 7);
		publish(subject, i, on_acked);
		if (i == MANY / 2)
			until(half_there, 5000);
		if (i == MANY / 2 + 1500) {
			/* Some are written, read, stored: nobody knows how far.
			 */
			loop_turn(loop, 0);
			loop_turn(loop, 1);
			CHECK(acked < i);
			server_kill();
			for (int turn = 0; turn < 10; turn++)
				loop_turn(loop, 20);
			CHECK(bus_state(bus) == BUS_AWAY);
			CHECK(bus_away_ms(bus) > 0);
			server_run();
		}
		if (i % 100 == 0 && i / 2000 != MANY / 4000)
			loop_turn(loop, 0);
	}
	CHECK(until(all_there, 8000));
	for (int turn = 0; turn < 5; turn++)
		loop_turn(loop, 20); /* nothing more must come */
	CHECK_INT(acked, MANY);
	CHECK_INT(acked_badly, 0);
	CHECK_INT(seen, MANY);
	CHECK_INT(seen_badly, 0);
	CHECK_INT(bus_backlog(bus), 0);
	printf("  %u messages over a restart in %lld ms\n", MANY,
	       (long long)(clock_mono_ms() - start_ms));
	end();
}

/* --- repeats and refusals --- */

TEST(a_repeat_is_acknowledged_with_the_first_ones_sequence)
{
	begin();
	dones = 0, dones_wanted = 1;
	publish("vox.repeat.x", 1, on_done);
	CHECK(until(all_done, 2000));
	uint64_t sequence = done_sequence;
	CHECK(!done_repeat);
	dones_wanted = 2;
	publish("vox.repeat.x", 1, on_done);
	CHECK(until(all_done, 2000));
	CHECK(done_repeat);
	CHECK_INT(done_sequence, sequence);
	end();
}

TEST(a_message_that_is_too_large_does_not_hold_up_the_next_one)
{
	begin();
	size_t size = (size_t)2 << 20;
	char *large = mem_new(size, 1);
	memset(large, 'x', size);
	test_expect_log("above max_payload");
	dones = 0, dones_wanted = 1;
	publish_text("vox.large.x", "large", large, size, on_done);
	CHECK(until(all_done, 1000));
	CHECK_INT(done_error, -EMSGSIZE);
	dones_wanted = 2;
	publish("vox.large.x", 2, on_done);
	CHECK(until(all_done, 2000));
	CHECK_INT(done_error, 0);
	free(large);
	end();
}

TEST(a_message_that_no_stream_takes_is_sent_until_one_does)
{
	begin();
	const struct bus_stream late = {
		.name = "LATE", .subjects = "late.>", .duplicate_ms = 30000};
	dones = 0, dones_wanted = 2;
	publish_text("late.x", "late-1", "{}", 2, on_done);
	publish("vox.late.x", 1, on_done);
	CHECK(!until(all_done, 300));
	bus_stream_ensure(bus, &late, NULL, NULL);
	CHECK(until(all_done, 1500)); /* well before the 2 s of patience */
	CHECK_INT(done_error, 0);
	end();
}

/* A server whose account has no room, and then has. */
static void on_full(void *owner, const struct bus_message *message)
{
	static const char full[] = "{\"error\":{\"code\":400,"
				   "\"err_code\":10002},\"seq\":0}";
	static const char taken[] = "{\"stream\":\"FULL\",\"seq\":7}";
	int *times = owner;
	const char *answer = (*times)++ ? taken : full;
	bus_say(bus, message->reply, answer, strlen(answer));
}

TEST(a_message_that_finds_the_account_full_waits_for_room)
{
	int times = 0;
	begin();
	struct bus_listener *listener =
		bus_listen(bus, "full.>", NULL, on_full, &times);
	dones = 0, dones_wanted = 1;
	publish_text("full.x", "full-1", "{}", 2, on_done);
	CHECK(until(all_done, 1500));
	CHECK_INT(done_error, 0);
	CHECK_INT(times, 2);
	bus_unlisten(listener);
	end();
}

TEST_MAIN()
