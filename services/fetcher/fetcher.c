/*
 * fetcher.c - from 'get' to 'fetched'; see fetcher.h.
 *
 * A fetch is in hand from its arrival until its answer is acknowledged on the
 * record. ACK_WAIT_MS is short, because a caller waits for the document: when a
 * fetcher dies, another one has its work that much later. What takes longer is
 * kept alive at the server.
 */
#include "services/fetcher/fetcher.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/subject.h"
#include "lib/http/http.h"
#include "lib/http/keys.h"
#include "lib/http/overrides.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"
#include "services/fetcher/answer.h"
#include "services/fetcher/apps.h"
#include "services/fetcher/recent.h"
#include "services/fetcher/sounds.h"

#include <stdlib.h>
#include <string.h>

#define IN_HAND_MAX 512
#define ACK_WAIT_MS 3000
#define ALIVE_MS 1000
#define COME_BACK_MS 1000 /* a repeat of what is in hand */
#define RECENT_MAX 1024
#define RECENT_BYTES (8 * 1024 * 1024)

METRIC_GAUGE(gauge_in_hand, "fetches_in_hand", "",
	     "Fetches whose answer is not on the record yet.")
METRIC_COUNTER(count_answered, "fetches_total", "result=\"answered\"",
	       "Fetches, by what became of them.")
METRIC_COUNTER(count_repeated, "fetches_total", "result=\"repeated\"",
	       "Fetches, by what became of them.")
METRIC_COUNTER(count_late, "fetches_total", "result=\"late\"",
	       "Fetches, by what became of them.")
METRIC_COUNTER(count_handed_back, "fetches_total", "result=\"handed_back\"",
	       "Fetches, by what became of them.")

struct fetcher {
	struct service *service;
	const struct talk_route *routes;
	struct cidrs *allow;
	struct http *http;
	struct keys *keys;
	struct apps *apps;
	struct sounds *sounds;
	struct bus_puller *puller;
	bool pulling;
	struct bus_work *arriving; /* while it is dispatched */
	struct map *by_name;
	struct list fetches; /* in hand, oldest first */
	struct recent *recent;
	struct loop_timer alive, hand_back;
};

/* One 'get' in hand: first its request is on its way ('transfer', or 'ask' to
 * an application on the bus), then its answer is (both are NULL). */
struct fetch {
	struct list link;
	struct fetcher *fetcher;
	struct bus_work *work;
	struct http_transfer *transfer;
	struct apps_ask *ask;
	struct fetched answer;
	char call_sid[40], account_sid[65];
	int64_t since_ms;
};

static void fetch_free(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	if (fetch->transfer)
		http_cancel(fetch->transfer);
	if (fetch->ask)
		apps_cancel(fetch->ask);
	map_remove(fetcher->by_name, fetch->answer.fetch);
	list_remove(&fetch->link);
	metric_add(&gauge_in_hand, -1);
	proto_clear(&fetched_message, &fetch->answer);
	free(fetch);
}

static void on_record(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct fetch *fetch = owner;
	(void)error, (void)sequence, (void)repeat;
	bus_work_done(fetch->work);
	recent_put(fetch->fetcher->recent, &fetch->answer);
	fetch_free(fetch);
}

/* The same happening has the same id, whichever fetcher tells it. */
static void say(struct fetch *fetch)
{
	char id[ID_BYTES];
	id_derive("ME", fetch->answer.fetch, 1, id);
	talk_say(fetch->fetcher->service,
		 &(struct talk_to){.call_sid = fetch->call_sid,
				   .account_sid = fetch->account_sid,
				   .id = id,
				   .done = on_record,
				   .owner = fetch},
		 &fetched_message, &fetch->answer);
}

/* Without its query, which may hold what nobody should read in a log. */
static void log_answer(const struct fetch *fetch,
		       const struct http_result *result)
{
	int length = (int)strcspn(result->url, "?");
	if (result->error)
		log_warn(fetch->call_sid, result->error,
			 "fetch %s of %.*s failed after %lld ms: %s",
			 fetch->answer.fetch, length, result->url,
			 (long long)result->total_ms, result->text);
	else
		log_debug(fetch->call_sid, "fetched %.*s: %zu bytes in %lld ms",
			  length, result->url, result->size,
			  (long long)result->total_ms);
}

static void on_answer(void *owner, const struct http_result *result)
{
	struct fetch *fetch = owner;
	fetch->transfer = NULL;
	fetch->ask = NULL;
	answer_make(result, &fetch->answer);
	log_answer(fetch, result);
	metric_add(&count_answered, 1);
	say(fetch);
}

