/*
 * service.c - main() of every daemon; see service.h.
 *
 * The start is a chain of callbacks on the loop: bus up -> setup -> claim ->
 * start() -> subscriptions flushed -> hello. The same loop serves the admin
 * port meanwhile, so that /healthz answers and /readyz tells what is missing.
 */
#include "lib/runtime/service.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/account.h"
#include "lib/runtime/bus_server.h"
#include "lib/runtime/claim.h"
#include "lib/runtime/httpd.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service_private.h"
#include "lib/runtime/setup.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SERVICE_PATIENCE_MS 1000 /* before it is said that nats is missing */
#define SERVICE_AWAY_MS 2000     /* without the bus: new calls are refused */
#define SERVICE_GOODBYE_MS 1000  /* for the last messages, at the end */
#define SERVICE_HAND_BACK_MS 500 /* before the time to drain is over */
#define SERVICE_WRONG_USE 2      /* exit status: settings or arguments */

METRIC_COUNTER(hellos, "hellos_total", "",
	       "Times this process announced itself: start and reconnects.")

/* --- the start, link by link --- */

static void on_flushed(void *owner)
{
	struct service *service = owner;
	claim_hello(service->private->claim);
	metric_add(&hellos, 1);
	if (!service->private->hello_said)
		log_info(NULL, "ready: %s, boot %s", service->from,
			 service->boot);
	service->private->hello_said = true;
}

static void on_held(void *owner, const char *name)
{
	struct service *service = owner;
	str_copy(service->instance, sizeof(service->instance), name);
	str_format(service->from, sizeof(service->from), "%s/%s",
		   service->shape->name, name);
	if (loop_stopping(service->loop))
		return;
	service->daemon = service->shape->start(service);
	if (!service->daemon) {
		service_fail(service, "the start failed");
		return;
	}
	if (service->shape->who == WHO_SIPGW)
		service_record_start(service);
	bus_flush(service->bus, on_flushed, service);
}

static void on_lost(void *owner, const char *why)
{
	service_fail(owner, why);
}

static void claim_name(struct service *service)
{
	struct service_private *mine = service->private;
	mine->claim = claim_new(service->loop, service->bus,
				&(struct claim_wish){
					.service = service->shape->name,
					.prefix = service->shape->prefix,
					.name = service->settings.instance,
					.boot = service->boot,
					.held = on_held,
					.lost = on_lost,
					.owner = service,
				});
}

/*
 * After a reconnect: the same secret means the same store. Another one knows
 * nothing of our name, of the calls and of what we did: only a start helps.
 */
static void on_setup_done(void *owner, const char *secret)
{
	struct service *service = owner;
	struct service_private *mine = service->private;
	bool other_store = mine->claim && !str_equal(service->secret, secret);
	if (other_store)
		service_fail(service, "nats-server came back with another "
				      "store: starting anew");
	str_copy(service->secret, sizeof(service->secret), secret);
	mine->setup = setup_free(mine->setup);
	if (!mine->claim)
		claim_name(service);
}

static void on_setup_failed(void *owner, const char *why)
{
	service_fail(owner, why);
}

static void set_up(struct service *service)
{
	service->private->setup = setup_new(
		service->loop, service->bus,
		&(struct setup_wish){
			.shards = service->settings.shards,
			.record_hours = service->settings.record_hours,
			.record_mb = service->settings.record_mb,
			.done = on_setup_done,
			.failed = on_setup_failed,
			.owner = service,
		});
}

static void on_bus_state(void *owner, enum bus_state state, bool first)
{
	struct service *service = owner;
	struct service_private *mine = service->private;
	if (state != BUS_UP) {
		log_warn(NULL, 0, "nats-server is away");
		return;
	}
	loop_timer_stop(service->loop, &mine->patience);
	if (!first)
		log_info(NULL, "nats-server is back");
	if (!mine->setup)
		set_up(service);
	if (service->daemon)
		bus_flush(service->bus, on_flushed, service);
}

static void on_patience(struct loop_timer *timer)
{
	const struct service *service = timer->owner;
	const char *url = service->settings.nats_url;
	const char *at = strrchr(url, '@'); /* hides user and password */
	log_warn(NULL, 0, "waiting for nats-server at %s", at ? at + 1 : url);
}

/* --- the end --- */

static void on_drain_limit(struct loop_timer *timer)
{
	struct service *service = timer->owner;
	log_warn(NULL, 0, "not drained after %lld s (VOXBUS_DRAIN_SECONDS)",
		 (long long)service->settings.drain_seconds);
	loop_stop(service->loop);
}

