/*
 * supervise.c - who is started, started again and stopped; see supervise.h.
 */
#include "tools/voxctl/supervise.h"

#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#define PAUSE_FIRST_MS 100

static void enter(struct supervise *supervise, enum supervise_state state)
{
	assert(state > supervise->state);
	supervise->state = state;
	supervise->ops->entered(supervise->owner, state);
}

void supervise_init(struct supervise *supervise,
		    const struct supervise_ops *ops, void *owner)
{
	memset(supervise, 0, sizeof(*supervise));
	supervise->ops = ops;
	supervise->owner = owner;
}

struct supervise_child *supervise_add(struct supervise *supervise,
				      const char *name, bool bus)
{
	assert(supervise->count < SUPERVISE_CHILDREN_MAX);
	struct supervise_child *child =
		&supervise->children[supervise->count++];
	child->name = name;
	child->bus = bus;
	return child;
}

/* How long the next start waits; counts the death. */
static int64_t pause_after(struct supervise_child *child, int64_t now_ms)
{
	if (now_ms - child->started_ms >= SUPERVISE_QUICK_MS)
		child->deaths = 0;
	unsigned before = child->deaths++;
	if (before == 0)
		return 0;
	int64_t pause = PAUSE_FIRST_MS;
	while (--before && pause < SUPERVISE_PAUSE_MAX_MS)
		pause *= 2;
	return pause < SUPERVISE_PAUSE_MAX_MS ? pause : SUPERVISE_PAUSE_MAX_MS;
}

static void start(struct supervise *supervise, struct supervise_child *child,
		  int64_t now_ms)
{
	int pid = supervise->ops->spawn(supervise->owner, child);
	child->started_ms = now_ms;
	if (pid > 0) {
		child->pid = pid;
		child->state = CHILD_RUNNING;
		return;
	}
	/* no process to be had: as if it had died at once */
	child->pid = 0;
	child->deaths++;
	child->state = CHILD_PAUSING;
	child->due_ms = now_ms + SUPERVISE_PAUSE_MAX_MS;
}

void supervise_start(struct supervise *supervise, int64_t now_ms)
{
	bool bus = false;
	for (unsigned i = 0; i < supervise->count; i++) {
		if (supervise->children[i].bus) {
			start(supervise, &supervise->children[i], now_ms);
			bus = true;
		}
	}
	if (!bus)
		supervise_bus_ready(supervise, now_ms);
}

void supervise_bus_ready(struct supervise *supervise, int64_t now_ms)
{
	if (supervise->state != SUPERVISE_BUS)
		return;
	enter(supervise, SUPERVISE_DAEMONS);
	for (unsigned i = 0; i < supervise->count; i++)
		if (!supervise->children[i].bus)
			start(supervise, &supervise->children[i], now_ms);
}

void supervise_ready(struct supervise *supervise, struct supervise_child *child)
{
	child->ready = true;
	if (supervise->state != SUPERVISE_DAEMONS)
		return;
	for (unsigned i = 0; i < supervise->count; i++)
		if (!supervise->children[i].bus &&
		    !supervise->children[i].ready)
			return;
	supervise->was_ready = true;
	enter(supervise, SUPERVISE_READY);
}

static void kill_all(struct supervise *supervise)
{
	supervise->killed = true;
	for (unsigned i = 0; i < supervise->count; i++)
		if (supervise->children[i].pid)
			supervise->ops->signal(supervise->owner,
					       &supervise->children[i],
					       SIGKILL);
}

static void ask_to_leave(struct supervise *supervise, bool bus)
{
	for (unsigned i = 0; i < supervise->count; i++) {
		struct supervise_child *child = &supervise->children[i];
		if (child->bus != bus)
			continue;
		if (!child->pid) {
			child->state = CHILD_GONE;
			continue;
		}
		child->state = CHILD_LEAVING;
		supervise->ops->signal(supervise->owner, child, SIGTERM);
	}
}

