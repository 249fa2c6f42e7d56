/*
 * hosts.c - how many requests one host gets; see hosts.h.
 *
 * All rules ask what a host has done lately, never who it is: a host is judged
 * anew after each restart, carefully at first.
 */
#include "services/callbackd/hosts.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "services/callbackd/breaker.h"

#include <limits.h>
#include <stdlib.h>

#define HOSTS_MAX 4096
#define GRACE_MS 2000 /* before a host is judged by what it finishes */
#define LATELY_MS 10000
#define BURST_MS 100 /* of 'per_second' may come at once */
#define WAKE_MS 20
#define SHARE_MIN 16
#define RECOUNT 64

METRIC_GAUGE(gauge_hosts, "webhook_hosts", "state=\"closed\"",
	     "Hosts that webhooks went to lately, by their circuit breaker.")
METRIC_GAUGE(gauge_open, "webhook_hosts", "state=\"open\"",
	     "Hosts that webhooks went to lately, by their circuit breaker.")
METRIC_COUNTER(count_opened, "webhook_hosts_opened_total", "",
	       "Times that a host's circuit breaker opened.")
METRIC_COUNTER(count_away_open, "webhooks_not_tried_total", "why=\"open\"",
	       "Attempts that were not made, because of their host.")
METRIC_COUNTER(count_away_busy, "webhooks_not_tried_total", "why=\"busy\"",
	       "Attempts that were not made, because of their host.")

struct host {
	char *origin;
	unsigned running, waiting;
	unsigned limit;         /* running at once, now */
	unsigned finished;      /* since the last tick */
	unsigned waiting_limit; /* 0: not judged yet */
	struct list seats;      /* those that wait */
	struct breaker breaker;
	int64_t since_ms, answered_ms, used_ms;
	int64_t next_us; /* 'per_second': when the next one is due */
};

struct hosts {
	struct hosts_shape shape;
	struct map *by_origin;
	unsigned seats, doubtful; /* all taken; hosts that have any, and have
				     not answered lately */
	struct loop_timer timer, crowded;
	bool waking, shedding;
};

static void on_wake(struct loop_timer *timer)
{
	hosts_wake(timer->owner);
}

static void on_crowded(struct loop_timer *timer)
{
	hosts_shed(timer->owner);
}

struct hosts *hosts_new(const struct hosts_shape *shape)
{
	struct hosts *hosts = mem_new(1, sizeof(*hosts));
	hosts->shape = *shape;
	hosts->by_origin = map_new();
	hosts->timer = (struct loop_timer){.due = on_wake, .owner = hosts};
	hosts->crowded = (struct loop_timer){.due = on_crowded, .owner = hosts};
	return hosts;
}

static bool is_open(const struct host *host)
{
	return host->breaker.state != BREAKER_CLOSED;
}

static void host_free(struct hosts *hosts, struct host *host)
{
	metric_add(is_open(host) ? &gauge_open : &gauge_hosts, -1);
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
	if (hosts->shape.loop) {
		loop_timer_stop(hosts->shape.loop, &hosts->timer);
		loop_timer_stop(hosts->shape.loop, &hosts->crowded);
	}
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
		host->limit = HOSTS_AT_FIRST < hosts->shape.at_once
				      ? HOSTS_AT_FIRST
				      : hosts->shape.at_once;
		host->answered_ms = INT64_MIN / 2;
		list_init(&host->seats);
		map_put(hosts->by_origin, origin, host);
		metric_add(&gauge_hosts, 1);
	}
	return host;
}

/* --- who may --- */

static unsigned taken(const struct host *host)
{
	return host->running + host->waiting;
}

static bool is_doubtful(const struct host *host, int64_t now_ms)
{
	return host->breaker.failures || now_ms - host->answered_ms > LATELY_MS;
}

/* Among how many hosts the room is shared: counted when there is a crowd, which
 * is seldom. */
static unsigned doubtful_hosts(struct hosts *hosts, int64_t now_ms)
{
	size_t cursor = 0;
	unsigned count = 0;
	void *host;
	while (map_next(hosts->by_origin, &cursor, NULL, &host))
		count += taken(host) && is_doubtful(host, now_ms);
	return count ? count : 1;
}

