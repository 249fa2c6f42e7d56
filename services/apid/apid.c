/*
 * apid.c - follows the record into the store and answers HTTP; see apid.h.
 *
 * What was heard is committed in batches, together with how far it was heard:
 * after a crash the record is followed from there, and no message counts twice.
 */
#include "services/apid/apid.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/httpd.h"
#include "lib/runtime/httpd_form.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/error_page.h"
#include "services/apid/accounts.h"
#include "services/apid/orders.h"
#include "services/apid/platform.h"
#include "services/apid/projection.h"
#include "services/apid/rest.h"
#include "services/apid/sounds.h"
#include "services/apid/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BATCH_MS 500
#define BATCH_MESSAGES 2000
#define ASK_AGAIN_MS 1000
#define ANSWER_MS 5000
#define EXPIRE_EVERY_MS 600000
#define EXPIRE_SOON_MS 50 /* while there is more to delete */
#define ERRORS_PATH "/errors/"
#define READY_MAX 131072
#define RECORD_INFO "$JS.API.STREAM.INFO.VOX"

METRIC_GAUGE(behind, "projection_behind", "",
	     "Messages of the record that are not projected yet.")

struct apid {
	struct service *service;
	struct store *store;
	struct httpd *httpd;
	struct rest rest;
	char api_url[SETTINGS_API_URL_BYTES];
	struct accounts *accounts;
	struct orders *orders;
	struct sounds *sounds;
	struct platform platform;
	struct bus_follower *follower, *config;
	struct loop_timer commit, ask, expire;
	uint64_t heard; /* the last sequence */
	unsigned uncommitted;
	bool caught_up;
};

static void check_store(struct apid *apid)
{
	char why[STORE_ERROR_BYTES + 32];
	if (!*store_error(apid->store))
		return;
	str_format(why, sizeof(why), "SQLite: %s", store_error(apid->store));
	service_fail(apid->service, why);
}

/* --- following the record --- */

static void commit(struct apid *apid)
{
	loop_timer_stop(apid->service->loop, &apid->commit);
	if (!apid->uncommitted)
		return;
	apid->uncommitted = 0;
	store_commit(apid->store, apid->heard);
	check_store(apid);
}

static void on_commit(struct loop_timer *timer)
{
	commit(timer->owner);
}

static void on_message(void *owner, const struct bus_message *message)
{
	struct apid *apid = owner;
	projection_hear(apid->store, message);
	apid->heard = message->sequence;
	orders_projected(apid->orders, apid->heard);
	metric_set(&behind, (int64_t)message->pending);
	if (apid->uncommitted++ == 0)
		loop_timer_start(apid->service->loop, &apid->commit, BATCH_MS);
	if (apid->uncommitted >= BATCH_MESSAGES)
		commit(apid);
}

static void on_caught_up(void *owner)
{
	struct apid *apid = owner;
	apid->caught_up = true;
	log_info(NULL, "the record is projected up to message %llu",
		 (unsigned long long)apid->heard);
}

/* Another record than the one that the store was made from? */
static void check_record(struct apid *apid, const char *created, int64_t last)
{
	if (str_equal(created, store_record(apid->store)) &&
	    store_sequence(apid->store) <= (uint64_t)last)
		return;
	if (*store_record(apid->store))
		log_warn(NULL, 0,
			 "the record is another one: the projection is made "
			 "anew");
	store_reset(apid->store, created);
	check_store(apid);
}

static void follow(struct apid *apid)
{
	apid->heard = store_sequence(apid->store);
	apid->follower =
		bus_follow(apid->service->bus,
			   &(struct bus_follow){.stream = "VOX",
						.filter = "vox.>",
						.first = apid->heard + 1,
						.arrived = on_message,
						.caught_up = on_caught_up,
						.owner = apid});
}

static void on_info(void *owner, int error, const char *data, size_t size)
{
	struct apid *apid = owner;
	char created[64];
	int64_t last;
	if (error ||
	    !bus_json_text(data, size, "created", created, sizeof(created)) ||
	    !bus_json_number(data, size, "state.last_seq", &last)) {
		loop_timer_start(apid->service->loop, &apid->ask, ASK_AGAIN_MS);
		return;
	}
	check_record(apid, created, last);
	follow(apid);
}

