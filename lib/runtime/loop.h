/*
 * loop.h - the one event loop of a daemon: descriptors and timers.
 *
 * Contract: everything of a daemon runs on the loop's thread; callbacks return
 * soon and never block. Watches and timers are embedded in their owner, cost no
 * allocation, and may be stopped or freed inside their own callback. Timers use
 * monotonic milliseconds. The loop is one descriptor itself (loop_fd), so that
 * sofia's root can drive it: timers are a timerfd inside it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;
typedef void loop_watch_fn(struct loop_watch *watch, uint32_t epoll_events);
typedef void loop_timer_fn(struct loop_timer *timer);

struct loop_watch {
	int fd; /* not owned */
	loop_watch_fn *ready;
	void *owner;
	struct loop *loop; /* NULL: not started */
};

struct loop_timer {
	loop_timer_fn *due;
	void *owner;
	int64_t at_ms;     /* monotonic */
	unsigned position; /* in the heap, from 1; 0: not started */
};

struct loop *loop_new(void);
struct loop *loop_free(struct loop *loop);
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
bool loop_stopping(const struct loop *loop);
/*
 * For loops with very many small events: loop_run lets 'gap_us' pass between
 * the beginnings of two turns, so that what becomes ready meanwhile is handled
 * together, without waking up for each. Turns that are rarer than some gaps are
 * not held up. 0: at once, as loops begin.
 */
void loop_pace(struct loop *loop, int64_t gap_us);
/*
 * How long its next gap is after a turn of 'events' that began 'since_ns' after
 * the one before it: a half where they are dense, for then half a gap gathers
 * enough, and in a whole one they would wait for each other's handling, too.
 */
int64_t loop_gap_ns(int64_t gap_us, int events, int64_t since_ns);
/* One turn: waits at most 'wait_ms' (-1: until something happens). */
void loop_turn(struct loop *loop, int wait_ms);
/* Readable whenever loop_turn(loop, 0) has something to do, and at times when
 * it has not. */
int loop_fd(const struct loop *loop);
/* For an outer loop that takes a turn after each step of its own: until then
 * nothing that is started needs a system call. */
void loop_turn_follows(struct loop *loop);

/* 'events' are EPOLLIN, EPOLLOUT; level triggered, unless EPOLLET is among
 * them: then the owner reads until nothing is left, or calls loop_watch_change
 * to be called again. Errors come as EPOLLERR. */
void loop_watch_start(struct loop *loop, struct loop_watch *watch,
		      uint32_t events);
void loop_watch_change(struct loop_watch *watch, uint32_t events);
void loop_watch_stop(struct loop_watch *watch);

/* Starts or restarts. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer,
		      int64_t delay_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Called at the end of each turn, in order of registration; at most 8. */
void loop_after_turn(struct loop *loop, void (*run)(void *owner), void *owner);