static bool all_gone(const struct supervise *supervise, bool bus)
{
	for (unsigned i = 0; i < supervise->count; i++)
		if (supervise->children[i].bus == bus &&
		    supervise->children[i].state != CHILD_GONE)
			return false;
	return true;
}

/* While stopping: the bus goes once nobody needs it, or time presses. */
static void stop_further(struct supervise *supervise, int64_t now_ms)
{
	bool daemons_gone = all_gone(supervise, false);
	if (!supervise->bus_asked &&
	    (daemons_gone ||
	     now_ms - supervise->stop_ms >= SUPERVISE_BUS_STOP_MS)) {
		supervise->bus_asked = true;
		ask_to_leave(supervise, true);
	}
	if (daemons_gone && all_gone(supervise, true))
		enter(supervise, SUPERVISE_DONE);
	else if (!supervise->killed &&
		 now_ms - supervise->stop_ms >= SUPERVISE_KILL_MS)
		kill_all(supervise);
}

void supervise_stop(struct supervise *supervise, int64_t now_ms)
{
	if (supervise->state >= SUPERVISE_STOPPING) {
		kill_all(supervise);
		return;
	}
	enter(supervise, SUPERVISE_STOPPING);
	supervise->stop_ms = now_ms;
	ask_to_leave(supervise, false);
	stop_further(supervise, now_ms);
}

/* Whether this death, before all was ready once, ends the whole start. */
static bool gives_up(const struct supervise *supervise,
		     const struct supervise_child *child, int wait_status)
{
	if (supervise->was_ready)
		return false;
	return (WIFEXITED(wait_status) &&
		WEXITSTATUS(wait_status) == SUPERVISE_EXIT_SETTINGS) ||
	       child->deaths >= SUPERVISE_TRIES_MAX;
}

static void after_death(struct supervise *supervise,
			struct supervise_child *child, int wait_status,
			int64_t now_ms)
{
	int64_t pause = pause_after(child, now_ms);
	if (gives_up(supervise, child, wait_status)) {
		child->state = CHILD_GONE;
		supervise->failed = true;
		supervise->ops->died(supervise->owner, child, wait_status, -1);
		supervise_stop(supervise, now_ms);
		return;
	}
	supervise->ops->died(supervise->owner, child, wait_status, pause);
	child->state = CHILD_PAUSING;
	child->due_ms = now_ms + pause;
	if (pause == 0)
		start(supervise, child, now_ms);
}

bool supervise_died(struct supervise *supervise, int pid, int wait_status,
		    int64_t now_ms)
{
	for (unsigned i = 0; i < supervise->count; i++) {
		struct supervise_child *child = &supervise->children[i];
		if (child->pid != pid)
			continue;
		child->pid = 0;
		if (supervise->state < SUPERVISE_STOPPING) {
			after_death(supervise, child, wait_status, now_ms);
		} else {
			child->state = CHILD_GONE;
			stop_further(supervise, now_ms);
		}
		return true;
	}
	return false;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < 0 || b < a ? b : a;
}

static int64_t start_due(struct supervise *supervise, int64_t now_ms)
{
	int64_t next = -1;
	for (unsigned i = 0; i < supervise->count; i++) {
		struct supervise_child *child = &supervise->children[i];
		if (child->state == CHILD_PAUSING && child->due_ms <= now_ms)
			start(supervise, child, now_ms);
		if (child->state == CHILD_PAUSING)
			next = sooner(next, child->due_ms - now_ms);
	}
	return next;
}

int64_t supervise_tick(struct supervise *supervise, int64_t now_ms)
{
	if (supervise->state == SUPERVISE_DONE)
		return -1;
	if (supervise->state < SUPERVISE_STOPPING)
		return start_due(supervise, now_ms);
	stop_further(supervise, now_ms);
	if (supervise->killed || supervise->state == SUPERVISE_DONE)
		return -1;
	int64_t due = supervise->stop_ms + (supervise->bus_asked
						    ? SUPERVISE_KILL_MS
						    : SUPERVISE_BUS_STOP_MS);
	return due > now_ms ? due - now_ms : 0;
}
