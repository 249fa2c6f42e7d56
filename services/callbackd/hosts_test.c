/*
 * hosts_test.c - a dead host keeps to itself.
 */
#include "services/callbackd/hosts.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "services/callbackd/breaker.h"

#define SEATS 2000
#define A "http://a:80"

static struct hosts *hosts;
static struct host_seat seats[SEATS];
static unsigned went, turned_away;
static int64_t now_ms;

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

static void pass(int64_t ms)
{
	now_ms += ms;
	clock_fake(now_ms, 0);
}

static void set_up_at(unsigned per_second)
{
	now_ms = 0;
	pass(1000);
	went = turned_away = 0;
	hosts = hosts_new(&(struct hosts_shape){.at_once = 32,
						.per_second = per_second,
						.go = go,
						.away = away});
	for (int i = 0; i < SEATS; i++)
		seats[i] = (struct host_seat){0};
}

static void set_up(void)
{
	set_up_at(0);
}

static unsigned enter_at(const char *origin, int first, int count,
			 enum host_answer wanted)
{
	unsigned as_wanted = 0;
	for (int i = first; i < first + count; i++)
		as_wanted += hosts_enter(hosts, origin, &seats[i]) == wanted;
	return as_wanted;
}

static unsigned enter(int first, int count, enum host_answer wanted)
{
	return enter_at(A, first, count, wanted);
}

static void leave(int first, int count, enum host_end end)
{
	for (int i = first; i < first + count; i++)
		hosts_leave(hosts, &seats[i], end);
}

/* So that it gets all that a host may. */
static void trust(const char *origin)
{
	for (int i = 0; i < 32; i++) {
		enter_at(origin, 0, 1, HOST_RUNS);
		leave(0, 1, HOST_ANSWERED);
	}
}

TEST(only_so_many_run_at_once)
{
	set_up();
	trust(A);
	CHECK_INT(enter(0, 32, HOST_RUNS), 32);
	CHECK_INT(enter(32, 3, HOST_WAITS), 3);
	CHECK_INT(hosts_enter(hosts, "http://b:80", &seats[99]), HOST_RUNS);
	leave(0, 1, HOST_ANSWERED);
	CHECK_INT(went, 1);
	leave(33, 1, HOST_UNUSED); /* one that waits gives up */
	leave(1, 1, HOST_ANSWERED);
	CHECK_INT(went, 2);
	leave(0, SEATS, HOST_ANSWERED);
	CHECK_INT(went, 2);
	hosts_free(hosts);
}

