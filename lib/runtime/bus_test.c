/*
 * bus_test.c - the bus against a real nats-server, which dies in the middle.
 *
 * Each test program starts a server of its own on a free port, with its store
 * in a temporary folder.
 */
#include "lib/runtime/bus.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a server --- */

static struct {
	pid_t pid;
	int port;
	char dir[64];
	char url[64];
} server;

static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		abort();
	close(fd);
	return ntohs(address.sin_port);
}

static void server_run(void)
{
	char port[16];
	str_format(port, sizeof(port), "%d", server.port);
	server.pid = fork();
	if (server.pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execlp("nats-server", "nats-server", "-a", "127.0.0.1", "-p",
		       port, "-js", "-sd", server.dir, (char *)NULL);
		_exit(127);
	}
}

static void server_kill(void)
{
	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
	server.pid = 0;
}

static void server_remove(void)
{
	char command[128];
	if (server.pid)
		server_kill();
	str_format(command, sizeof(command), "rm -rf '%s'", server.dir);
	if (system(command))
		fprintf(stderr, "%s stays\n", server.dir);
}

static void server_start(void)
{
	if (server.port)
		return;
	str_copy(server.dir, sizeof(server.dir), "/tmp/vox-bus-test-XXXXXX");
	if (!mkdtemp(server.dir))
		abort();
	server.port = free_port();
	str_format(server.url, sizeof(server.url), "nats://127.0.0.1:%d",
		   server.port);
	atexit(server_remove);
	server_run();
}

/* --- a client --- */

static struct loop *loop;
static struct bus *bus;

static bool until(bool (*holds)(void), int64_t limit_ms)
{
	int64_t end_ms = clock_mono_ms() + limit_ms;
	while (!holds() && clock_mono_ms() < end_ms)
		loop_turn(loop, 20);
	return holds();
}

static bool is_up(void)
{
	return bus_state(bus) == BUS_UP;
}

static int ensured, ensure_error;

static void on_ensured(void *owner, int error, uint64_t sequence, bool repeat)
{
	(void)owner, (void)sequence, (void)repeat;
	ensured++;
	ensure_error |= error;
}

static bool all_ensured(void)
{
	return ensured == 3;
}

static void begin(void)
{
	const struct bus_stream record = {.name = "VOX",
					  .subjects = "vox.>",
					  .discard_new = true,
					  .age_max_ms = 3600000,
					  .duplicate_ms = 30000};
	const struct bus_stream hooks = {.name = "HOOKS",
					 .source = "VOX",
					 .source_filter = "vox.callbackd.>",
					 .work_queue = true,
					 .duplicate_ms = 30000};
	server_start();
	loop = loop_new();
	bus = bus_new(loop, server.url, "bus_test");
	CHECK(until(is_up, 5000));
	ensured = ensure_error = 0;
	bus_stream_ensure(bus, &record, on_ensured, NULL);
	bus_stream_ensure(bus, &hooks, on_ensured, NULL);
	bus_kv_ensure(bus, "leases", 0, on_ensured, NULL);
	CHECK(until(all_ensured, 5000));
	CHECK_INT(ensure_error, 0);
}

static void end(void)
{
	bus = bus_free(bus);
	loop = loop_free(loop);
}

static void publish_text(const char *subject, const char *id, const char *data,
			 size_t size, bus_done_fn *done)
{
	bus_publish(bus, &(struct bus_record){.subject = subject,
					      .id = id,
					      .data = data,
					      .size = size,
					      .done = done});
}

static void publish(const char *subject, unsigned number, bus_done_fn *done)
{
	char id[48], data[64];
	str_format(id, sizeof(id), "%s-%u", subject, number);
	str_format(data, sizeof(data), "{\"n\":%u}", number);
	publish_text(subject, id, data, strlen(data), done);
}

static unsigned number_in(const struct bus_message *message)
{
	return (unsigned)strtoul(message->data + strlen("{\"n\":"), NULL, 10);
}

/* --- order over a server's death --- */

#define MANY 20000U

static unsigned acked, acked_badly, seen, seen_badly;
static uint64_t last_sequence;
static bool was_caught_up;

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

static void on_caught_up(void *owner)
{
	(void)owner;
	was_caught_up = true;
}

