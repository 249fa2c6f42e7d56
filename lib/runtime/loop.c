/*
 * loop.c - the one event loop of a daemon; see loop.h.
 *
 * Timers are a binary heap in front of one timerfd, so that the loop's epoll
 * descriptor alone tells an outer loop when there is something to do. A watch
 * that is stopped while its event waits in the present batch loses that event:
 * its owner may free it at once.
 */
#include "lib/runtime/loop.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define LOOP_BATCH 256 /* events taken in one turn */
#define LOOP_AFTER_MAX 8
#define LOOP_RARE_GAPS 4 /* turns that are rarer: nothing to gather */
#define LOOP_DENSE 32    /* events of a gap: half of them are enough */

struct after {
	void (*run)(void *owner);
	void *owner;
};

struct loop {
	int epoll_fd;
	int timer_fd;
	bool stopping;
	bool turning;
	bool turn_follows; /* loop_turn_follows */
	int taken;         /* events of the last turn */
	int64_t gap_us;    /* loop_pace */
	int64_t began_ns;  /* the last turn */
	int64_t before_ns; /* the one before it */
	int64_t armed_ms;  /* what the timerfd is set to; -1: not at all */
	struct loop_timer **heap; /* from 1 */
	unsigned timers, room;
	struct epoll_event batch[LOOP_BATCH];
	int batch_count;
	struct after after[LOOP_AFTER_MAX];
	unsigned after_count;
};

struct loop *loop_new(void)
{
	struct loop *loop = mem_new(1, sizeof(*loop));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	if (loop->epoll_fd < 0 || loop->timer_fd < 0 ||
	    epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timer_fd, &event))
		abort(); /* no descriptor left at the very start */
	loop->armed_ms = -1;
	loop->room = 64;
	loop->heap = mem_new(loop->room, sizeof(struct loop_timer *));
	return loop;
}

struct loop *loop_free(struct loop *loop)
{
	if (loop) {
		close(loop->timer_fd);
		close(loop->epoll_fd);
		free(loop->heap);
		free(loop);
	}
	return NULL;
}

/* --- timers --- */

static void heap_set(struct loop *loop, unsigned position,
		     struct loop_timer *timer)
{
	loop->heap[position] = timer;
	timer->position = position;
}

static void heap_up(struct loop *loop, unsigned at)
{
	struct loop_timer *timer = loop->heap[at];
	while (at > 1 && loop->heap[at / 2]->at_ms > timer->at_ms) {
		heap_set(loop, at, loop->heap[at / 2]);
		at /= 2;
	}
	heap_set(loop, at, timer);
}

static void heap_down(struct loop *loop, unsigned at)
{
	struct loop_timer *timer = loop->heap[at];
	for (unsigned child; (child = at * 2) <= loop->timers; at = child) {
		if (child < loop->timers &&
		    loop->heap[child + 1]->at_ms < loop->heap[child]->at_ms)
			child++;
		if (loop->heap[child]->at_ms >= timer->at_ms)
			break;
		heap_set(loop, at, loop->heap[child]);
	}
	heap_set(loop, at, timer);
}

/*
 * Sets the timerfd to the earliest timer, unless it fires before that anyway:
 * then it finds nothing due and is set anew, which costs less than to follow
 * each timer that is put off. Inside a turn this waits for the turn's end.
 */
static void arm(struct loop *loop)
{
	if (loop->turning || loop->turn_follows || !loop->timers)
		return;
	int64_t at_ms = loop->heap[1]->at_ms;
	if (loop->armed_ms >= 0 && loop->armed_ms <= at_ms)
		return;
	struct itimerspec spec = {
		.it_value = {.tv_sec = at_ms / 1000,
			     .tv_nsec = at_ms % 1000 * 1000000}};
	if (at_ms <= 0) /* zero would disarm it */
		spec.it_value = (struct timespec){.tv_nsec = 1};
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
	loop->armed_ms = at_ms;
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer,
		      int64_t delay_ms)
{
	loop_timer_stop(loop, timer);
	if (++loop->timers >= loop->room) {
		loop->room *= 2;
		loop->heap =
			mem_grow(loop->heap, loop->room * sizeof(*loop->heap));
	}
	timer->at_ms = clock_mono_ms() + (delay_ms > 0 ? delay_ms : 0);
	heap_set(loop, loop->timers, timer);
	heap_up(loop, loop->timers);
	arm(loop);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	unsigned at = timer->position;
	if (!at)
		return;
	assert(at <= loop->timers && loop->heap[at] == timer);
	struct loop_timer *last = loop->heap[loop->timers--];
	timer->position = 0;
	if (last != timer) {
		heap_set(loop, at, last);
		heap_up(loop, at);
		heap_down(loop, last->position);
	}
	arm(loop);
}

