/*
 * service.h - main() of every daemon: settings, log, loop, bus, claim on a
 * name, admin port, drain.
 *
 * Contract: service_main does all of it and returns the exit status. Order:
 * settings; loop; admin port (healthz answers); bus; streams and buckets exist;
 * the instance name is claimed; start(); subscriptions flushed; hello; ready.
 * SIGTERM or SIGINT: drain() is called, readiness ends, and the process leaves
 * when drained() says so (asked after every turn of the loop; without it, at
 * once) or after VOXBUS_DRAIN_SECONDS. Then nothing more is heard, what was
 * said is waited for (at most 1 s), the name is given back, and stop() frees
 * the daemon: it says nothing any more. A second SIGTERM leaves at once. A
 * daemon that loses its claim to another process exits. Main thread.
 *
 * The claim is renewed every second, and expires after 2.5 s (claim.h). Until
 * nats-server is there, a daemon waits: its order of start does not matter.
 */
#pragma once

#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/settings.h"
#include "lib/runtime/talk.h"

#include <stdbool.h>

struct service_shape {
	const char *name;   /* "sipgw" */
	const char *prefix; /* of instance names: "gw" */
	enum settings_who who;
	int admin_port;
	const char *does; /* one sentence for --help */
	/* Returns the daemon's own data, or NULL after logging why not. */
	void *(*start)(struct service *service);
	/* Optional. */
	void (*drain)(void *daemon);
	bool (*drained)(void *daemon);
	void (*stop)(void *daemon);
	/* Optional: further words for /readyz; false: not ready. */
	bool (*ready)(void *daemon, char *reason, size_t size);
	/* Optional: instead of loop_run (sofia's root drives the loop). Returns
	 * once loop_stopping(loop). */
	void (*run)(void *daemon, struct loop *loop);
};

struct service {
	const struct service_shape *shape;
	struct settings settings;
	struct loop *loop;
	struct bus *bus;
	void *daemon;
	char instance[32];
	char boot[36];
	char from[49];        /* "sipgw/gw0" */
	char account_sid[65]; /* the installation's first account */
	char auth_token[129];
	char secret[65]; /* the installation's, for derived ids */
	bool draining;
	struct talk *talk; /* talk.c's own */
	struct service_private *private;
};

int service_main(const struct service_shape *shape, int argc, char **argv);
/* For drain(): the timer is due shortly before VOXBUS_DRAIN_SECONDS are over.
 * What is in hand then is to be handed back, and what is said of it gets out.
 */
void service_hand_back_timer(struct service *service, struct loop_timer *timer);
/* Leaves the loop: for faults that only a restart mends. Says why in the log.
 */
void service_fail(struct service *service, const char *why);
/* New calls are to be refused, with a word why (for the log), or NULL: the bus
 * has been away for more than 2 s, the record is nearly full, or draining. */
const char *service_refuses(const struct service *service);
/*
 * Instance records as they change (bucket leases, key <service>.<instance>):
 * 'record' is a struct instance, or NULL when the name was given back. Renewals
 * are changes too. A claim that does not listen yet (hello 0) is not reported.
 */
typedef void service_instance_fn(void *daemon, const char *service_name,
				 const char *instance, const void *record);
void service_watch_instances(struct service *service,
			     service_instance_fn *changed);
