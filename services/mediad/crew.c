/*
 * crew.c - who does what on which thread; see crew.h. docs/adr/0015 has the
 * reasons.
 */
#include "services/mediad/crew.h"

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/inbox.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/thread.h"
#include "services/mediad/media.h"
#include "services/mediad/ports.h"
#include "services/mediad/sound/library.h"
#include "services/mediad/record/handout.h"
#include "services/mediad/record/recordings.h"

#include <stdlib.h>

#define WORKERS_MAX 64
#define PACE_US 1000 /* packets of so long are handled together */
#define ROUTES_MAX 24
#define ORDERS_MAX 16384 /* that wait for one worker */
#define ANSWERS_MAX 65536

METRIC_GAUGE(threads, "media_threads", "", "Worker threads that have media.")
METRIC_COUNTER(orders_dropped, "media_orders_dropped_total", "",
	       "Commands that found a worker's inbox full.")
METRIC_COUNTER(answers_dropped, "media_answers_dropped_total", "",
	       "Messages of workers that found the bus's inbox full.")

struct worker {
	struct crew *crew;
	struct loop *loop;
	struct media *media;
	struct inbox *orders;
	struct thread *thread;
};

struct crew {
	struct service *service;
	const struct talk_route *orders;
	struct talk_route heard[ROUTES_MAX];
	struct inbox *answers;
	struct handout *handout;
	struct library *library;
	atomic_size_t in_hand; /* orders that are not done yet */
	unsigned count;
	struct worker workers[WORKERS_MAX];
};

/* A command on its way to a worker; without a route: the end. */
struct order {
	struct inbox_item item;
	const struct talk_route *route;
	struct envelope envelope;
	void *message;
};

struct saying {
	struct inbox_item item;
	const struct proto_message *desc; /* NULL: just look again */
	void *message;
	char call_sid[40], account_sid[65], id[40];
};

/* --- on the workers' threads --- */

static struct order *order_free(struct order *order)
{
	if (order->route)
		proto_free(order->route->message, order->message);
	free(order);
	return NULL;
}

static void drop_order(void *owner, struct inbox_item *item)
{
	(void)owner;
	order_free((struct order *)item);
}

static struct saying *saying_free(struct saying *saying)
{
	if (saying->desc)
		proto_free(saying->desc, saying->message);
	free(saying);
	return NULL;
}

/* An order is done: that may have been what the daemon's end waits for. */
static void done(struct worker *worker)
{
	struct saying *nothing;

	atomic_fetch_sub(&worker->crew->in_hand, 1);
	if (!worker->media->draining)
		return;
	nothing = mem_new(1, sizeof(*nothing));
	if (!inbox_put(worker->crew->answers, &nothing->item))
		saying_free(nothing);
}

static void on_order(void *owner, struct inbox_item *item)
{
	struct order *order = (struct order *)item;
	struct worker *worker = owner;

	if (order->route)
		order->route->heard(worker->media, &order->envelope,
				    order->message);
	else
		loop_stop(worker->loop);
	done(worker);
	order_free(order);
}

static void say(void *owner, const struct talk_to *to,
		const struct proto_message *desc, const void *message)
{
	struct crew *crew = owner;
	struct saying *saying = mem_new(1, sizeof(*saying));

	saying->desc = desc;
	saying->message = proto_new(desc);
	proto_copy(desc, message, saying->message);
	str_copy(saying->call_sid, sizeof(saying->call_sid), to->call_sid);
	str_copy(saying->account_sid, sizeof(saying->account_sid),
		 to->account_sid);
	str_copy(saying->id, sizeof(saying->id), to->id);
	if (inbox_put(crew->answers, &saying->item))
		return;
	metric_add(&answers_dropped, 1);
	log_error(to->call_sid, 0, "%s is dropped: the bus takes too long",
		  desc->name);
	saying_free(saying);
}

static void work(void *owner)
{
	struct worker *worker = owner;

	loop_pace(worker->loop, PACE_US);
	loop_run(worker->loop);
}

/* --- on the bus's thread --- */

static void on_answer(void *owner, struct inbox_item *item)
{
	struct saying *saying = (struct saying *)item;
	struct crew *crew = owner;
	struct talk_to to = {.call_sid = saying->call_sid,
			     .account_sid = saying->account_sid,
			     .id = saying->id};

	if (saying->desc)
		talk_say(crew->service, &to, saying->desc, saying->message);
	saying_free(saying);
}

static void drop_saying(void *owner, struct inbox_item *item)
{
	(void)owner;
	saying_free((struct saying *)item);
}

static struct worker *worker_of(struct crew *crew, const char *call_sid)
{
	uint32_t hash = 2166136261u; /* FNV-1a: as even as CallSids are */

	for (; *call_sid; call_sid++)
		hash = (hash ^ (uint8_t)*call_sid) * 16777619u;
	return &crew->workers[(hash ^ hash >> 16) % crew->count];
}