/*
 * Runs what is due now. A timer that starts itself anew without delay has its
 * next turn in the next turn: no more run than were waiting at the start.
 */
static void run_timers(struct loop *loop)
{
	int64_t now_ms = clock_mono_ms();
	for (unsigned left = loop->timers; left && loop->timers; left--) {
		struct loop_timer *timer = loop->heap[1];
		if (timer->at_ms > now_ms)
			return;
		loop_timer_stop(loop, timer);
		timer->due(timer);
	}
}

static void clear_timer_fd(struct loop *loop)
{
	uint64_t count;
	ssize_t size = read(loop->timer_fd, &count, sizeof(count));
	(void)size;          /* nothing to read: it was set anew meanwhile */
	loop->armed_ms = -1; /* it has fired: to be set again */
}

/* --- descriptors --- */

static void control(struct loop *loop, int operation, struct loop_watch *watch,
		    uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};
	int result = epoll_ctl(loop->epoll_fd, operation, watch->fd, &event);
	/* A descriptor that was closed before its watch was stopped is gone. */
	assert(result == 0 || operation == EPOLL_CTL_DEL);
	(void)result;
}

void loop_watch_start(struct loop *loop, struct loop_watch *watch,
		      uint32_t events)
{
	assert(!watch->loop);
	control(loop, EPOLL_CTL_ADD, watch, events);
	watch->loop = loop;
}

void loop_watch_change(struct loop_watch *watch, uint32_t events)
{
	assert(watch->loop);
	control(watch->loop, EPOLL_CTL_MOD, watch, events);
}

void loop_watch_stop(struct loop_watch *watch)
{
	struct loop *loop = watch->loop;
	if (!loop)
		return;
	control(loop, EPOLL_CTL_DEL, watch, 0);
	watch->loop = NULL;
	for (int i = 0; i < loop->batch_count; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].events = 0;
}

/* --- turns --- */

static void run_watches(struct loop *loop)
{
	for (int i = 0; i < loop->batch_count; i++) {
		struct loop_watch *watch = loop->batch[i].data.ptr;
		uint32_t events = loop->batch[i].events;
		if (!events)
			continue;
		if (watch)
			watch->ready(watch, events);
		else
			clear_timer_fd(loop);
	}
	loop->batch_count = 0;
}

void loop_turn(struct loop *loop, int wait_ms)
{
	assert(!loop->turning);
	int count =
		epoll_wait(loop->epoll_fd, loop->batch, LOOP_BATCH, wait_ms);
	if (loop->gap_us) {
		loop->before_ns = loop->began_ns;
		loop->began_ns = clock_mono_ns();
	}
	loop->batch_count = loop->taken = count > 0 ? count : 0;
	loop->turning = true;
	run_watches(loop);
	run_timers(loop);
	for (unsigned i = 0; i < loop->after_count; i++)
		loop->after[i].run(loop->after[i].owner);
	loop->turning = loop->turn_follows = false;
	arm(loop);
}

void loop_turn_follows(struct loop *loop)
{
	loop->turn_follows = true;
}

void loop_pace(struct loop *loop, int64_t gap_us)
{
	loop->gap_us = gap_us;
}

int64_t loop_gap_ns(int64_t gap_us, int events, int64_t since_ns)
{
	int64_t gap_ns = gap_us * 1000;
	bool dense = since_ns > 0 && events * gap_ns >= LOOP_DENSE * since_ns;

	return dense ? gap_ns / 2 : gap_ns;
}

/*
 * A turn that was full may have left something: the next one comes at once. So
 * it does while turns are rare: to wait for it would be a wake-up more.
 */
static void wait_for_gap(const struct loop *loop)
{
	int64_t since_ns = loop->began_ns - loop->before_ns;
	int64_t until_ns = loop->began_ns +
			   loop_gap_ns(loop->gap_us, loop->taken, since_ns);
	struct timespec until = {.tv_sec = until_ns / 1000000000,
				 .tv_nsec = until_ns % 1000000000};

	if (since_ns > LOOP_RARE_GAPS * loop->gap_us * 1000)
		return;
	if (loop->taken < LOOP_BATCH && clock_mono_ns() < until_ns)
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until,
				      NULL);
}

void loop_run(struct loop *loop)
{
	while (!loop->stopping) {
		loop_turn(loop, -1);
		if (loop->gap_us)
			wait_for_gap(loop);
	}
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

bool loop_stopping(const struct loop *loop)
{
	return loop->stopping;
}

int loop_fd(const struct loop *loop)
{
	return loop->epoll_fd;
}

void loop_after_turn(struct loop *loop, void (*run)(void *owner), void *owner)
{
	assert(loop->after_count < LOOP_AFTER_MAX);
	loop->after[loop->after_count++] = (struct after){run, owner};
}
