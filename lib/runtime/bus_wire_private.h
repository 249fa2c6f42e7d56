/*
 * bus_wire_private.h - between the files of a connection to nats-server alone.
 *
 * bus_wire.c          up and down, turns, patience, sending
 * bus_wire_read.c     subscriptions, and what arrives for them
 * bus_wire_connect.c  the thread that connects
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/bus_wire.h"
#include "lib/runtime/inbox.h"
#include "lib/runtime/loop.h"

#include <pthread.h>
#include <sys/types.h>

struct wire_sub {
	struct list link;
	struct wire *wire;
	uint64_t number; /* by which the server names it */
	char *subject;
	char *queue;
	wire_message_fn *arrived;
	void *owner;
	bool quiet; /* the server was told to send nothing more */
	bool gone;  /* to be freed once nobody drains */
};

/* What has been read, and not yet taken. */
struct wire_in {
	char *bytes; /* there is room for one byte more */
	size_t start, end, room;
};

/* A connection that was made: what the helper thread tells the loop. */
struct news {
	struct inbox_item item;
	int fd;
	size_t max_payload;
	struct wire_in in;
};

struct wire {
	struct loop *loop;
	struct wire_owner owner;
	struct inbox *inbox;
	char *url, *name;
	bool is_up;
	bool broken; /* goes down at the end of this turn */
	size_t max_payload;
	struct wire_in in;
	char *out; /* said, and not written */
	size_t out_start, out_end, out_room;
	struct loop_watch watch;
	struct loop_timer flush; /* the next write, unless sooner */
	struct loop_timer ping;
	unsigned pings_out;
	struct list subs;
	uint64_t numbers;
	bool hurry; /* a write at the end of this turn */
	bool out_watched;
	int64_t patience_ms;
	bool resting; /* does not read until 'rest' is due */
	bool filled;  /* the last read took all that it could */
	struct loop_timer rest;
	bool draining;
	bool swept; /* a subscription went while draining */
	/* the helper thread */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool wanted, stopping; /* guarded by the mutex */
	bool complained;       /* the thread's */
	unsigned next_url;     /* the thread's */
};

/* --- bus_wire.c --- */

/* The end of this turn writes, or that of the one that this brings about. */
void wire_hurry(struct wire *wire);
/* To be written, at some time; 'size' bytes. */
void wire_put(struct wire *wire, const char *bytes, size_t size);
/* It goes down at the end of the turn; 'why' is logged, unless NULL. */
void wire_break(struct wire *wire, const char *why);

/* --- bus_wire_connect.c: the helper thread --- */

void wire_connector_start(struct wire *wire);
/* Ends the thread; what it told stays in the inbox. */
void wire_connector_stop(struct wire *wire);
void wire_connector_free(struct wire *wire);
/* A connection is to be made: it comes as news. */
void wire_want_connection(struct wire *wire);

/* --- bus_wire_read.c --- */

/* The largest piece that may come. */
size_t wire_piece_max(size_t max_payload);
/* One read; bytes, 0 when the other side has closed, -1: errno. */
ssize_t wire_in_read(struct wire_in *in, int fd);
void wire_in_free(struct wire_in *in);
void wire_subscribe_now(struct wire_sub *sub);
void wire_sub_free(struct wire_sub *sub);
/* Reads once, and hands over what is whole. False: nothing was there. */
bool wire_read(struct wire *wire);
/* Hands over what was read before. */
void wire_drain(struct wire *wire);