/* Seats that the host may have; UINT_MAX: no limit. One that is new gets the
 * time to show that it lives. */
static unsigned share_of(struct hosts *hosts, const struct host *host,
			 int64_t now_ms)
{
	if (hosts->seats < HOSTS_CROWD || !is_doubtful(host, now_ms) ||
	    now_ms - host->since_ms < HOSTS_YOUNG_MS)
		return UINT_MAX;
	if (!hosts->doubtful || hosts->seats % RECOUNT == 0)
		hosts->doubtful = doubtful_hosts(hosts, now_ms);
	unsigned share = HOSTS_CROWD / hosts->doubtful;
	if (hosts->doubtful == 1)
		return UINT_MAX;
	return share > SHARE_MIN ? share : SHARE_MIN;
}

static void shed_later(struct hosts *hosts)
{
	if (hosts->shedding || hosts->seats < HOSTS_CROWD)
		return;
	hosts->shedding = true;
	if (hosts->shape.loop)
		loop_timer_start(hosts->shape.loop, &hosts->crowded,
				 HOSTS_YOUNG_MS);
}

static bool is_too_much(struct hosts *hosts, const struct host *host,
			int64_t now_ms)
{
	if (host->waiting_limit && host->waiting >= host->waiting_limit)
		return true;
	shed_later(hosts);
	return taken(host) >= share_of(hosts, host, now_ms);
}

static bool is_in_time(const struct hosts *hosts, const struct host *host,
		       int64_t now_ms)
{
	return !hosts->shape.per_second ||
	       host->next_us <= (now_ms + BURST_MS) * 1000;
}

static void wake_later(struct hosts *hosts)
{
	if (hosts->waking)
		return;
	hosts->waking = true;
	if (hosts->shape.loop)
		loop_timer_start(hosts->shape.loop, &hosts->timer, WAKE_MS);
}

/* Whether one more may run, which is then counted. */
static bool starts(struct hosts *hosts, struct host *host, int64_t now_ms)
{
	if (host->running >= host->limit)
		return false;
	if (!is_in_time(hosts, host, now_ms)) {
		wake_later(hosts);
		return false;
	}
	if (!breaker_lets(&host->breaker, now_ms))
		return false;
	if (hosts->shape.per_second) {
		if (host->next_us < now_ms * 1000)
			host->next_us = now_ms * 1000;
		host->next_us += 1000000 / hosts->shape.per_second;
	}
	host->running++;
	return true;
}

static enum host_answer turned_away(const struct host *host,
				    struct host_seat *seat, int64_t now_ms)
{
	seat->host = NULL;
	seat->resting = is_open(host);
	seat->rest_ms = breaker_rest_ms(&host->breaker, now_ms);
	metric_add(seat->resting ? &count_away_open : &count_away_busy, 1);
	return HOST_AWAY;
}

enum host_answer hosts_enter(struct hosts *hosts, const char *origin,
			     struct host_seat *seat)
{
	struct host *host = host_of(hosts, origin);
	int64_t now_ms = clock_mono_ms();
	if (!taken(host))
		host->since_ms = now_ms;
	host->used_ms = now_ms;
	seat->runs = !host->waiting && starts(hosts, host, now_ms);
	if (!seat->runs && (is_open(host) || is_too_much(hosts, host, now_ms)))
		return turned_away(host, seat, now_ms);
	seat->host = host;
	hosts->seats++;
	if (seat->runs)
		return HOST_RUNS;
	host->waiting++;
	list_add_tail(&host->seats, &seat->link);
	return HOST_WAITS;
}

/* --- who leaves --- */

static struct host_seat *stop_waiting(struct list *link)
{
	struct host_seat *seat = list_of(link, struct host_seat, link);
	list_remove(link);
	seat->host->waiting--;
	return seat;
}

/* The latest comers go first; those that stay keep their turn. */
static void turn_away(struct hosts *hosts, struct host *host, unsigned stay)
{
	int64_t now_ms = clock_mono_ms();
	while (host->waiting > stay) {
		struct host_seat *seat = stop_waiting(host->seats.prev);
		hosts->seats--;
		turned_away(host, seat, now_ms);
		hosts->shape.away(seat);
	}
}

