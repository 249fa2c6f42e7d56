/*
 * bus_wire_private.h - between the files of a connection to nats-server alone.
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/bus_wire.h"
#include "lib/runtime/inbox.h"
#include "lib/runtime/loop.h"

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

/* libnats frees messages on a thread of its own, which each natsMsg_Destroy
 * wakes: two switches a message, most of what one costs. We hand them over by
 * the dozen. */
#define SPENT_MAX 256

struct wire_sub {
	struct list link;
	struct wire *wire;
	natsSubscription *sub; /* NULL while away */
	char *subject;
	char *queue;
	wire_message_fn *arrived;
	void *owner;
	bool gone; /* to be freed once nobody drains */
};

/* What the helper thread, or one of libnats' own, tells the loop. */
struct news {
	struct inbox_item item;
	natsConnection *nc; /* NULL: there is something to write */
	int fd;             /* ours: a duplicate of the connection's */
};

struct wire {
	struct loop *loop;
	struct wire_owner owner;
	struct inbox *inbox;
	natsOptions *options;
	natsConnection *nc; /* NULL while away */
	struct loop_watch watch;
	struct loop_timer flush; /* the next write, unless sooner */
	struct list subs;
	pthread_t loop_thread;
	bool write_asked; /* loop's thread: libnats has something to write */
	bool hurry;       /* … and at the end of this turn */
	bool patient;     /* what is being sent may wait */
	bool out_watched;
	int64_t patience_ms;
	bool resting; /* does not read until 'rest' is due */
	struct loop_timer rest;
	bool draining;
	bool swept;                /* a subscription went while draining */
	natsMsg *spent[SPENT_MAX]; /* to be destroyed */
	unsigned spent_count;
	size_t spent_bytes;
	struct news write_news;
	atomic_bool write_told;
	/* the helper thread */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool wanted, stopping; /* guarded by the mutex */
	int attached_fd;       /* helper's: while it connects */
};

/* --- bus_wire.c --- */

/* The end of this turn writes, or that of the one that this brings about. */
void wire_hurry(struct wire *wire);

/* --- bus_wire_connect.c: the helper thread --- */

void wire_connector_start(struct wire *wire, const char *url, const char *name);
/* Ends the thread; what it told stays in the inbox. */
void wire_connector_stop(struct wire *wire);
void wire_connector_free(struct wire *wire);
/* A connection is to be made: it comes as news. */
void wire_want_connection(struct wire *wire);

/* --- bus_wire_read.c --- */

void wire_subscribe_now(struct wire_sub *sub);
void wire_sub_free(struct wire_sub *sub);
/* Hands over what libnats has read. */
void wire_drain(struct wire *wire);
/* The message is done with; NULL: nothing. */
void wire_spend(struct wire *wire, natsMsg *raw);
void wire_destroy_spent(struct wire *wire);
