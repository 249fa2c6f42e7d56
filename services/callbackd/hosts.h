/*
 * hosts.h - how many requests one host gets, so that a dead one does not cost
 * the others.
 *
 * Contract: a host gets HOSTS_AT_FIRST requests at once, one more for each
 * answer, up to 'at_once', half as many after each failure, and at most
 * 'per_second'. More wait in the order of their coming. Turned away, because
 * who waits holds a hand that others need, are
 *  - all, while the host's breaker is open (breaker.h);
 *  - what the host would not finish within HOSTS_WAIT_SECONDS, by what it
 *    finished in the last second, beyond HOSTS_WAITING;
 *  - when HOSTS_CROWD seats are taken: what is more than a host's even share,
 *    if the host has had HOSTS_YOUNG_MS to answer and has not.
 *
 * A seat is embedded in what wants to run. 'go' and 'away' are called for a
 * seat that was told to wait: it runs now, or was turned away and left. A host
 * is remembered for HOSTS_REMEMBER_MS after its last request; 4,096 at most.
 * Loop's thread.
 */
#pragma once

#include "lib/base/list.h"

#include <stdbool.h>
#include <stdint.h>

#define HOSTS_AT_FIRST 8
#define HOSTS_AT_LEAST 4
#define HOSTS_WAITING 64
#define HOSTS_WAIT_SECONDS 4
#define HOSTS_CROWD 512
#define HOSTS_YOUNG_MS 300
#define HOSTS_REMEMBER_MS 120000

struct host;
struct hosts;
struct loop;

struct host_seat {
	struct list link;  /* while it waits */
	struct host *host; /* NULL: not entered */
	bool runs;
	bool resting;    /* turned away: the breaker is open */
	int64_t rest_ms; /* for so long, at least */
	void *owner;
};

struct hosts_shape {
	struct loop *loop; /* NULL: a test; it calls hosts_wake, hosts_shed */
	unsigned at_once, per_second;
	void (*go)(struct host_seat *seat);
	void (*away)(struct host_seat *seat);
};

enum host_answer { HOST_RUNS, HOST_WAITS, HOST_AWAY };
/* How a request ended; HOST_UNUSED: none was made. */
enum host_end { HOST_UNUSED, HOST_ANSWERED, HOST_FAILED };

struct hosts *hosts_new(const struct hosts_shape *shape);
struct hosts *hosts_free(struct hosts *hosts);
/* HOST_AWAY: it has not entered; the seat says why. */
enum host_answer hosts_enter(struct hosts *hosts, const char *origin,
			     struct host_seat *seat);
/* It is finished, or waits no longer. Harmless if it never entered. */
void hosts_leave(struct hosts *hosts, struct host_seat *seat,
		 enum host_end end);
/* To be called once a second. */
void hosts_tick(struct hosts *hosts);
/* Lets those run whose host was asked too often a moment ago. */
void hosts_wake(struct hosts *hosts);
/* When there is a crowd: turns away what silent hosts have beyond their share.
 */
void hosts_shed(struct hosts *hosts);
