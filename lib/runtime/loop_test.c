/*
 * loop_test.c - the loop's promises: order of timers, and that anything may be
 * stopped or freed inside a callback.
 */
#include "lib/runtime/loop.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/test/test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define MANY 1000

static struct loop *loop;
static struct buf order;

static void note(struct loop_timer *timer)
{
	buf_add_text(&order, timer->owner);
}

static void start(void)
{
	clock_fake(1000, 0);
	loop = loop_new();
	order = (struct buf)BUF_INIT(4096);
}

static void end(void)
{
	buf_free(&order);
	loop = loop_free(loop);
}

TEST(timers_run_in_the_order_of_their_times)
{
	start();
	struct loop_timer a = {.due = note, .owner = "a"};
	struct loop_timer b = {.due = note, .owner = "b"};
	struct loop_timer c = {.due = note, .owner = "c"};
	loop_timer_start(loop, &c, 30);
	loop_timer_start(loop, &a, 10);
	loop_timer_start(loop, &b, 20);
	clock_fake(1015, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "a");
	clock_fake(1030, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "abc");
	CHECK_INT(a.position, 0);
	end();
}

TEST(a_timer_that_is_restarted_runs_at_its_new_time_only)
{
	start();
	struct loop_timer a = {.due = note, .owner = "a"};
	loop_timer_start(loop, &a, 10);
	loop_timer_start(loop, &a, 100);
	clock_fake(1050, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "");
	clock_fake(1100, 0);
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "a");
	end();
}

static void stop_other(struct loop_timer *timer)
{
	loop_timer_stop(loop, timer->owner);
}

TEST(a_timer_stopped_by_another_of_the_same_turn_does_not_run)
{
	start();
	struct loop_timer b = {.due = note, .owner = "b"};
	struct loop_timer a = {.due = stop_other, .owner = &b};
	loop_timer_start(loop, &b, 10);
	loop_timer_start(loop, &a, 5);
	clock_fake(2000, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "");
	end();
}

static void free_itself(struct loop_timer *timer)
{
	buf_add_text(&order, "f");
	free(timer);
}

static void again_at_once(struct loop_timer *timer)
{
	buf_add_text(&order, "x");
	loop_timer_start(loop, timer, 0);
}

TEST(a_timer_may_free_itself_or_start_itself_without_delay)
{
	start();
	struct loop_timer *gone = mem_new(1, sizeof(*gone));
	struct loop_timer again = {.due = again_at_once};
	gone->due = free_itself;
	loop_timer_start(loop, gone, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "f");
	loop_timer_start(loop, &again, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "fx");
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "fxx");
	end();
}

static int64_t latest_ms;
static unsigned fired;

static void check_order(struct loop_timer *timer)
{
	CHECK(timer->at_ms >= latest_ms);
	latest_ms = timer->at_ms;
	fired++;
}

TEST(a_thousand_timers_started_and_stopped_at_random_keep_their_order)
{
	static struct loop_timer timers[MANY];
	unsigned stopped = 0;
	start();
	srandom(7);
	fired = 0;
	latest_ms = 0;
	for (unsigned i = 0; i < MANY; i++) {
		timers[i] = (struct loop_timer){.due = check_order};
		loop_timer_start(loop, &timers[i], random() % 5000);
	}
	for (unsigned i = 0; i < MANY; i += 3, stopped++)
		loop_timer_stop(loop, &timers[i]);
	clock_fake(10000, 0);
	loop_turn(loop, 0);
	CHECK_INT(fired, MANY - stopped);
	end();
}

/* --- descriptors --- */

static struct loop_watch one, two;

static void count_ready(struct loop_watch *watch, uint32_t events)
{
	CHECK(events & EPOLLIN);
	buf_add_text(&order, watch->owner);
}

/* Stops and closes both: whichever comes first, the other's event is gone. */
static void stop_both(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	buf_add_text(&order, watch->owner);
	loop_watch_stop(&one);
	loop_watch_stop(&two);
}

static void watch_two(loop_watch_fn *ready)
{
	one = (struct loop_watch){
		.fd = eventfd(1, EFD_NONBLOCK), .ready = ready, .owner = "r"};
	two = one;
	two.fd = eventfd(1, EFD_NONBLOCK);
	loop_watch_start(loop, &one, EPOLLIN);
	loop_watch_start(loop, &two, EPOLLIN);
}

static void close_two(void)
{
	loop_watch_stop(&one);
	loop_watch_stop(&two);
	close(one.fd);
	close(two.fd);
}

TEST(a_descriptor_is_told_about_until_its_watch_is_stopped)
{
	start();
	watch_two(count_ready);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "rr");
	loop_watch_stop(&one);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "rrr");
	loop_watch_change(&two, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "rrr");
	close_two();
	end();
}

TEST(an_event_of_a_watch_that_was_stopped_in_the_same_turn_is_dropped)
{
	start();
	watch_two(stop_both);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "r");
	close_two();
	end();
}

