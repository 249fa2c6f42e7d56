/*
 * backlog.c - what waits, for /metrics; see backlog.h.
 */
#include "services/callbackd/backlog.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

#define EVERY_MS 10000
#define ANSWER_MS 5000
#define NOTE_EVERY 6 /* of these */
#define NOTE_KEY "webhooks_read"

METRIC_GAUGE(gauge_new, "webhooks_waiting", "in=\"record\"",
	     "Webhooks that are not settled: no attempt yet, or in HOOKS for "
	     "the next one.")
METRIC_GAUGE(gauge_waiting, "webhooks_waiting", "in=\"hooks\"",
	     "Webhooks that are not settled: no attempt yet, or in HOOKS for "
	     "the next one.")
METRIC_GAUGE(gauge_dead, "webhooks_dead", "",
	     "Webhooks that were given up and lie in DEAD: voxctl webhooks ls.")
METRIC_COUNTER(count_gaps, "webhooks_record_gaps_total", "",
	       "Starts after no callbackd had run for as long as the record "
	       "is kept: webhooks may be lost.")

static void on_record(void *owner, int error, const char *data, size_t size);
static void on_hooks(void *owner, int error, const char *data, size_t size);
static void on_dead(void *owner, int error, const char *data, size_t size);

static const struct question {
	const char *subject;
	bus_answer_fn *answered;
} questions[] = {
	{"$JS.API.CONSUMER.INFO.VOX.callbackd", on_record},
	{"$JS.API.STREAM.INFO.HOOKS", on_hooks},
	{"$JS.API.STREAM.INFO.DEAD", on_dead},
};

struct backlog {
	struct service *service;
	struct bus_follower *note;
	struct loop_timer timer;
	unsigned turns;
	bool noted; /* the note of those before us was looked for */
};

static void set(struct metric *gauge, int error, const char *data, size_t size,
		const char *path)
{
	int64_t number;
	if (!error && bus_json_number(data, size, path, &number))
		metric_set(gauge, number);
}

static void on_record(void *owner, int error, const char *data, size_t size)
{
	int64_t pending, unsettled;
	(void)owner;
	if (!error && bus_json_number(data, size, "num_pending", &pending) &&
	    bus_json_number(data, size, "num_ack_pending", &unsettled))
		metric_set(&gauge_new, pending + unsettled);
}

static void on_hooks(void *owner, int error, const char *data, size_t size)
{
	(void)owner;
	set(&gauge_waiting, error, data, size, "state.messages");
}

static void on_dead(void *owner, int error, const char *data, size_t size)
{
	(void)owner;
	set(&gauge_dead, error, data, size, "state.messages");
}

/* --- the note --- */

static void on_note(void *owner, const struct bus_entry *entry)
{
	struct backlog *backlog = owner;
	int64_t hours = backlog->service->settings.record_hours;
	char text[24], when[CLOCK_ISO_BYTES];
	int64_t last_ms;
	if (backlog->noted || !entry->data ||
	    !str_copy_bytes(text, sizeof(text), entry->data, entry->size) ||
	    !str_number(text, 0, INT64_MAX, &last_ms) ||
	    clock_wall_ms() - last_ms < hours * 3600000)
		return;
	clock_iso(last_ms, when);
	metric_add(&count_gaps, 1);
	log_error(NULL, ERR_WEBHOOK_UNREAD,
		  "no callbackd has run since %s, for longer than the record "
		  "is kept (VOXBUS_RECORD_HOURS=%lld): webhooks asked for "
		  "before that time were not sent",
		  when, (long long)hours);
}

static void write_note(struct backlog *backlog)
{
	char text[24];
	if (!backlog->noted || backlog->turns++ % NOTE_EVERY)
		return;
	str_format(text, sizeof(text), "%lld", (long long)clock_wall_ms());
	bus_kv_put(backlog->service->bus, "config", NOTE_KEY, text,
		   strlen(text), BUS_KV_ANY, NULL, NULL);
}

static void on_caught_up(void *owner)
{
	struct backlog *backlog = owner;
	backlog->noted = true;
	write_note(backlog);
}

/* --- now and then --- */

static void on_timer(struct loop_timer *timer)
{
	struct backlog *backlog = timer->owner;
	struct service *service = backlog->service;
	if (bus_state(service->bus) == BUS_UP && !service->draining) {
		for (size_t i = 0; i < sizeof(questions) / sizeof(*questions);
		     i++)
			bus_ask(service->bus, questions[i].subject, "", 0,
				ANSWER_MS, questions[i].answered, backlog);
		write_note(backlog);
	}
	if (backlog->noted)
		backlog->note = bus_unfollow(backlog->note);
	loop_timer_start(service->loop, timer, EVERY_MS);
}

struct backlog *backlog_new(struct service *service)
{
	struct backlog *backlog = mem_new(1, sizeof(*backlog));
	backlog->service = service;
	backlog->timer = (struct loop_timer){.due = on_timer, .owner = backlog};
	backlog->note = bus_kv_watch(service->bus, "config", NOTE_KEY, on_note,
				     on_caught_up, backlog);
	loop_timer_start(service->loop, &backlog->timer, 1000);
	return backlog;
}

struct backlog *backlog_free(struct backlog *backlog)
{
	if (backlog) {
		bus_unfollow(backlog->note);
		bus_ask_cancel(backlog->service->bus, backlog);
		loop_timer_stop(backlog->service->loop, &backlog->timer);
		free(backlog);
	}
	return NULL;
}