static bool hand_on(struct worker *worker, struct order *order)
{
	atomic_fetch_add(&worker->crew->in_hand, 1);
	if (inbox_put(worker->orders, &order->item))
		return true;
	atomic_fetch_sub(&worker->crew->in_hand, 1);
	return false;
}

static const struct talk_route *route_of(const struct crew *crew,
					 const char *type)
{
	const struct talk_route *route = crew->orders;

	while (!str_equal(route->message->name, type))
		route++; /* it was heard: there is one */
	return route;
}

static void on_heard(void *daemon, const struct envelope *envelope,
		     const void *message)
{
	struct crew *crew = daemon;
	struct order *order = mem_new(1, sizeof(*order));

	order->route = route_of(crew, envelope->type);
	order->envelope = *envelope;
	order->message = proto_new(order->route->message);
	proto_copy(order->route->message, message, order->message);
	if (hand_on(worker_of(crew, envelope->call_sid), order))
		return;
	metric_add(&orders_dropped, 1);
	log_error(envelope->call_sid, 0, "%s is dropped: its worker has %d",
		  envelope->type, ORDERS_MAX);
	order_free(order);
}

static void listen_to_all(struct crew *crew)
{
	unsigned count = 0;

	for (; count < ROUTES_MAX - 1 && crew->orders[count].message; count++)
		crew->heard[count] = (struct talk_route){
			crew->orders[count].message, on_heard};
	talk_listen(crew->service, crew->heard);
}

static void worker_start(struct worker *worker, struct crew *crew,
			 struct loop *loop, struct media *media)
{
	worker->crew = crew;
	worker->loop = loop;
	worker->media = media;
	media->say = say;
	media->say_owner = crew;
	media->library = crew->library;
	worker->orders =
		inbox_new(loop, ORDERS_MAX, on_order, drop_order, worker);
	worker->thread = thread_new("media", work, worker);
}

static unsigned count_of(const struct settings *settings)
{
	unsigned count = settings->media_threads
				 ? (unsigned)settings->media_threads
				 : thread_cores();

	return count < WORKERS_MAX ? count : WORKERS_MAX;
}

struct crew *crew_start(struct service *service,
			const struct talk_route *orders)
{
	char error[MEDIA_ERROR_BYTES];
	struct loop *loop = loop_new();
	struct media *first = media_new(loop, &service->settings, error);
	struct crew *crew;

	if (!first) {
		log_error(NULL, 0, "%s", error);
		loop_free(loop);
		return NULL;
	}
	crew = mem_new(1, sizeof(*crew));
	crew->service = service;
	crew->orders = orders;
	crew->count = count_of(&service->settings);
	crew->library = library_new(service);
	crew->answers = inbox_new(service->loop, ANSWERS_MAX, on_answer,
				  drop_saying, crew);
	first->service = service;
	recordings_resume(first);
	first->legs_max /= crew->count;
	worker_start(&crew->workers[0], crew, loop, first);
	for (unsigned i = 1; i < crew->count; i++) {
		loop = loop_new();
		worker_start(&crew->workers[i], crew, loop,
			     media_new_beside(loop, first));
	}
	metric_set(&threads, crew->count);
	crew->handout = handout_new(service);
	listen_to_all(crew);
	return crew;
}

void crew_drain(void *daemon)
{
	struct crew *crew = daemon;

	for (unsigned i = 0; i < crew->count; i++)
		crew->workers[i].media->draining = true;
}

bool crew_drained(void *daemon)
{
	struct crew *crew = daemon;

	if (crew->in_hand > 0)
		return false;
	for (unsigned i = 0; i < crew->count; i++)
		if (crew->workers[i].media->legs > 0 ||
		    crew->workers[i].media->recordings_open > 0)
			return false;
	return inbox_count(crew->answers) == 0;
}

bool crew_ready(void *daemon, char *reason, size_t size)
{
	const struct crew *crew = daemon;
	struct ports *ports = crew->workers[0].media->ports;

	if (ports_taken(ports) < ports_count(ports))
		return true;
	str_copy(reason, size, "all media ports are in use");
	return false;
}

/* The first worker's ports are everybody's: it goes last. */
static void worker_stop(struct worker *worker)
{
	thread_free(worker->thread);
	inbox_free(worker->orders);
	media_free(worker->media);
	loop_free(worker->loop);
}

void crew_stop(void *daemon)
{
	struct crew *crew = daemon;

	handout_free(crew->handout);
	for (unsigned i = crew->count; i-- > 0;) {
		struct order *end = mem_new(1, sizeof(*end));

		/* A full inbox empties itself: its worker lives. */
		while (!hand_on(&crew->workers[i], end))
			thread_yield();
		worker_stop(&crew->workers[i]);
	}
	library_free(crew->library);
	inbox_free(crew->answers);
	free(crew);
}
