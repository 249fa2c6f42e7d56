/*
 * supervise.h - who runs, who is started again and when, who is stopped in
 * which order: the decisions of voxctl up, without a process or a clock.
 *
 * Contract: the owner tells what happened (a death, a readiness, a wish to
 * stop) and the time in monotonic ms; the ops are called back to start and
 * signal children. The bus, if it is a child, is the first to start and the
 * last to stop. A child that dies is started again at once; one that dies again
 * within SUPERVISE_QUICK_MS after a growing pause. Before everything has been
 * ready once, a child that keeps dying, or that refuses its settings, ends it
 * all. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUPERVISE_CHILDREN_MAX 8
#define SUPERVISE_QUICK_MS 10000
#define SUPERVISE_PAUSE_MAX_MS 2000
#define SUPERVISE_TRIES_MAX 5      /* deaths before the first readiness */
#define SUPERVISE_BUS_STOP_MS 4000 /* the bus is asked to leave by then */
#define SUPERVISE_KILL_MS 4500     /* whoever is left is killed */
#define SUPERVISE_EXIT_SETTINGS 2  /* a daemon's status for wrong settings */

enum child_state {
	CHILD_IDLE,    /* never started */
	CHILD_RUNNING, /* has a process */
	CHILD_PAUSING, /* died; starts again at 'due_ms' */
	CHILD_LEAVING, /* was asked to leave */
	CHILD_GONE     /* left for good */
};

enum supervise_state {
	SUPERVISE_BUS,     /* waiting for the bus to answer */
	SUPERVISE_DAEMONS, /* waiting for the daemons to be ready */
	SUPERVISE_READY,
	SUPERVISE_STOPPING,
	SUPERVISE_DONE
};

struct supervise_child {
	const char *name;
	enum child_state state;
	int pid; /* 0: none */
	bool bus;
	bool ready;
	unsigned deaths;    /* since it last stayed up long enough */
	int64_t started_ms; /* of its present process */
	int64_t due_ms;     /* CHILD_PAUSING */
};

struct supervise_ops {
	/* Starts it: its pid, or -errno. */
	int (*spawn)(void *owner, const struct supervise_child *child);
	void (*signal)(void *owner, const struct supervise_child *child,
		       int signal);
	/* Each change of state, for the log and the line when ready. */
	void (*entered)(void *owner, enum supervise_state state);
	/* A child died and starts again in 'pause_ms'; or stays dead: -1. */
	void (*died)(void *owner, const struct supervise_child *child,
		     int wait_status, int64_t pause_ms);
};

struct supervise {
	struct supervise_child children[SUPERVISE_CHILDREN_MAX];
	unsigned count;
	enum supervise_state state;
	bool was_ready;
	bool failed;     /* it stops because a child could not start */
	int64_t stop_ms; /* when the stop was asked for */
	bool bus_asked;  /* to leave */
	bool killed;
	const struct supervise_ops *ops;
	void *owner;
};

void supervise_init(struct supervise *supervise,
		    const struct supervise_ops *ops, void *owner);
/* In the order of starting; 'bus' for nats-server. */
struct supervise_child *supervise_add(struct supervise *supervise,
				      const char *name, bool bus);
void supervise_start(struct supervise *supervise, int64_t now_ms);
/* The bus answers: the daemons start (once). */
void supervise_bus_ready(struct supervise *supervise, int64_t now_ms);
/* A daemon is ready for the first time. */
void supervise_ready(struct supervise *supervise,
		     struct supervise_child *child);
/* False: not a child of ours. */
bool supervise_died(struct supervise *supervise, int pid, int wait_status,
		    int64_t now_ms);
/* The second time: everybody is killed at once. */
void supervise_stop(struct supervise *supervise, int64_t now_ms);
/* Does what is due. Returns ms until it has to be called again, -1: never. */
int64_t supervise_tick(struct supervise *supervise, int64_t now_ms);
