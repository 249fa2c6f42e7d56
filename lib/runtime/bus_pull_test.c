/*
 * bus_pull_test.c - work that is shared out, over a server's death.
 */
#include "lib/runtime/bus_test.h"

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
				.filter = "hooks.>",
				.ack_wait_ms = 2000,
				.in_hand_max = 8,
				.arrived = on_work};
	bus_pull(bus, &what);
	for (unsigned i = 0; i < 50; i++)
		publish("hooks.any", i, NULL);
	works = works_again = 0, works_wanted = 50, work_way = WORK_DONE;
	CHECK(until(worked, 3000));
	CHECK_INT(works_again, 0);
	work_way = WORK_AGAIN, works_wanted = 51;
	publish("hooks.any", 50, NULL);
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
	publish("hooks.any", 51, NULL);
	server_run();
	CHECK(until(worked, 5000));
	works_wanted = 54;
	until(worked, 500);
	CHECK_INT(works, 53);
	end();
}

/* --- a connection that ends while the server lives --- */

static void cut_connections(void)
{
	for (int fd = 3; fd < 64; fd++) {
		struct sockaddr_in peer;
		socklen_t size = sizeof(peer);
		if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
		    ntohs(peer.sin_port) == server.port)
			shutdown(fd, SHUT_RDWR);
	}
}

static bool is_away(void)
{
	return !is_up();
}

/* The server may keep the request of before: twice what we can hold comes. */
TEST(after_a_reconnect_no_more_is_asked_for_than_hands_are_free)
{
	begin();
	struct bus_pull what = {.stream = "VOX",
				.durable = "few",
				.filter = "vox.few.>",
				.ack_wait_ms = 30000,
				.in_hand_max = 4,
				.arrived = on_work};
	bus_pull(bus, &what);
	works = 0, works_wanted = 1, work_way = WORK_DONE;
	publish("vox.few.any", 0, NULL);
	CHECK(until(worked, 3000));
	cut_connections();
	CHECK(until(is_away, 2000));
	CHECK(until(is_up, 3000));
	works = 0, works_wanted = 9, work_way = WORK_HELD;
	for (unsigned i = 1; i <= 40; i++)
		publish("vox.few.any", i, NULL);
	CHECK(!until(worked, 500));
	CHECK(works >= 3);
	end();
}

TEST_MAIN()
