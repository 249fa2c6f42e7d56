/*
 * callbackd.c - the queue's end: what is taken, kept in hand and given back;
 * see callbackd.h.
 *
 * ACK_WAIT_MS is how long the webhooks of an instance that died stay away. For
 * that time after our own start, and after another instance has gone, webhooks
 * whose predecessor was never here wait for it ("unsettled").
 */
#include "services/callbackd/callbackd.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/keys.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/metrics.h"
#include "services/callbackd/daemon.h"

#include <stdlib.h>

#define IN_HAND_MAX 2048
/* Of each class of delay. What waits counts as unsettled: more than these wait
 * in the stream, in the order of what is due next, and nobody looks at them. */
#define AGAIN_IN_HAND_MAX 256
#define AGAIN_UNSETTLED_MAX 10000
#define UNSETTLED_MS (ACK_WAIT_MS + 1000)
#define TICK_MS 1000
#define ALIVE_TICKS 2
#define EARLY_MS 200 /* an arrival may be this much before its time */
#define SEEN_MAX 20000
#define DELIVERED_MAX 8192 /* a name is asked for within ACK_WAIT_MS */
#define KEPT_MAX 20000     /* so is one that was put into HOOKS */

METRIC_COUNTER(count_repeated, "webhooks_repeated_total", "",
	       "Webhooks that were handed out again while in hand, before "
	       "their time, or after they were delivered.")

/* --- arrivals --- */

/* A repeat is given back, or settled, without an attempt. 'tried': the attempts
 * that it tells of. */
static bool is_repeat(struct callbackd *daemon, const char *hook, int64_t tried)
{
	int64_t number;
	if (map_get(daemon->by_name, hook))
		bus_work_again(daemon->arriving, ACK_WAIT_MS);
	else if (memory_get(daemon->delivered, hook, &number) ||
		 (memory_get(daemon->kept, hook, &number) && number > tried))
		bus_work_done(daemon->arriving);
	else
		return false;
	daemon->arriving = NULL;
	metric_add(&count_repeated, 1);
	return true;
}

void callbackd_post(void *owner, const struct envelope *envelope,
		    const void *message)
{
	struct callbackd *daemon = owner;
	const struct post *post = message;
	struct delivery delivery;
	if (is_repeat(daemon, post->hook, 0))
		return;
	delivery_of_post(post, &delivery);
	hook_begin(daemon, envelope, &delivery, false,
		   (int64_t)daemon->arrival->deliveries);
}

/* Handed out at once, when it is only put off until it is due, and then. */
void callbackd_retry(void *owner, const struct envelope *envelope,
		     const void *message)
{
	struct callbackd *daemon = owner;
	const struct retry *retry = message;
	int64_t wait_ms = retry->due - clock_wall_ms();
	struct delivery delivery;
	if (wait_ms > EARLY_MS) {
		bus_work_again(daemon->arriving, wait_ms);
		daemon->arriving = NULL;
		return;
	}
	if (is_repeat(daemon, retry->hook, retry->tried))
		return;
	delivery_of_retry(retry, &delivery);
	hook_begin(daemon, envelope, &delivery, true, retry->tried + 1);
}

static void on_work(void *owner, struct bus_work *work,
		    const struct bus_message *message)
{
	struct callbackd *daemon = owner;
	if (daemon->service->draining) {
		bus_work_again(work, 0);
		return;
	}
	daemon->arriving = work;
	daemon->arrival = message;
	talk_dispatch(daemon->service, daemon->routes, message);
	if (daemon->arriving) /* no 'post' that can be understood: told */
		bus_work_done(work);
	daemon->arriving = NULL;
	daemon->arrival = NULL;
}

/* --- times --- */
static void on_soon(struct loop_timer *timer)
{
	struct callbackd *daemon = timer->owner;
	while (!list_empty(&daemon->failed))
		hook_tell_refused(
			list_of(daemon->failed.next, struct hook, failed));
}

static void on_settled(struct loop_timer *timer)
{
	struct callbackd *daemon = timer->owner;
	list_each (link, &daemon->hooks) {
		struct hook *hook = list_of(link, struct hook, link);
		if (hook->unsettled) {
			hook->unsettled = false;
			order_trust(daemon->order, &hook->place);
		}
	}
}

void callbackd_unsettle(struct callbackd *daemon)
{
	daemon->unsettled_until_ms = clock_mono_ms() + UNSETTLED_MS;
	loop_timer_start(daemon->service->loop, &daemon->settled, UNSETTLED_MS);
}