static struct fetch *fetch_new(struct fetcher *fetcher,
			       const struct envelope *envelope,
			       const struct get *get)
{
	struct fetch *fetch = mem_new(1, sizeof(*fetch));
	fetch->fetcher = fetcher;
	fetch->work = fetcher->arriving;
	fetcher->arriving = NULL;
	fetch->since_ms = clock_mono_ms();
	str_copy(fetch->answer.fetch, sizeof(fetch->answer.fetch), get->fetch);
	proto_set_long(&fetch->answer.cookies, get->cookies);
	str_copy(fetch->call_sid, sizeof(fetch->call_sid), envelope->call_sid);
	str_copy(fetch->account_sid, sizeof(fetch->account_sid),
		 envelope->account_sid);
	map_put(fetcher->by_name, get->fetch, fetch);
	list_add_tail(&fetcher->fetches, &fetch->link);
	metric_add(&gauge_in_hand, 1);
	return fetch;
}

static void ask_bus(struct fetch *fetch, const struct get *get)
{
	struct keys_pair keys =
		keys_of(fetch->fetcher->keys, fetch->account_sid);
	struct apps_request what = {.get = get,
				    .call_sid = fetch->call_sid,
				    .account_sid = fetch->account_sid,
				    .keys = &keys,
				    .warning = fetch->answer.warning};
	fetch->ask = apps_ask(fetch->fetcher->apps, &what, on_answer, fetch);
}

static void request(struct fetch *fetch, const struct get *get)
{
	struct keys_pair keys =
		keys_of(fetch->fetcher->keys, fetch->account_sid);
	struct overrides limits = {.connect_ms = get->connect_ms,
				   .read_ms = get->read_ms,
				   .total_ms = get->total_ms,
				   .retries = (unsigned)get->retries,
				   .policy = RETRY_CT};
	overrides_read(get->url, &limits, fetch->answer.warning);
	struct http_request request = {
		.url = get->url,
		.method = (enum http_method)get->method,
		.params = get->params,
		.params_count = get->params_count,
		.body_max = (size_t)get->body_max,
		.no_sound = true, /* it is played from its URL */
		.redirects_max = (unsigned)get->redirects_max,
		.signing_key = keys.primary,
		.second_key = keys.secondary,
		.connect_ms = limits.connect_ms,
		.read_ms = limits.read_ms,
		.total_ms = limits.total_ms,
		.retries = limits.retries,
		.retry_after = limits.policy,
		.cookies = get->cookies ? get->cookies : "",
		.extra = {{"I-Twilio-Idempotency-Token", get->fetch}},
	};
	fetch->transfer =
		http_start(fetch->fetcher->http, &request, on_answer, fetch);
}

void fetcher_get(void *daemon, const struct envelope *envelope,
		 const void *message)
{
	struct fetcher *fetcher = daemon;
	const struct get *get = message;
	if (map_get(fetcher->by_name, get->fetch)) {
		bus_work_again(fetcher->arriving, COME_BACK_MS);
		fetcher->arriving = NULL;
		return;
	}
	const struct fetched *known = recent_get(fetcher->recent, get->fetch);
	struct fetch *fetch = fetch_new(fetcher, envelope, get);
	if (known) {
		metric_add(&count_repeated, 1);
		proto_copy(&fetched_message, known, &fetch->answer);
		say(fetch);
	} else if (talk_is_late(&get_message, envelope)) {
		metric_add(&count_late, 1);
		log_warn(envelope->call_sid, ERR_LATE,
			 "fetch %s is refused: asked for too long ago",
			 get->fetch);
		answer_late(&fetch->answer);
		say(fetch);
	} else if (subject_is_url(get->url)) {
		ask_bus(fetch, get);
	} else {
		request(fetch, get);
	}
}

static void on_work(void *owner, struct bus_work *work,
		    const struct bus_message *message)
{
	struct fetcher *fetcher = owner;
	if (fetcher->service->draining) {
		bus_work_again(work, 0);
		return;
	}
	fetcher->arriving = work;
	talk_dispatch(fetcher->service, fetcher->routes, message);
	if (fetcher->arriving) /* no 'get' that can be understood: told */
		bus_work_done(work);
	fetcher->arriving = NULL;
}

/* Whatever is in hand for longer than a moment is kept in hand. */
static void on_alive(struct loop_timer *timer)
{
	struct fetcher *fetcher = timer->owner;
	int64_t now_ms = clock_mono_ms();
	list_each (link, &fetcher->fetches) {
		struct fetch *fetch = list_of(link, struct fetch, link);
		if (now_ms - fetch->since_ms < ALIVE_MS)
			break; /* so are all later ones */
		bus_work_alive(fetch->work);
	}
	loop_timer_start(fetcher->service->loop, timer, ALIVE_MS);
}

