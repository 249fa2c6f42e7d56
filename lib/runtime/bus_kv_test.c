/*
 * bus_kv_test.c - keys of a bucket, against a nats-server that dies.
 */
#include "lib/runtime/bus_test.h"

#include "lib/base/buf.h"
#include "lib/runtime/metrics.h"

/* --- keys --- */

TEST(the_second_of_two_that_replace_a_key_loses)
{
	begin();
	dones = 0, dones_wanted = 1;
	bus_kv_put(bus, "leases", "a.b", "one", 3, 0, on_done, NULL);
	CHECK(until(all_done, 2000));
	CHECK_INT(done_error, 0);
	uint64_t revision = done_sequence;
	dones_wanted = 3;
	bus_kv_put(bus, "leases", "a.b", "two", 3, (int64_t)revision, on_done,
		   NULL);
	bus_kv_put(bus, "leases", "a.b", "new", 3, (int64_t)revision, on_done,
		   NULL);
	CHECK(until(all_done, 2000));
	CHECK_INT(done_error, -EEXIST);
	dones_wanted = 4;
	bus_kv_put(bus, "leases", "a.b", "new", 3, 0, on_done, NULL);
	CHECK(until(all_done, 2000));
	CHECK_INT(done_error, -EEXIST);
	end();
}

static int64_t times_resent(void)
{
	static const char name[] = "\nvox_bus_resent_total ";
	struct buf text = BUF_INIT(1024 * 1024);
	int64_t times = -1;
	metrics_print(&text);
	const char *at = strstr(buf_text(&text), name);
	if (at)
		times = strtoll(at + strlen(name), NULL, 10);
	buf_free(&text);
	return times;
}

static int question_error;

static void on_question_over(void *owner, int error, const char *data,
			     size_t size)
{
	(void)owner, (void)data, (void)size;
	question_error = error;
}

static bool question_is_over(void)
{
	return question_error != 0;
}

TEST(a_question_that_nobody_hears_sends_no_key_again)
{
	begin();
	int64_t before = times_resent();
	CHECK(before >= 0);
	dones = 0, dones_wanted = 1;
	question_error = 0;
	bus_ask(bus, "nobody.here", "", 0, 200, on_question_over, NULL);
	bus_kv_put(bus, "leases", "q.1", "one", 3, BUS_KV_ANY, on_done, NULL);
	CHECK(until(all_done, 2000));
	CHECK_INT(done_error, 0);
	CHECK(until(question_is_over, 2000));
	CHECK_INT(question_error, -ETIMEDOUT);
	CHECK_INT(times_resent(), before);
	end();
}

static unsigned changes;
static char last_key[32], last_value[32];

static void on_changed(void *owner, const struct bus_entry *entry)
{
	(void)owner;
	changes++;
	str_copy(last_key, sizeof(last_key), entry->key);
	str_copy(last_value, sizeof(last_value),
		 entry->data ? entry->data : "(deleted)");
}

static unsigned changes_wanted;

static bool changed(void)
{
	return changes >= changes_wanted;
}

static bool never(void)
{
	return false;
}

TEST(a_key_that_is_forgotten_leaves_no_mark)
{
	begin();
	dones = 0, dones_wanted = 3;
	bus_kv_put(bus, "leases", "f.1", "one", 3, BUS_KV_ANY, on_done, NULL);
	bus_kv_put(bus, "leases", "f.2", "two", 3, BUS_KV_ANY, on_done, NULL);
	bus_kv_forget(bus, "leases", "f.1");
	bus_kv_delete(bus, "leases", "f.2", on_done, NULL);
	CHECK(until(all_done, 2000));
	until(never, 200);
	changes = 0, changes_wanted = 1;
	struct bus_follower *watch =
		bus_kv_watch(bus, "leases", "f.*", on_changed, NULL, NULL);
	CHECK(until(changed, 2000));
	until(never, 200);
	CHECK_INT(changes, 1);
	CHECK_TEXT(last_key, "f.2");
	CHECK_TEXT(last_value, "(deleted)");
	bus_unfollow(watch);
	end();
}

static bool all_settled(void)
{
	return bus_backlog(bus) == 0;
}

TEST(a_key_is_forgotten_even_when_the_server_dies_meanwhile)
{
	begin();
	dones = 0, dones_wanted = 1;
	bus_kv_put(bus, "leases", "g.1", "one", 3, BUS_KV_ANY, on_done, NULL);
	CHECK(until(all_done, 2000));
	server_kill();
	bus_kv_put(bus, "leases", "g.1", "two", 3, BUS_KV_ANY, NULL, NULL);
	bus_kv_forget(bus, "leases", "g.1");
	server_run();
	CHECK(until(all_settled, 8000));
	changes = 0, was_caught_up = false;
	struct bus_follower *watch = bus_kv_watch(
		bus, "leases", "g.*", on_changed, on_caught_up, NULL);
	CHECK(until(caught_up, 2000));
	CHECK_INT(changes, 0);
	bus_unfollow(watch);
	end();
}

TEST(a_watched_key_is_seen_now_later_and_after_the_servers_death)
{
	begin();
	dones = 0, dones_wanted = 2, changes = 0, was_caught_up = false;
	bus_kv_put(bus, "leases", "w.x", "1", 1, BUS_KV_ANY, on_done, NULL);
	bus_kv_put(bus, "leases", "w.x", "2", 1, BUS_KV_ANY, on_done, NULL);
	CHECK(until(all_done, 2000));
	bus_kv_watch(bus, "leases", "w.>", on_changed, on_caught_up, NULL);
	CHECK(until(caught_up, 2000));
	CHECK_INT(changes, 1);
	CHECK_TEXT(last_key, "w.x");
	CHECK_TEXT(last_value, "2");
	changes_wanted = 2;
	bus_kv_delete(bus, "leases", "w.x", NULL, NULL);
	CHECK(until(changed, 2000));
	CHECK_TEXT(last_value, "(deleted)");
	server_kill();
	server_run();
	changes_wanted = 3;
	bus_kv_put(bus, "leases", "w.y", "3", 1, BUS_KV_ANY, NULL, NULL);
	CHECK(until(changed, 5000));
	CHECK_INT(changes, 3);
	CHECK_TEXT(last_key, "w.y");
	end();
}

TEST(an_empty_filter_is_caught_up_at_once_and_sees_what_comes_later)
{
	begin();
	changes = 0, was_caught_up = false, changes_wanted = 1;
	bus_kv_watch(bus, "leases", "e.>", on_changed, on_caught_up, NULL);
	CHECK(until(caught_up, 2000));
	CHECK_INT(changes, 0);
	server_kill();
	server_run();
	bus_kv_put(bus, "leases", "e.y", "4", 1, BUS_KV_ANY, NULL, NULL);
	CHECK(until(changed, 5000));
	CHECK_TEXT(last_value, "4");
	end();
}

TEST_MAIN()