void service_hand_back_timer(struct service *service, struct loop_timer *timer)
{
	int64_t wait_ms = service->settings.drain_seconds * 1000;
	loop_timer_start(service->loop, timer,
			 wait_ms > SERVICE_HAND_BACK_MS
				 ? wait_ms - SERVICE_HAND_BACK_MS
				 : 0);
}

static void drain(struct service *service)
{
	log_info(NULL, "draining");
	service->draining = true;
	if (!service->daemon) {
		loop_stop(service->loop);
		return;
	}
	claim_drain(service->private->claim);
	if (service->shape->drain)
		service->shape->drain(service->daemon);
	loop_timer_start(service->loop, &service->private->drain_limit,
			 service->settings.drain_seconds * 1000);
}

static void after_turn(void *owner)
{
	struct service *service = owner;
	if (!service->draining || loop_stopping(service->loop))
		return;
	if (!service->shape->drained ||
	    service->shape->drained(service->daemon))
		loop_stop(service->loop);
}

static void on_signal(struct loop_watch *watch, uint32_t events)
{
	struct service *service = watch->owner;
	struct signalfd_siginfo info;
	(void)events;
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (!service->draining) {
		drain(service);
		return;
	}
	service->private->at_once = true;
	loop_stop(service->loop);
}

/*
 * What was said leaves, and the name is free: waits a second at most. Who
 * failed leaves the name's record alone: it may be another's already, and a
 * dead pid frees it anyhow.
 */
static void say_goodbye(struct service *service)
{
	struct service_private *mine = service->private;
	int64_t until_ms = clock_mono_ms() + SERVICE_GOODBYE_MS;
	if (mine->claim && !mine->failed)
		claim_give_up(mine->claim);
	while (!mine->at_once && bus_state(service->bus) == BUS_UP &&
	       clock_mono_ms() < until_ms &&
	       (bus_backlog(service->bus) ||
		!(mine->failed || claim_is_gone(mine->claim))))
		loop_turn(service->loop, 10);
}

static void leave(struct service *service)
{
	struct service_private *mine = service->private;
	loop_timer_stop(service->loop, &mine->drain_limit);
	loop_timer_stop(service->loop, &mine->patience);
	loop_timer_stop(service->loop, &mine->record_poll);
	talk_end(service);
	say_goodbye(service);
	if (service->daemon && service->shape->stop)
		service->shape->stop(service->daemon);
	mine->setup = setup_free(mine->setup);
	bus_unfollow(mine->instances);
	mine->claim = claim_free(mine->claim);
	service->bus = bus_free(service->bus);
	mine->admin = httpd_free(mine->admin);
	loop_watch_stop(&mine->signals);
	close(mine->signals.fd);
	service->loop = loop_free(service->loop);
	log_info(NULL, "stopped");
}

void service_fail(struct service *service, const char *why)
{
	log_error(NULL, 0, "%s", why);
	service->private->failed = true;
	loop_stop(service->loop);
}

/* --- what daemons ask --- */

const char *service_refuses(const struct service *service)
{
	if (service->draining)
		return "draining";
	if (bus_away_ms(service->bus) > SERVICE_AWAY_MS)
		return "nats-server is away";
	if (service->private->record_full)
		return "the record is nearly full";
	return NULL;
}

static void on_instance(void *owner, const struct bus_entry *entry)
{
	struct service *service = owner;
	struct instance record;
	char kind[32], error[PROTO_ERROR_BYTES];
	const char *dot = strchr(entry->key, '.');
	if (!dot || str_starts(entry->key, "shard.") ||
	    !str_copy_bytes(kind, sizeof(kind), entry->key,
			    (size_t)(dot - entry->key)))
		return;
	if (!entry->data) {
		service->private->instance_changed(service->daemon, kind,
						   dot + 1, NULL);
		return;
	}
	if (!proto_decode(&instance_message, entry->data, entry->size, NULL,
			  &record, error)) {
		log_warn(NULL, 0, "instance record %s is malformed: %s",
			 entry->key, error);
		return;
	}
	if (record.hello)
		service->private->instance_changed(service->daemon, kind,
						   dot + 1, &record);
}

void service_watch_instances(struct service *service,
			     service_instance_fn *changed)
{
	service->private->instance_changed = changed;
	service->private->instances = bus_kv_watch(
		service->bus, "leases", "*.*", on_instance, NULL, service);
}

/* --- main --- */

static void print_help(const struct service_shape *shape)
{
	printf("%s - %s\n\n"
	       "usage: %s [--help | --version]\n\n"
	       "Settings come from the environment:\n",
	       shape->name, shape->does, shape->name);
	settings_print(shape->who, shape->admin_port);
}

