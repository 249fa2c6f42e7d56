/*
 * orphans.c - takes out of HOOKS what was settled long ago; see orphans.h.
 *
 * One question after the other: the floor of a class's consumer, the class's
 * oldest message, its removal, the next oldest, …
 */
#include "services/callbackd/orphans.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/retry.h"
#include "lib/runtime/service.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SOON_MS 5000
#define LATER_MS 60000 /* ten times, then every hour */
#define LATE_TURNS 10
#define HOUR_MS 3600000
#define ANSWER_MS 5000

METRIC_COUNTER(count_orphans, "webhooks_orphans_total", "",
	       "Settled webhooks that nats-server had kept in HOOKS, removed.")

struct orphans {
	struct service *service;
	struct loop_timer timer;
	unsigned class;
	int64_t floor, sequence; /* of the class; of the message at hand */
	unsigned removed, turns; /* since the connection */
};

static void ask_floor(struct orphans *orphans);
static void ask_oldest(struct orphans *orphans);

static void ask(struct orphans *orphans, const char *subject,
		const char *question, bus_answer_fn *answered)
{
	bus_ask(orphans->service->bus, subject, question, strlen(question),
		ANSWER_MS, answered, orphans);
}

static void finish(struct orphans *orphans)
{
	if (orphans->removed)
		log_info(NULL,
			 "%u webhooks that were settled before nats-server "
			 "was restarted are taken out of HOOKS",
			 orphans->removed);
	orphans->removed = 0;
	loop_timer_start(orphans->service->loop, &orphans->timer,
			 ++orphans->turns <= LATE_TURNS ? LATER_MS : HOUR_MS);
}

static void next_class(struct orphans *orphans)
{
	if (++orphans->class < RETRY_CLASSES)
		ask_floor(orphans);
	else
		finish(orphans);
}

static void on_removed(void *owner, int error, const char *data, size_t size)
{
	struct orphans *orphans = owner;
	if (error || !bus_json_true(data, size, "success")) {
		next_class(orphans);
		return;
	}
	orphans->removed++;
	metric_add(&count_orphans, 1);
	ask_oldest(orphans);
}

static void on_oldest(void *owner, int error, const char *data, size_t size)
{
	struct orphans *orphans = owner;
	char question[64];
	if (error ||
	    !bus_json_number(data, size, "message.seq", &orphans->sequence) ||
	    orphans->sequence > orphans->floor) {
		next_class(orphans);
		return;
	}
	str_format(question, sizeof(question),
		   "{\"seq\":%" PRId64 ",\"no_erase\":true}",
		   orphans->sequence);
	ask(orphans, "$JS.API.STREAM.MSG.DELETE.HOOKS", question, on_removed);
}

static void ask_oldest(struct orphans *orphans)
{
	char question[96];
	str_format(question, sizeof(question),
		   "{\"seq\":%" PRId64 ",\"next_by_subj\":\"hooks.%u.>\"}",
		   orphans->sequence + 1, orphans->class);
	ask(orphans, "$JS.API.STREAM.MSG.GET.HOOKS", question, on_oldest);
}

static void on_floor(void *owner, int error, const char *data, size_t size)
{
	struct orphans *orphans = owner;
	orphans->sequence = 0;
	if (error ||
	    !bus_json_number(data, size, "ack_floor.stream_seq",
			     &orphans->floor) ||
	    !orphans->floor)
		next_class(orphans);
	else
		ask_oldest(orphans);
}

static void ask_floor(struct orphans *orphans)
{
	char subject[64];
	str_format(subject, sizeof(subject),
		   "$JS.API.CONSUMER.INFO.HOOKS.callbackd-%u", orphans->class);
	ask(orphans, subject, "", on_floor);
}

static void on_timer(struct loop_timer *timer)
{
	struct orphans *orphans = timer->owner;
	orphans->class = 0;
	ask_floor(orphans);
}

static void on_state(void *owner, enum bus_state state, bool first)
{
	struct orphans *orphans = owner;
	(void)first;
	bus_ask_cancel(orphans->service->bus, orphans);
	loop_timer_stop(orphans->service->loop, &orphans->timer);
	orphans->turns = 0;
	if (state == BUS_UP)
		loop_timer_start(orphans->service->loop, &orphans->timer,
				 SOON_MS);
}

struct orphans *orphans_new(struct service *service)
{
	struct orphans *orphans = mem_new(1, sizeof(*orphans));
	orphans->service = service;
	orphans->timer = (struct loop_timer){.due = on_timer, .owner = orphans};
	bus_on_state(service->bus, on_state, orphans);
	loop_timer_start(service->loop, &orphans->timer, SOON_MS);
	return orphans;
}

struct orphans *orphans_free(struct orphans *orphans)
{
	if (orphans) {
		bus_ask_cancel(orphans->service->bus, orphans);
		loop_timer_stop(orphans->service->loop, &orphans->timer);
		free(orphans);
	}
	return NULL;
}