static void run_next(struct hosts *hosts, struct host *host)
{
	int64_t now_ms = clock_mono_ms();
	while (host->waiting && starts(hosts, host, now_ms)) {
		struct host_seat *seat = stop_waiting(host->seats.next);
		seat->runs = true;
		hosts->shape.go(seat);
	}
}

static void note_breaker(struct hosts *hosts, struct host *host)
{
	if (host->breaker.state == BREAKER_CLOSED) {
		metric_add(&gauge_open, -1);
		metric_add(&gauge_hosts, 1);
		log_info(NULL, "webhooks: %s answers again", host->origin);
		return;
	}
	metric_add(&count_opened, 1);
	if (host->breaker.failures == BREAKER_FAILURES) {
		metric_add(&gauge_open, 1);
		metric_add(&gauge_hosts, -1);
		log_warn(NULL, 0,
			 "webhooks: %s has failed %d times in a row: it gets "
			 "none for %d s, then one at a time until it answers",
			 host->origin, BREAKER_FAILURES,
			 BREAKER_REST_MS / 1000);
	}
	turn_away(hosts, host, 0);
}

static void note_end(struct hosts *hosts, struct host *host, enum host_end end)
{
	int64_t now_ms = clock_mono_ms();
	host->running--;
	if (end == HOST_UNUSED) {
		breaker_unused(&host->breaker);
		return;
	}
	host->finished++;
	if (end == HOST_ANSWERED) {
		host->answered_ms = now_ms;
		if (host->limit < hosts->shape.at_once)
			host->limit++;
	} else {
		host->limit /= 2;
		if (host->limit < HOSTS_AT_LEAST)
			host->limit = HOSTS_AT_LEAST;
	}
	if (host->limit > hosts->shape.at_once)
		host->limit = hosts->shape.at_once;
	if (breaker_ended(&host->breaker, end == HOST_ANSWERED, now_ms))
		note_breaker(hosts, host);
}

void hosts_leave(struct hosts *hosts, struct host_seat *seat, enum host_end end)
{
	struct host *host = seat->host;
	if (!host)
		return;
	seat->host = NULL;
	hosts->seats--;
	if (seat->runs) {
		note_end(hosts, host, end);
	} else {
		list_remove(&seat->link);
		host->waiting--;
	}
	run_next(hosts, host);
}

/* --- now and then --- */

void hosts_wake(struct hosts *hosts)
{
	size_t cursor = 0;
	void *host;
	hosts->waking = false;
	while (map_next(hosts->by_origin, &cursor, NULL, &host))
		run_next(hosts, host);
}

void hosts_shed(struct hosts *hosts)
{
	int64_t now_ms = clock_mono_ms();
	size_t cursor = 0;
	void *value;
	hosts->shedding = false;
	hosts->doubtful = 0;
	while (map_next(hosts->by_origin, &cursor, NULL, &value)) {
		struct host *host = value;
		unsigned share = share_of(hosts, host, now_ms);
		if (taken(host) > share)
			turn_away(hosts, host,
				  share > host->running ? share - host->running
							: 0);
	}
	shed_later(hosts);
}

static void judge(struct hosts *hosts, struct host *host, int64_t now_ms)
{
	unsigned finishes = host->finished * HOSTS_WAIT_SECONDS;
	host->finished = 0;
	host->waiting_limit = 0;
	if (!taken(host) || now_ms - host->since_ms < GRACE_MS)
		return;
	host->waiting_limit =
		finishes > HOSTS_WAITING ? finishes : HOSTS_WAITING;
	turn_away(hosts, host, host->waiting_limit);
}

void hosts_tick(struct hosts *hosts)
{
	int64_t now_ms = clock_mono_ms();
	size_t cursor = 0;
	void *value;
	hosts->doubtful = 0;
	while (map_next(hosts->by_origin, &cursor, NULL, &value)) {
		struct host *host = value;
		judge(hosts, host, now_ms);
		if (!taken(host) &&
		    (now_ms - host->used_ms > HOSTS_REMEMBER_MS ||
		     map_count(hosts->by_origin) > HOSTS_MAX))
			host_free(hosts, host);
	}
}
