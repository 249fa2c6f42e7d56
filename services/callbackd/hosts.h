/*
 * hosts.h - how many requests one host gets at once, so that a dead one does
 * not cost the others.
 *
 * Contract: at most HOSTS_AT_ONCE requests of one origin run; more wait in the
 * order of their coming. A host that has finished none for HOSTS_STUCK_MS while
 * others waited is stuck: of what waits for it only HOSTS_STUCK_WAITING stay,
 * the rest and what comes is turned away, until it finishes one again. A seat
 * is embedded in what wants to run. 'go' and 'away' are called for a seat that
 * was told to wait: it runs now, or was turned away and left. Loop's thread.
 */
#pragma once

#include "lib/base/list.h"

#include <stdint.h>

#define HOSTS_AT_ONCE 32
#define HOSTS_STUCK_MS 2000
#define HOSTS_STUCK_WAITING 64

struct host;
struct hosts;

struct host_seat {
	struct list link;  /* while it waits */
	struct host *host; /* NULL: not entered */
	void *owner;
};

enum host_answer { HOST_RUNS, HOST_WAITS, HOST_AWAY };

typedef void hosts_fn(struct host_seat *seat);

struct hosts *hosts_new(hosts_fn *go, hosts_fn *away);
struct hosts *hosts_free(struct hosts *hosts);
/* HOST_AWAY: it has not entered. */
enum host_answer hosts_enter(struct hosts *hosts, const char *origin,
			     struct host_seat *seat);
/* It is finished, or waits no longer. Harmless if it never entered. */
void hosts_leave(struct hosts *hosts, struct host_seat *seat);
/* To be called about once a second. */
void hosts_tick(struct hosts *hosts);
