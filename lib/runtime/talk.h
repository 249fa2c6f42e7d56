/*
 * talk.h - typed messages over the bus: what a daemon hears and says.
 *
 * Contract: a daemon lists what it hears in a table of routes (its front door,
 * main.c); each message is decoded, checked against its table and handed to its
 * handler. Unknown types are counted, logged and skipped; malformed ones and
 * those of a lower epoch than one seen for the shard are counted, logged with
 * their CallSid and dropped. A handler's message is borrowed for the call.
 * Loop's thread.
 */
#pragma once

#include "lib/runtime/bus.h"
#include "proto/proto.h"

struct service;

typedef void talk_fn(void *daemon, const struct envelope *envelope,
		     const void *message);

struct talk_route {
	const struct proto_message *message;
	talk_fn *heard;
};

/* Decodes one message and calls its route. True if it was handed over. */
bool talk_dispatch(struct service *service, const struct talk_route *routes,
		   const struct bus_message *message);
/*
 * Listens for commands: vox.<service>.<instance>.> for this instance and, as
 * one of a queue group, vox.<service>.any.>. Routes end with a zeroed one.
 */
void talk_listen(struct service *service, const struct talk_route *routes);

/* Hears nothing more: no handler is called any longer. */
void talk_end(struct service *service);

struct talk_to {
	const char *target; /* NULL: "any", or the call's shard when the message
			       goes to the interpreter */
	const char *call_sid;    /* root CallSid */
	const char *account_sid; /* NULL: the installation's first */
	const char *id;          /* NULL: a random one */
	int64_t epoch;
	bus_done_fn *done; /* NULL: nobody waits */
	void *owner;
};

/*
 * Publishes on the record until acknowledged; the address is the table's. A
 * message that breaks its own table is a bug: logged, counted, not sent, and
 * 'done' gets -EINVAL at once.
 */
void talk_say(struct service *service, const struct talk_to *to,
	      const struct proto_message *desc, const void *message);
/* A command older than its deadline: to be refused with ERR_LATE. */
bool talk_is_late(const struct proto_message *desc,
		  const struct envelope *envelope);