static void keep_alive(struct callbackd *daemon)
{
	int64_t now_ms = clock_mono_ms();
	list_each (link, &daemon->hooks) {
		struct hook *hook = list_of(link, struct hook, link);
		if (now_ms - hook->since_ms < ALIVE_TICKS * TICK_MS)
			break; /* so are all later ones */
		if (now_ms - hook->kept_ms > ACK_WAIT_MS)
			continue; /* too late: see lose() in hook.c */
		bus_work_alive(hook->work);
		hook->kept_ms = now_ms;
	}
}

static void on_tick(struct loop_timer *timer)
{
	struct callbackd *daemon = timer->owner;
	if (++daemon->ticks % ALIVE_TICKS == 0)
		keep_alive(daemon);
	hosts_tick(daemon->hosts);
	if (peers_tick(daemon->peers))
		callbackd_unsettle(daemon);
	loop_timer_start(daemon->service->loop, timer, TICK_MS);
}

static void on_instance(void *owner, const char *service_name,
			const char *instance, const void *record)
{
	struct callbackd *daemon = owner;
	if (str_equal(service_name, daemon->service->shape->name) &&
	    peers_changed(daemon->peers, instance, record))
		callbackd_unsettle(daemon);
}

static bool has_earlier(void *owner, const char *key, int64_t sequence)
{
	struct callbackd *daemon = owner;
	return order_has_earlier(daemon->order, key, sequence);
}

static bool has_seen(void *owner, const char *leg, int64_t sequence)
{
	struct callbackd *daemon = owner;
	int64_t seen;
	return memory_get(daemon->seen, leg, &seen) && seen >= sequence;
}

/* --- the end --- */
static void hand_back(struct callbackd *daemon, bool even_posting)
{
	list_each (link, &daemon->hooks) {
		struct hook *hook = list_of(link, struct hook, link);
		bool posts = hook->state == HOOK_POSTING;
		bool tells = hook->state == HOOK_TELLING ||
			     hook->state == HOOK_REFUSED ||
			     hook->state == HOOK_KEEPING;
		if (!tells && (even_posting || !posts))
			hook_hand_back(hook);
	}
}

static void on_hand_back(struct loop_timer *timer)
{
	hand_back(timer->owner, true);
}

void callbackd_drain(void *owner)
{
	struct callbackd *daemon = owner;
	daemon->first = bus_unpull(daemon->first);
	for (unsigned i = 0; i < RETRY_CLASSES; i++)
		daemon->again[i] = bus_unpull(daemon->again[i]);
	hand_back(daemon, false);
	service_hand_back_timer(daemon->service, &daemon->hand_back);
}

bool callbackd_ready(void *owner, char *reason, size_t size)
{
	const struct callbackd *daemon = owner;
	if (daemon->pulling)
		return true;
	str_copy(reason, size, "the accounts are not read yet");
	return false;
}

bool callbackd_drained(void *owner)
{
	const struct callbackd *daemon = owner;
	return list_empty(&daemon->hooks);
}

/* --- the beginning --- */
static void make_timers(struct callbackd *daemon)
{
	struct loop *loop = daemon->service->loop;
	daemon->tick = (struct loop_timer){.due = on_tick, .owner = daemon};
	daemon->soon = (struct loop_timer){.due = on_soon, .owner = daemon};
	daemon->settled =
		(struct loop_timer){.due = on_settled, .owner = daemon};
	daemon->hand_back =
		(struct loop_timer){.due = on_hand_back, .owner = daemon};
	loop_timer_start(loop, &daemon->tick, TICK_MS);
	callbackd_unsettle(daemon);
}

static void make_parts(struct callbackd *daemon)
{
	struct service *service = daemon->service;
	daemon->http = http_new(service->loop, daemon->allow);
	daemon->by_name = map_new();
	list_init(&daemon->hooks);
	list_init(&daemon->failed);
	daemon->order = order_new(hook_passes_line);
	daemon->hosts = hosts_new(&(struct hosts_shape){
		.loop = service->loop,
		.at_once = (unsigned)service->settings.webhook_requests,
		.per_second = (unsigned)service->settings.webhook_rate,
		.go = hook_passes_host,
		.away = hook_turned_away,
	});
	daemon->seen = memory_new(SEEN_MAX);
	daemon->delivered = memory_new(DELIVERED_MAX);
	daemon->kept = memory_new(KEPT_MAX);
	daemon->peers = peers_new(service, &(struct peers_shape){
						   .has_earlier = has_earlier,
						   .has_seen = has_seen,
						   .answered = hook_answered,
						   .owner = daemon,
					   });
}