static void ask_record(struct loop_timer *timer)
{
	struct apid *apid = timer->owner;
	bus_ask(apid->service->bus, RECORD_INFO, "", 0, ANSWER_MS, on_info,
		apid);
}

/* --- forgetting --- */

static void on_expire(struct loop_timer *timer)
{
	struct apid *apid = timer->owner;
	int64_t age = apid->service->settings.record_hours * 3600000;
	bool more = store_expire(apid->store, clock_wall_ms() - age);
	check_store(apid);
	loop_timer_start(apid->service->loop, timer,
			 more ? EXPIRE_SOON_MS : EXPIRE_EVERY_MS);
}

/* --- HTTP --- */

static void on_healthz(void *owner, const struct httpd_request *request,
		       struct httpd_answer *answer)
{
	(void)owner, (void)request;
	httpd_text(answer, 200, "text/plain", "ok\n");
}

static void on_readyz(void *owner, const struct httpd_request *request,
		      struct httpd_answer *answer)
{
	struct apid *apid = owner;
	struct buf json = BUF_INIT(READY_MAX);
	(void)request;
	bool up = bus_state(apid->service->bus) == BUS_UP;
	bool ready =
		platform_ready(&apid->platform, up, clock_mono_ms(), &json);
	httpd_text(answer, ready ? 200 : 503, "application/json",
		   buf_text(&json));
	buf_free(&json);
}

/* What an error number means: where more_info leads. */
static void on_error(void *owner, const struct httpd_request *request,
		     struct httpd_answer *answer)
{
	struct buf text = BUF_INIT(65536);
	int64_t code = 0;
	(void)owner;
	str_number(request->path + strlen(ERRORS_PATH), 1, 99999, &code);
	if (error_page_write((int)code, NULL, &text))
		httpd_text(answer, 200, "text/markdown; charset=utf-8",
			   buf_text(&text));
	else
		httpd_error(answer, 404, ERR_API_NOT_FOUND,
			    "There is no such error number");
	buf_free(&text);
}

static const char *query_of(const void *lookup, const char *name)
{
	return httpd_query(lookup, name);
}

static const char *field_of(const void *lookup, const char *name, unsigned n)
{
	return httpd_field(lookup, name, n);
}

static const char *field_name(const void *lookup, unsigned n)
{
	return httpd_field_name(lookup, n);
}

static bool has_form(const struct httpd_request *request)
{
	const char *type = httpd_header(request, "Content-Type");
	return !request->body_size ||
	       (type && strncasecmp(type, FORM_TYPE, strlen(FORM_TYPE)) == 0);
}

static const char *why_refused(void *owner)
{
	const struct apid *apid = owner;
	return service_refuses(apid->service);
}

static const char *gateway_for(void *owner, const char *call_sid)
{
	const struct apid *apid = owner;
	return platform_pick(&apid->platform, "sipgw", call_sid,
			     clock_mono_ms());
}

static void take_order(void *owner, const struct rest_order *order,
		       const void *lookup, struct httpd_answer *answer)
{
	struct apid *apid = owner;
	orders_take(apid->orders, order, lookup, answer);
}

static void take_sound(void *owner, const char *sid, const void *lookup,
		       struct httpd_answer *answer)
{
	struct apid *apid = owner;
	sounds_take(apid->sounds, sid, lookup, answer);
}

static void on_rest(void *owner, const struct httpd_request *request,
		    struct httpd_answer *answer)
{
	struct apid *apid = owner;
	/* Who was just told of a call by a callback may ask for it. */
	bus_hear(apid->service->bus);
	rest_answer(&apid->rest,
		    &(struct rest_request){.method = request->method,
					   .path = request->path,
					   .user = request->user,
					   .password = request->password,
					   .has_form = has_form(request),
					   .query = {query_of, request},
					   .form = {.value = field_of,
						    .name = field_name,
						    .lookup = request}},
		    answer);
	check_store(apid);
}

static const struct httpd_route routes[] = {
	{"GET", "/healthz", on_healthz},
	{"GET", "/readyz", on_readyz},
	{"GET", ERRORS_PATH "*", on_error},
	{NULL, "/2010-04-01/*", on_rest},
	{NULL, "/api/laml/2010-04-01/*", on_rest},
	{NULL, "/restcomm/2012-04-24/*", on_rest},
	{0},
};