TEST(the_loops_own_descriptor_is_readable_when_something_is_due)
{
	start();
	struct pollfd outer = {.fd = loop_fd(loop), .events = POLLIN};
	struct loop_timer late = {.due = note, .owner = "late"};
	CHECK_INT(poll(&outer, 1, 0), 0);
	clock_fake(1, 0); /* the timerfd compares with the real clock */
	loop_timer_start(loop, &late, 1);
	CHECK_INT(poll(&outer, 1, 1000), 1);
	clock_fake(2, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "late");
	CHECK_INT(poll(&outer, 1, 0), 0);
	end();
}

static void again_once(struct loop_timer *timer)
{
	note(timer);
	if (order.length == 1)
		loop_timer_start(loop, timer, 0);
}

TEST(a_timer_that_starts_itself_for_the_same_millisecond_wakes_the_loop_again)
{
	start();
	struct pollfd outer = {.fd = loop_fd(loop), .events = POLLIN};
	struct loop_timer timer = {.due = again_once, .owner = "x"};
	clock_fake(1, 0); /* long over by the real clock */
	loop_timer_start(loop, &timer, 0);
	CHECK_INT(poll(&outer, 1, 1000), 1);
	loop_turn(loop, 0);
	CHECK_INT(poll(&outer, 1, 1000), 1);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "xx");
	CHECK_INT(poll(&outer, 1, 0), 0);
	end();
}

TEST(a_timer_that_is_put_off_wakes_the_loop_early_once_and_runs_in_time)
{
	start();
	struct pollfd outer = {.fd = loop_fd(loop), .events = POLLIN};
	struct loop_timer timer = {.due = note, .owner = "x"};
	clock_fake(1, 0); /* the timerfd compares with the real clock */
	loop_timer_start(loop, &timer, 0);
	loop_timer_start(loop, &timer, 1);
	CHECK_INT(poll(&outer, 1, 1000), 1);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "");
	clock_fake(2, 0);
	CHECK_INT(poll(&outer, 1, 1000), 1);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "x");
	CHECK_INT(poll(&outer, 1, 0), 0);
	end();
}

TEST(a_timer_that_is_started_before_a_promised_turn_is_set_at_its_end)
{
	start();
	struct pollfd outer = {.fd = loop_fd(loop), .events = POLLIN};
	struct loop_timer now = {.due = note, .owner = "now"};
	struct loop_timer late = {.due = note, .owner = "late"};
	clock_fake(1, 0);
	loop_turn_follows(loop);
	loop_timer_start(loop, &now, 0);
	loop_timer_start(loop, &late, 1);
	CHECK_INT(poll(&outer, 1, 0), 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "now");
	CHECK_INT(poll(&outer, 1, 1000), 1);
	clock_fake(2, 0);
	loop_turn(loop, 0);
	CHECK_TEXT(buf_text(&order), "nowlate");
	end();
}

/* --- turns --- */

static void note_after(void *owner)
{
	buf_add_text(&order, owner);
}

static void stop_loop(struct loop_timer *timer)
{
	note(timer);
	loop_stop(loop);
}

TEST(what_comes_after_a_turn_runs_in_the_order_of_registration)
{
	start();
	struct loop_timer last = {.due = stop_loop, .owner = "t"};
	loop_after_turn(loop, note_after, "1");
	loop_after_turn(loop, note_after, "2");
	loop_timer_start(loop, &last, 0);
	loop_run(loop);
	CHECK(loop_stopping(loop));
	CHECK_TEXT(buf_text(&order), "t12");
	end();
}

/* Always ready, twenty times. */
static void count_turns(struct loop_watch *watch, uint32_t events)
{
	int *turns = watch->owner;

	(void)events;
	if (++*turns == 20)
		loop_stop(watch->loop);
}

TEST(a_loop_with_a_pace_lets_it_pass_between_turns)
{
	int turns = 0;
	struct timespec began, ended;
	struct loop *paced = loop_new();
	struct loop_watch watch = {.fd = eventfd(1, EFD_NONBLOCK),
				   .ready = count_turns,
				   .owner = &turns};

	/* The clock that is faked stands still: the kernel's does not. */
	clock_gettime(CLOCK_MONOTONIC, &began);
	clock_fake(began.tv_sec * 1000 + began.tv_nsec / 1000000, 0);
	loop_watch_start(paced, &watch, EPOLLIN);
	loop_pace(paced, 20000);
	loop_run(paced);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	CHECK_INT(turns, 20);
	CHECK((ended.tv_sec - began.tv_sec) * 1000000 +
		      (ended.tv_nsec - began.tv_nsec) / 1000 >=
	      19000);
	loop_watch_stop(&watch);
	close(watch.fd);
	loop_free(paced);
}

TEST(a_gap_is_halved_where_events_are_dense)
{
	CHECK_INT(loop_gap_ns(1000, 10, 1000000), 1000000);
	CHECK_INT(loop_gap_ns(1000, 31, 1000000), 1000000);
	CHECK_INT(loop_gap_ns(1000, 32, 1000000), 500000);
	/* As many in half the time: it stays so. */
	CHECK_INT(loop_gap_ns(1000, 16, 500000), 500000);
	CHECK_INT(loop_gap_ns(1000, 10, 500000), 1000000);
	/* A clock that stands still tells nothing. */
	CHECK_INT(loop_gap_ns(1000, 256, 0), 1000000);
}

TEST_MAIN()
