/*
 * bus_wire_test.c - questions and listeners; how fast, and how patient.
 */
#include "lib/runtime/bus_test.h"

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

/* --- a server that says nothing --- */

TEST(the_end_waits_for_no_silent_server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int silent = socket(AF_INET, SOCK_STREAM, 0);
	char url[128];
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(silent, (struct sockaddr *)&address, size) == 0);
	CHECK(listen(silent, 8) == 0);
	CHECK(getsockname(silent, (struct sockaddr *)&address, &size) == 0);
	str_format(url, sizeof(url), "127.0.0.1:%d,127.0.0.1:%d",
		   ntohs(address.sin_port), ntohs(address.sin_port));
	loop = loop_new();
	bus = bus_new(loop, url, "bus_test");
	loop_turn(loop, 50);
	int64_t began_ms = clock_mono_ms();
	end();
	CHECK(clock_mono_ms() - began_ms < 1000);
	close(silent);
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