TEST(a_host_that_is_new_gets_few_and_more_with_each_answer)
{
	set_up();
	CHECK_INT(enter(0, 100, HOST_RUNS), HOSTS_AT_FIRST);
	leave(0, 1, HOST_ANSWERED);
	CHECK_INT(went, 2);
	leave(1, 2, HOST_ANSWERED);
	CHECK_INT(went, 6);
	leave(3, 1, HOST_FAILED); /* half of eleven: nobody goes */
	CHECK_INT(went, 6);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST(a_stuck_host_keeps_few_waiting)
{
	set_up();
	enter(0, 132, HOST_WAITS);
	hosts_tick(hosts);
	CHECK_INT(turned_away, 0);
	pass(2000);
	hosts_tick(hosts);
	CHECK_INT(turned_away, 132 - HOSTS_AT_FIRST - HOSTS_WAITING);
	CHECK_INT(enter(132, 5, HOST_AWAY), 5);
	CHECK(!seats[132].resting);
	leave(0, 1, HOST_ANSWERED); /* it lives, and gets two more */
	CHECK_INT(went, 2);
	CHECK_INT(enter(140, 2, HOST_WAITS), 2);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST(as_many_wait_as_a_host_finishes_in_four_seconds)
{
	set_up();
	trust(A);
	hosts_tick(hosts);
	enter(0, 500, HOST_WAITS);
	pass(2000);
	leave(0, 50, HOST_ANSWERED);
	CHECK_INT(went, 50);
	hosts_tick(hosts);
	CHECK_INT(turned_away, 500 - 50 - 32 - 4 * 50);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST(while_its_breaker_is_open_a_host_gets_none_and_others_all)
{
	set_up();
	for (int i = 0; i < BREAKER_FAILURES - 1; i++) {
		enter(0, 1, HOST_RUNS);
		leave(0, 1, HOST_FAILED);
	}
	CHECK_INT(enter(0, 4, HOST_RUNS), 4);
	CHECK_INT(enter(4, 10, HOST_WAITS), 10);
	test_expect_log("failed 20 times in a row");
	leave(0, 1, HOST_FAILED);
	CHECK_INT(turned_away, 10);
	CHECK(seats[4].resting);
	CHECK_INT(seats[4].rest_ms, BREAKER_REST_MS);
	CHECK_INT(enter(20, 5, HOST_AWAY), 5);
	CHECK_INT(enter_at("http://b:80", 30, 5, HOST_RUNS), 5);
	pass(BREAKER_REST_MS);
	CHECK_INT(enter(40, 1, HOST_RUNS), 1);
	CHECK_INT(enter(41, 5, HOST_AWAY), 5);
	leave(40, 1, HOST_ANSWERED);
	CHECK_INT(enter(50, 2, HOST_RUNS), 2);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

/* Three quarters of the seats for fifty hosts that do not answer. */
static unsigned fill(int first, int end)
{
	char origin[32];
	unsigned taken = 0;
	for (int i = first; i < end; i++) {
		str_format(origin, sizeof(origin), "http://dead%d:80", i % 50);
		taken += hosts_enter(hosts, origin, &seats[i]) != HOST_AWAY;
	}
	return taken;
}

TEST(fifty_silent_hosts_leave_room_for_the_others)
{
	set_up();
	CHECK_INT(fill(0, 1500), 1500); /* they may be slow to begin with */
	pass(HOSTS_YOUNG_MS);
	CHECK_INT(fill(1500, 1600), 0);
	hosts_shed(hosts);
	CHECK_INT(turned_away, 1500 - 50 * 16);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST(a_new_host_is_given_its_time_in_a_crowd_and_a_living_one_all_the_time)
{
	set_up();
	fill(0, 1500);
	pass(HOSTS_YOUNG_MS);
	CHECK_INT(enter(1500, 100, HOST_AWAY), 0);
	leave(1500, 1, HOST_ANSWERED);
	pass(HOSTS_YOUNG_MS);
	hosts_shed(hosts);
	CHECK_INT(turned_away, 1500 - 50 * 16);
	CHECK_INT(enter(1600, 100, HOST_AWAY), 0);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST(a_host_alone_has_all_the_room)
{
	set_up();
	CHECK_INT(enter(0, SEATS, HOST_AWAY), 0);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST(no_more_than_so_many_a_second_leave)
{
	set_up_at(100);
	trust(A); /* a tenth of a second's at once, the rest not yet */
	leave(0, SEATS, HOST_UNUSED);
	pass(1000);
	CHECK_INT(enter(0, 30, HOST_RUNS), 11);
	went = 0;
	leave(0, 11, HOST_ANSWERED);
	CHECK_INT(went, 0);
	pass(100);
	hosts_wake(hosts);
	CHECK_INT(went, 10);
	pass(20);
	hosts_wake(hosts);
	CHECK_INT(went, 12);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST(a_host_is_forgotten_after_a_while)
{
	set_up();
	test_expect_log("failed 20 times in a row");
	for (int i = 0; i < BREAKER_FAILURES; i++) {
		enter(0, 1, HOST_RUNS);
		leave(0, 1, HOST_FAILED);
	}
	pass(HOSTS_REMEMBER_MS);
	hosts_tick(hosts);
	pass(1);
	hosts_tick(hosts);
	CHECK_INT(enter(0, 2, HOST_RUNS), 2);
	leave(0, SEATS, HOST_UNUSED);
	hosts_free(hosts);
}

TEST_MAIN()