static bool caught_up(void)
{
	return was_caught_up;
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

static int done_error;
static uint64_t done_sequence;
static bool done_repeat;
static unsigned dones;

static void on_done(void *owner, int error, uint64_t sequence, bool repeat)
{
	(void)owner;
	dones++;
	done_error = error;
	done_sequence = sequence;
	done_repeat = repeat;
}

static unsigned dones_wanted;

static bool all_done(void)
{
	return dones >= dones_wanted;
}

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

/* --- shared work --- */

static unsigned works, works_again, works_wanted;
static uint64_t work_deliveries;
static struct bus_work *held;
static enum { WORK_DONE, WORK_AGAIN, WORK_HELD } work_way;

static void on_work(void *owner, struct bus_work *work,
		    const struct bus_message *message)
{
	(void)owner;
	works++;
	works_again += message->deliveries > 1;
	work_deliveries = message->deliveries;
	if (work_way == WORK_DONE)
		bus_work_done(work);
	else if (work_way == WORK_AGAIN)
		bus_work_again(work, 100);
	else
		held = work;
}

static bool worked(void)
{
	return works >= works_wanted;
}

TEST(work_survives_the_server_and_is_handed_out_until_it_is_done)
{
	begin();
	struct bus_pull what = {.stream = "HOOKS",
				.durable = "callbackd",
				.filter = "vox.callbackd.>",
				.ack_wait_ms = 2000,
				.in_hand_max = 8,
				.arrived = on_work};
	bus_pull(bus, &what);
	for (unsigned i = 0; i < 50; i++)
		publish("vox.callbackd.any", i, NULL);
	works = works_again = 0, works_wanted = 50, work_way = WORK_DONE;
	CHECK(until(worked, 3000));
	CHECK_INT(works_again, 0);
	work_way = WORK_AGAIN, works_wanted = 51;
	publish("vox.callbackd.any", 50, NULL);
	CHECK(until(worked, 2000));
	work_way = WORK_HELD, works_wanted = 52;
	CHECK(until(worked, 2000));
	CHECK_INT(work_deliveries, 2);
	/* Settled while the server is away: acknowledged once it is back. */
	server_kill();
	for (int turn = 0; turn < 5; turn++)
		loop_turn(loop, 20);
	bus_work_done(held);
	work_way = WORK_DONE, works_wanted = 53;
	publish("vox.callbackd.any", 51, NULL);
	server_run();
	CHECK(until(worked, 5000));
	works_wanted = 54;
	until(worked, 500);
	CHECK_INT(works, 53);
	end();
}

/* --- questions, flush, listeners --- */

static unsigned heard, answered, flushed;
static int answer_error;
static char answer[32];

static void on_question(void *owner, const struct bus_message *message)
{
	(void)owner;
	heard++;
	bus_say(bus, message->reply, "yes", 3);
}

static void on_answer(void *owner, int error, const char *data, size_t size)
{
	(void)owner, (void)size;
	answered++;
	answer_error = error;
	str_copy(answer, sizeof(answer), data);
}

static bool is_answered(void)
{
	return answered > 0;
}

static void on_flushed(void *owner)
{
	(void)owner;
	flushed++;
}

static bool is_flushed(void)
{
	return flushed > 0;
}

TEST(a_question_has_one_answer_or_none)
{
	begin();
	struct bus_listener *listener =
		bus_listen(bus, "question.*", "group", on_question, NULL);
	flushed = answered = heard = 0;
	bus_flush(bus, on_flushed, NULL);
	CHECK(until(is_flushed, 1000));
	bus_ask(bus, "question.one", "", 0, 1000, on_answer, NULL);
	CHECK(until(is_answered, 2000));
	CHECK_INT(answer_error, 0);
	CHECK_TEXT(answer, "yes");
	bus_unlisten(listener);
	answered = 0;
	bus_ask(bus, "question.two", "", 0, 100, on_answer, NULL);
	CHECK(until(is_answered, 2000));
	CHECK_INT(answer_error, -ETIMEDOUT);
	CHECK_INT(heard, 1);
	end();
}

/* --- how fast --- */

#define ROUNDS 300

static int64_t acked_ns, arrived_ns;
static unsigned arrivals;

static void on_timed_ack(void *owner, int error, uint64_t sequence, bool repeat)
{
	(void)owner, (void)error, (void)sequence, (void)repeat;
	acked_ns = clock_mono_ns();
}

static void on_timed_arrival(void *owner, const struct bus_message *message)
{
	(void)owner, (void)message;
	arrivals++;
	arrived_ns = clock_mono_ns();
}

static bool both_timed(void)
{
	return acked_ns && arrived_ns;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static char came[64];

static void on_heard(void *owner, const struct bus_message *message)
{
	(void)owner;
	size_t length = strlen(came);
	str_copy(came + length, sizeof(came) - length, message->data);
}

static bool heard_three(void)
{
	return strlen(came) == 3;
}

static void publish_patiently(const char *id)
{
	bus_publish(bus, &(struct bus_record){.subject = "vox.soon.x",
					      .id = id,
					      .data = id,
					      .size = strlen(id),
					      .may_wait = true});
}

TEST(what_may_wait_keeps_its_place_and_leaves_even_alone)
{
	begin();
	struct bus_listener *listener =
		bus_listen(bus, "vox.soon.>", NULL, on_heard, NULL);
	flushed = 0;
	bus_flush(bus, on_flushed, NULL);
	CHECK(until(is_flushed, 1000));
	publish_patiently("1");
	publish_text("vox.soon.x", "2", "2", 1, NULL);
	publish_patiently("3");
	CHECK(until(heard_three, 2000));
	CHECK_TEXT(came, "123");
	bus_unlisten(listener);
	end();
}

TEST(latency_is_measured)
{
	static int64_t ack[ROUNDS], follow[ROUNDS];
	begin();
	struct bus_follow what = {.stream = "VOX",
				  .filter = "vox.time.>",
				  .first = 0,
				  .arrived = on_timed_arrival,
				  .caught_up = on_caught_up};
	was_caught_up = false;
	bus_follow(bus, &what);
	CHECK(until(caught_up, 2000));
	for (unsigned i = 0; i < ROUNDS; i++) {
		acked_ns = arrived_ns = 0;
		int64_t start_ns = clock_mono_ns();
		publish("vox.time.x", i, on_timed_ack);
		CHECK(until(both_timed, 1000));
		ack[i] = acked_ns - start_ns;
		follow[i] = arrived_ns - start_ns;
	}
	CHECK_INT(arrivals, ROUNDS);
	qsort(ack, ROUNDS, sizeof(*ack), by_size);
	qsort(follow, ROUNDS, sizeof(*follow), by_size);
	printf("  publish to ack p50 %lld us p99 %lld us; to follower p50 "
	       "%lld us p99 %lld us\n",
	       (long long)ack[ROUNDS / 2] / 1000,
	       (long long)ack[ROUNDS * 99 / 100] / 1000,
	       (long long)follow[ROUNDS / 2] / 1000,
	       (long long)follow[ROUNDS * 99 / 100] / 1000);
	end();
}

TEST_MAIN()