static void pull_again(struct callbackd *daemon, unsigned class)
{
	char durable[32], filter[32];
	str_format(durable, sizeof(durable), "callbackd-%u", class);
	str_format(filter, sizeof(filter), "hooks.%u.>", class);
	daemon->again[class] =
		bus_pull(daemon->service->bus,
			 &(struct bus_pull){
				 .stream = "HOOKS",
				 .durable = durable,
				 .filter = filter,
				 .ack_wait_ms = ACK_WAIT_MS,
				 .in_hand_max = AGAIN_IN_HAND_MAX,
				 .unsettled_max = AGAIN_UNSETTLED_MAX,
				 .arrived = on_work,
				 .owner = daemon,
			 });
}

static void pull(struct callbackd *daemon)
{
	daemon->first = bus_pull(daemon->service->bus,
				 &(struct bus_pull){
					 .stream = "VOX",
					 .durable = "callbackd",
					 .filter = "vox.callbackd.>",
					 .ack_wait_ms = ACK_WAIT_MS,
					 .in_hand_max = IN_HAND_MAX,
					 .arrived = on_work,
					 .owner = daemon,
				 });
	for (unsigned i = 0; i < RETRY_CLASSES; i++)
		pull_again(daemon, i);
}

static bool read_settings(struct callbackd *daemon)
{
	const struct settings *settings = &daemon->service->settings;
	char error[160], schedule_error[RETRY_ERROR_BYTES];
	daemon->allow = cidrs_parse(settings->http_allow, error);
	if (!daemon->allow)
		log_error(NULL, 0, "VOXBUS_HTTP_ALLOW: %s", error);
	else if (!retry_schedule_read(settings->webhook_retry,
				      &daemon->schedule, schedule_error))
		log_error(NULL, 0, "VOXBUS_WEBHOOK_RETRY: %s", schedule_error);
	else
		return true;
	cidrs_free(daemon->allow);
	return false;
}

static void on_pulling(void *owner)
{
	struct callbackd *daemon = owner;
	daemon->pulling = true;
}

/* Nothing leaves without its signature. */
static void on_keys(void *owner)
{
	struct callbackd *daemon = owner;
	if (daemon->service->draining)
		return;
	pull(daemon);
	bus_flush(daemon->service->bus, on_pulling, daemon);
}

void *callbackd_new(struct service *service, const struct talk_route *routes)
{
	struct callbackd *daemon = mem_new(1, sizeof(*daemon));
	daemon->service = service;
	daemon->routes = routes;
	if (!read_settings(daemon)) {
		free(daemon);
		return NULL;
	}
	make_parts(daemon);
	if (!http_trust(daemon->http, service->settings.http_ca))
		log_error(NULL, 0,
			  "VOXBUS_HTTP_CA: %s cannot be read: no certificate "
			  "is trusted",
			  service->settings.http_ca);
	make_timers(daemon);
	service_watch_instances(service, on_instance);
	bus_patience(service->bus, BUS_TICK_MS); /* so late may one leave */
	daemon->backlog = backlog_new(service);
	daemon->orphans = orphans_new(service);
	daemon->keys = keys_new(service, on_keys, daemon);
	return daemon;
}

/* What is still in hand is handed out again by the server. */
void callbackd_free(void *owner)
{
	struct callbackd *daemon = owner;
	struct loop *loop = daemon->service->loop;
	loop_timer_stop(loop, &daemon->tick);
	loop_timer_stop(loop, &daemon->soon);
	loop_timer_stop(loop, &daemon->settled);
	loop_timer_stop(loop, &daemon->hand_back);
	list_each (link, &daemon->hooks)
		hook_free(list_of(link, struct hook, link));
	bus_unpull(daemon->first);
	for (unsigned i = 0; i < RETRY_CLASSES; i++)
		bus_unpull(daemon->again[i]);
	backlog_free(daemon->backlog);
	orphans_free(daemon->orphans);
	http_free(daemon->http);
	keys_free(daemon->keys);
	peers_free(daemon->peers);
	order_free(daemon->order);
	hosts_free(daemon->hosts);
	memory_free(daemon->seen);
	memory_free(daemon->delivered);
	memory_free(daemon->kept);
	map_free(daemon->by_name);
	cidrs_free(daemon->allow);
	free(daemon);
}