/* -1: go on. Otherwise the exit status. */
static int read_arguments(const struct service_shape *shape, int argc,
			  char **argv)
{
	if (argc < 2)
		return -1;
	if (str_equal(argv[1], "--help") || str_equal(argv[1], "-h")) {
		print_help(shape);
		return 0;
	}
	if (str_equal(argv[1], "--version")) {
		printf("%s %s\n", shape->name, VOXBUS_VERSION);
		return 0;
	}
	fprintf(stderr, "%s: \"%s\" is no argument; see %s --help\n",
		shape->name, argv[1], shape->name);
	return SERVICE_WRONG_USE;
}

static enum log_level level_of(const char *word)
{
	static const char *const words[] = {
		[LOG_DEBUG] = "debug",
		[LOG_INFO] = "info",
		[LOG_WARN] = "warn",
		[LOG_ERROR] = "error",
	};
	for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
		if (str_equal(words[level], word))
			return (enum log_level)level;
	return LOG_INFO;
}

static void report_unknown(const char *line)
{
	log_warn(NULL, 0, "%s", line);
}

/* The account: as set, and what is missing from the data folder. */
static bool find_account(struct service *service)
{
	const struct settings *settings = &service->settings;
	bool wants_token =
		service->shape->who & (WHO_FETCHER | WHO_CALLBACKD | WHO_APID);
	struct account account = {0};
	char error[ACCOUNT_ERROR_BYTES];
	if ((!settings->account_sid[0] ||
	     (wants_token && !settings->auth_token[0])) &&
	    !account_load(settings->data_dir, &account, error)) {
		log_error(NULL, 0, "VOXBUS_DATA_DIR=\"%s\": %s",
			  settings->data_dir, error);
		return false;
	}
	str_copy(service->account_sid, sizeof(service->account_sid),
		 settings->account_sid[0] ? settings->account_sid
					  : account.sid);
	str_copy(service->auth_token, sizeof(service->auth_token),
		 settings->auth_token[0] ? settings->auth_token
					 : account.token);
	return true;
}

/* Before any thread exists: they all inherit the mask. */
static void catch_signals(struct service *service)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	service->private->signals = (struct loop_watch){
		.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
		.ready = on_signal,
		.owner = service,
	};
	loop_watch_start(service->loop, &service->private->signals, EPOLLIN);
}

/* Told at the start: nothing that is waited for would make it right. */
static bool servers_are_named(const struct service *service)
{
	struct bus_servers servers;
	char why[BUS_SERVER_ERROR_BYTES];
	if (!bus_servers_read(service->settings.nats_url, &servers, why)) {
		fprintf(stderr, "%s: VOXBUS_NATS_URL: %s\n",
			service->shape->name, why);
		return false;
	}
	bus_servers_free(&servers);
	return true;
}

static void prepare(struct service *service)
{
	struct service_private *mine = service->private;
	id_random("BT", service->boot);
	str_format(service->from, sizeof(service->from), "%s/-",
		   service->shape->name);
	service->loop = loop_new();
	catch_signals(service);
	loop_after_turn(service->loop, after_turn, service);
	mine->patience =
		(struct loop_timer){.due = on_patience, .owner = service};
	mine->drain_limit =
		(struct loop_timer){.due = on_drain_limit, .owner = service};
}

static void run(struct service *service)
{
	service->bus = bus_new(service->loop, service->settings.nats_url,
			       service->shape->name);
	bus_on_state(service->bus, on_bus_state, service);
	loop_timer_start(service->loop, &service->private->patience,
			 SERVICE_PATIENCE_MS);
	if (service_admin_start(service))
		while (!service->daemon && !loop_stopping(service->loop))
			loop_turn(service->loop, -1);
	else
		service->private->failed = true;
	if (service->daemon && !loop_stopping(service->loop)) {
		if (service->shape->run)
			service->shape->run(service->daemon, service->loop);
		else
			loop_run(service->loop);
	}
	leave(service);
}

int service_main(const struct service_shape *shape, int argc, char **argv)
{
	struct service_private private = {0};
	struct service service = {.shape = shape, .private = &private};
	char error[512];
	int status = read_arguments(shape, argc, argv);
	if (status >= 0)
		return status;
	if (!settings_read(shape->who, shape->admin_port, &service.settings,
			   error)) {
		fprintf(stderr, "%s: %s\n", shape->name, error);
		return SERVICE_WRONG_USE;
	}
	if (!servers_are_named(&service))
		return SERVICE_WRONG_USE;
	log_init(shape->name, level_of(service.settings.log_level));
	settings_unknown(report_unknown);
	if (!find_account(&service))
		return EXIT_FAILURE;
	prepare(&service);
	run(&service);
	return private.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
