/*
 * service_private.h - what service_main keeps to itself, shared by the files
 * service*.c only.
 */
#pragma once

#include "lib/runtime/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus_follower;
struct claim;
struct httpd;
struct service;
struct setup;

struct service_private {
	struct httpd *admin;
	struct setup *setup; /* NULL: not begun, or done */
	struct claim *claim;
	struct bus_follower *instances;
	void (*instance_changed)(void *daemon, const char *service_name,
				 const char *instance, const void *record);
	struct loop_watch signals;
	struct loop_timer patience; /* until "still no nats-server" */
	struct loop_timer drain_limit;
	struct loop_timer record_poll; /* how full the record is */
	bool record_full;
	bool hello_said;
	bool at_once; /* the second SIGTERM */
	bool failed;
};

/* service_admin.c: the admin port. False: it cannot be listened on; logged. */
bool service_admin_start(struct service *service);
/* Why the daemon takes no work: 'reason' is "" when it does. */
bool service_is_ready(struct service *service, char *reason, size_t size);
/* service_record.c: begins to look at the record's size. */
void service_record_start(struct service *service);