static void hand_back(struct fetcher *fetcher)
{
	list_each (link, &fetcher->fetches) {
		struct fetch *fetch = list_of(link, struct fetch, link);
		if (!fetch->transfer && !fetch->ask)
			continue; /* its answer is on its way to the record */
		metric_add(&count_handed_back, 1);
		bus_work_again(fetch->work, 0);
		fetch_free(fetch);
	}
}

static void on_hand_back(struct loop_timer *timer)
{
	hand_back(timer->owner);
}

void fetcher_drain(void *daemon)
{
	struct fetcher *fetcher = daemon;
	fetcher->puller = bus_unpull(fetcher->puller);
	sounds_drain(fetcher->sounds);
	service_hand_back_timer(fetcher->service, &fetcher->hand_back);
}

bool fetcher_ready(void *daemon, char *reason, size_t size)
{
	const struct fetcher *fetcher = daemon;
	if (fetcher->pulling)
		return true;
	str_copy(reason, size, "the accounts are not read yet");
	return false;
}

bool fetcher_drained(void *daemon)
{
	const struct fetcher *fetcher = daemon;
	return list_empty(&fetcher->fetches);
}

static void on_pulling(void *owner)
{
	struct fetcher *fetcher = owner;
	fetcher->pulling = true;
}

/* Nothing leaves without its signature. */
static void on_keys(void *owner)
{
	struct fetcher *fetcher = owner;
	struct service *service = fetcher->service;
	if (service->draining)
		return;
	fetcher->puller =
		bus_pull(service->bus, &(struct bus_pull){
					       .stream = "VOX",
					       .durable = "fetcher",
					       .filter = "vox.fetcher.>",
					       .ack_wait_ms = ACK_WAIT_MS,
					       .in_hand_max = IN_HAND_MAX,
					       .arrived = on_work,
					       .owner = fetcher,
				       });
	bus_flush(service->bus, on_pulling, fetcher);
}

void *fetcher_new(struct service *service, const struct talk_route *routes)
{
	char error[160];
	struct fetcher *fetcher = mem_new(1, sizeof(*fetcher));
	fetcher->service = service;
	fetcher->routes = routes;
	fetcher->allow = cidrs_parse(service->settings.http_allow, error);
	if (!fetcher->allow) {
		log_error(NULL, 0, "VOXBUS_HTTP_ALLOW: %s", error);
		free(fetcher);
		return NULL;
	}
	fetcher->http = http_new(service->loop, fetcher->allow);
	bool trusts = http_trust(fetcher->http, service->settings.http_ca);
	if (!trusts)
		log_error(NULL, 0, "VOXBUS_HTTP_CA: %s cannot be read",
			  service->settings.http_ca);
	fetcher->apps = apps_new(service->loop, service->bus,
				 service->settings.nats_apps, error);
	if (!fetcher->apps)
		log_error(NULL, 0, "VOXBUS_NATS_APPS: %s", error);
	fetcher->sounds = trusts && fetcher->apps
				  ? sounds_new(service, fetcher->http)
				  : NULL;
	if (!fetcher->sounds) {
		apps_free(fetcher->apps);
		http_free(fetcher->http);
		cidrs_free(fetcher->allow);
		free(fetcher);
		return NULL;
	}
	fetcher->by_name = map_new();
	list_init(&fetcher->fetches);
	fetcher->recent = recent_new(RECENT_MAX, RECENT_BYTES);
	fetcher->alive = (struct loop_timer){.due = on_alive, .owner = fetcher};
	fetcher->hand_back =
		(struct loop_timer){.due = on_hand_back, .owner = fetcher};
	loop_timer_start(service->loop, &fetcher->alive, ALIVE_MS);
	fetcher->keys = keys_new(service, on_keys, fetcher);
	return fetcher;
}

/* What is still in hand is handed out again by the server. */
void fetcher_free(void *daemon)
{
	struct fetcher *fetcher = daemon;
	struct loop *loop = fetcher->service->loop;
	loop_timer_stop(loop, &fetcher->alive);
	loop_timer_stop(loop, &fetcher->hand_back);
	list_each (link, &fetcher->fetches)
		fetch_free(list_of(link, struct fetch, link));
	bus_unpull(fetcher->puller);
	sounds_free(fetcher->sounds);
	http_free(fetcher->http);
	keys_free(fetcher->keys);
	apps_free(fetcher->apps);
	map_free(fetcher->by_name);
	recent_free(fetcher->recent);
	cidrs_free(fetcher->allow);
	free(fetcher);
}