static bool listen_http(struct apid *apid)
{
	const struct settings *settings = &apid->service->settings;
	apid->httpd = httpd_new(apid->service->loop, settings->api_host,
				(int)settings->api_port, routes, apid);
	if (apid->httpd) {
		log_info(NULL, "REST API on http://%s:%d", settings->api_host,
			 httpd_port(apid->httpd));
		return true;
	}
	log_error(NULL, 0,
		  "VOXBUS_API_HOST=\"%s\" VOXBUS_API_PORT=\"%lld\" cannot be "
		  "listened on: %s",
		  settings->api_host, (long long)settings->api_port,
		  strerror(errno));
	return false;
}

/* --- life --- */

static void on_instance(void *daemon, const char *service_name,
			const char *instance, const void *record)
{
	struct apid *apid = daemon;
	platform_hear(&apid->platform, service_name, instance, record,
		      clock_mono_ms());
}

static void on_account(void *owner, const struct bus_entry *entry)
{
	struct apid *apid = owner;
	accounts_hear(apid->accounts, entry->key, entry->data, entry->size);
}

static bool open_store(struct apid *apid)
{
	char path[512], error[STORE_ERROR_BYTES] = "the path is too long";
	if (str_format(path, sizeof(path), "%s/apid.sqlite",
		       apid->service->settings.data_dir))
		apid->store = store_open(path, error);
	if (!apid->store)
		log_error(NULL, 0, "%s: %s", path, error);
	return apid->store;
}

void *apid_start(struct service *service)
{
	struct apid *apid = mem_new(1, sizeof(*apid));
	apid->service = service;
	apid->commit = (struct loop_timer){.due = on_commit, .owner = apid};
	apid->ask = (struct loop_timer){.due = ask_record, .owner = apid};
	apid->expire = (struct loop_timer){.due = on_expire, .owner = apid};
	if (!open_store(apid) || !listen_http(apid)) {
		apid_stop(apid);
		return NULL;
	}
	apid->accounts =
		accounts_new(service->account_sid, service->auth_token);
	apid->orders = orders_new(service, &apid->rest);
	apid->sounds = sounds_new(service);
	apid->rest = (struct rest){
		.store = apid->store,
		.accounts = apid->accounts,
		.dialect = (enum dialect_name)proto_value(
			&dialect_name_set, service->settings.dialect),
		.strict = str_equal(service->settings.markup_strict, "yes"),
		.dial_max = service->settings.dial_max,
		.sip_uri_max = service->settings.sip_uri_max,
		.sip_headers_max = service->settings.sip_headers_max,
		.api_url = apid->api_url,
		.house = {apid, why_refused, gateway_for, take_order,
			  take_sound}};
	settings_api_url(&service->settings, apid->api_url);
	httpd_errors_at(apid->api_url);
	apid->config = bus_kv_watch(service->bus, "config", ACCOUNTS_KEYS,
				    on_account, NULL, apid);
	/* No call waits for us; who asks is told the latest. */
	bus_patience(service->bus, BUS_TICK_MS);
	service_watch_instances(service, on_instance);
	loop_timer_start(service->loop, &apid->ask, 0);
	loop_timer_start(service->loop, &apid->expire, EXPIRE_SOON_MS);
	return apid;
}

void apid_stop(void *daemon)
{
	struct apid *apid = daemon;
	struct loop *loop = apid->service->loop;
	apid->follower = bus_unfollow(apid->follower);
	apid->config = bus_unfollow(apid->config);
	loop_timer_stop(loop, &apid->ask);
	loop_timer_stop(loop, &apid->expire);
	if (apid->store)
		commit(apid);
	httpd_free(apid->httpd);
	orders_free(apid->orders);
	sounds_free(apid->sounds);
	accounts_free(apid->accounts);
	store_close(apid->store);
	free(apid);
}

bool apid_ready(void *daemon, char *reason, size_t size)
{
	const struct apid *apid = daemon;
	if (!apid->caught_up)
		str_copy(reason, size, "the record is being projected");
	return apid->caught_up;
}
