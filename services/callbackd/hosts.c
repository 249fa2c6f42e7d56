/*
 * hosts.c - how many requests one host gets at once; see hosts.h.
 *
 * A host exists while something runs or waits for it, so what strangers' URLs
 * name does not add up.
 */
#include "services/callbackd/hosts.h"

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

#include <stdbool.h>
#include <stdlib.h>

struct host {
	char *origin;
	unsigned running, waiting;
	struct list seats;   /* those that wait */
	int64_t finished_ms; /* the last time that one was */
	bool stuck;
};

struct hosts {
	struct map *by_origin;
	hosts_fn *go, *away;
};

struct hosts *hosts_new(hosts_fn *go, hosts_fn *away)
{
	struct hosts *hosts = mem_new(1, sizeof(*hosts));
	hosts->by_origin = map_new();
	hosts->go = go;
	hosts->away = away;
	return hosts;
}

static void host_free(struct hosts *hosts, struct host *host)
{
	map_remove(hosts->by_origin, host->origin);
	free(host->origin);
	free(host);
}

struct hosts *hosts_free(struct hosts *hosts)
{
	size_t cursor = 0;
	void *host;
	if (!hosts)
		return NULL;
	while (map_next(hosts->by_origin, &cursor, NULL, &host))
		host_free(hosts, host);
	map_free(hosts->by_origin);
	free(hosts);
	return NULL;
}

static struct host *host_of(struct hosts *hosts, const char *origin)
{
	struct host *host = map_get(hosts->by_origin, origin);
	if (!host) {
		host = mem_new(1, sizeof(*host));
		host->origin = mem_copy_text(origin);
		host->finished_ms = clock_mono_ms();
		list_init(&host->seats);
		map_put(hosts->by_origin, origin, host);
	}
	return host;
}

enum host_answer hosts_enter(struct hosts *hosts, const char *origin,
			     struct host_seat *seat)
{
	struct host *host = host_of(hosts, origin);
	if (host->running < HOSTS_AT_ONCE) {
		seat->host = host;
		host->running++;
		return HOST_RUNS;
	}
	if (host->stuck && host->waiting >= HOSTS_STUCK_WAITING)
		return HOST_AWAY;
	seat->host = host;
	host->waiting++;
	list_add_tail(&host->seats, &seat->link);
	return HOST_WAITS;
}

static struct host_seat *stop_waiting(struct list *link)
{
	struct host_seat *seat = list_of(link, struct host_seat, link);
	list_remove(link);
	link->next = link->prev = NULL;
	seat->host->waiting--;
	return seat;
}

void hosts_leave(struct hosts *hosts, struct host_seat *seat)
{
	struct host *host = seat->host;
	struct host_seat *next = NULL;
	if (!host)
		return;
	if (seat->link.next) {
		stop_waiting(&seat->link);
	} else {
		host->running--;
		host->finished_ms = clock_mono_ms();
		host->stuck = false;
	}
	seat->host = NULL;
	if (host->waiting && host->running < HOSTS_AT_ONCE) {
		next = stop_waiting(host->seats.next);
		host->running++;
	}
	if (!host->running && !host->waiting)
		host_free(hosts, host);
	if (next)
		hosts->go(next);
}

/* The latest comers go first; those that stay keep their turn. */
static void turn_away(struct hosts *hosts, struct host *host)
{
	while (host->waiting > HOSTS_STUCK_WAITING) {
		struct host_seat *seat = stop_waiting(host->seats.prev);
		seat->host = NULL;
		hosts->away(seat);
	}
}

void hosts_tick(struct hosts *hosts)
{
	int64_t now_ms = clock_mono_ms();
	size_t cursor = 0;
	void *value;
	while (map_next(hosts->by_origin, &cursor, NULL, &value)) {
		struct host *host = value;
		if (!host->waiting ||
		    now_ms - host->finished_ms < HOSTS_STUCK_MS)
			continue;
		host->stuck = true;
		turn_away(hosts, host);
	}
}
