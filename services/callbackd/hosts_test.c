/*
 * hosts_test.c - a dead host keeps to itself.
 */
#include "services/callbackd/hosts.h"

#include "lib/base/clock.h"
#include "lib/test/test.h"

#define SEATS 200

static struct hosts *hosts;
static struct host_seat seats[SEATS];
static unsigned went, turned_away;

static void go(struct host_seat *seat)
{
	(void)seat;
	went++;
}

static void away(struct host_seat *seat)
{
	(void)seat;
	turned_away++;
}

static void set_up(void)
{
	clock_fake(1000, 0);
	went = turned_away = 0;
	hosts = hosts_new(go, away);
	for (int i = 0; i < SEATS; i++)
		seats[i] = (struct host_seat){0};
}

static unsigned enter(int first, int count, enum host_answer wanted)
{
	unsigned as_wanted = 0;
	for (int i = first; i < first + count; i++)
		as_wanted +=
			hosts_enter(hosts, "http://a:80", &seats[i]) == wanted;
	return as_wanted;
}

static void leave(int first, int count)
{
	for (int i = first; i < first + count; i++)
		hosts_leave(hosts, &seats[i]);
}

TEST(only_so_many_run_at_once)
{
	set_up();
	CHECK_INT(enter(0, 32, HOST_RUNS), 32);
	CHECK_INT(enter(32, 3, HOST_WAITS), 3);
	CHECK_INT(hosts_enter(hosts, "http://b:80", &seats[99]), HOST_RUNS);
	leave(0, 1);
	CHECK_INT(went, 1);
	leave(33, 1); /* one that waits gives up */
	leave(1, 1);
	CHECK_INT(went, 2);
	leave(2, 33);
	leave(99, 1);
	CHECK_INT(went, 2);
	hosts_free(hosts);
}

TEST(a_stuck_host_keeps_few_waiting)
{
	set_up();
	enter(0, 132, HOST_WAITS);
	hosts_tick(hosts);
	CHECK_INT(turned_away, 0);
	clock_fake(1000 + HOSTS_STUCK_MS, 0);
	hosts_tick(hosts);
	CHECK_INT(turned_away, 100 - HOSTS_STUCK_WAITING);
	CHECK_INT(enter(132, 5, HOST_AWAY), 5);
	leave(0, 1); /* it lives */
	CHECK_INT(went, 1);
	CHECK_INT(enter(140, 5, HOST_WAITS), 5);
	leave(1, SEATS - 1);
	hosts_free(hosts);
}

TEST(a_busy_host_that_goes_on_is_not_stuck)
{
	set_up();
	enter(0, 132, HOST_WAITS);
	for (int i = 0; i < 10; i++) {
		clock_fake(1000 + (i + 1) * (HOSTS_STUCK_MS - 1), 0);
		leave(i, 1);
		hosts_tick(hosts);
	}
	CHECK_INT(turned_away, 0);
	CHECK_INT(went, 10);
	leave(10, SEATS - 10);
	hosts_free(hosts);
}

TEST_MAIN()
