/*
 * bus.h - NATS and JetStream, without a blocking call: DESIGN section 2.
 *
 * Contract: the only door to nats-server. Everything is called, and calls back,
 * on the loop's thread. The connection comes and goes by itself; what is
 * published meanwhile waits (bounded, see bus_backlog) and leaves in order.
 * Texts and bytes handed to callbacks are borrowed for the call.
 *
 *  - bus_publish: to a stream, again and again until acknowledged, in
 *    order. After a failed acknowledgement that message and all later ones are
 *    sent again; Nats-Msg-Id keeps the record free of repeats.
 *  - bus_listen: core subscription (repeats possible, silence while away).
 *  - bus_follow: a stream from a sequence on, in order, complete; heals itself.
 *  - bus_pull: work from a durable consumer shared with other processes.
 *  - bus_kv_*: key-value buckets, with compare-and-set. Keys have a queue of
 *    their own: what must be on record only after a key was stored waits for
 *    the key's 'done'.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What nobody waits for leaves, and is read, when the monotonic clock is a
 * multiple of this, in all daemons: they wake together. */
#define BUS_TICK_MS 40

struct bus;
struct loop;

enum bus_state { BUS_AWAY, BUS_UP };

struct bus_message {
	const char *subject;
	const char *data; /* terminated */
	size_t size;
	const char *reply;   /* core messages only; NULL: none */
	uint64_t sequence;   /* in the stream; 0 for core messages */
	int64_t time_ms;     /* the stream's timestamp; 0 for core messages */
	uint64_t deliveries; /* bus_pull: how often it was handed out */
	uint64_t pending;    /* bus_follow: messages behind this one */
};

typedef void bus_message_fn(void *owner, const struct bus_message *message);
typedef void bus_state_fn(void *owner, enum bus_state state, bool first);
/* error 0: done; 'sequence' in the stream (a key's revision), 'repeat': it was
 * there already. -EEXIST: compare-and-set lost. What can never succeed ends
 * too, logged and counted, so that it holds up nothing: -EMSGSIZE, -EINVAL (the
 * server finds the message wrong), -ENOBUFS (200,000 messages or 256 MiB wait
 * already). Everything else is sent again until it is taken. */
typedef void bus_done_fn(void *owner, int error, uint64_t sequence,
			 bool repeat);

/* Starts to connect; never fails. 'name' is shown by nats-server. */
struct bus *bus_new(struct loop *loop, const char *url, const char *name);
/* After all that came was read, what comes next waits this long, so that a
 * hundred messages wake us once. For a daemon that no call waits for; 0, which
 * is the default: everything is heard at once. */
void bus_patience(struct bus *bus, int64_t patience_ms);
/* Who is patient and is asked something: what has come by now is heard first.
 * Not from within what the bus calls back. */
void bus_hear(struct bus *bus);
/* The loop turns no more after this. Nobody is called back. */
struct bus *bus_free(struct bus *bus);
/* At most 4; called at each change, and 'first' tells the very first BUS_UP. */
void bus_on_state(struct bus *bus, bus_state_fn *changed, void *owner);
enum bus_state bus_state(const struct bus *bus);
/* How long it has been away, ms; 0 when up. */
int64_t bus_away_ms(const struct bus *bus);
/* Published and not yet acknowledged. */
size_t bus_backlog(const struct bus *bus);

struct bus_record {
	const char *subject;
	const char *id; /* Nats-Msg-Id */
	const char *data;
	size_t size;
	bool may_wait;     /* up to BUS_TICK_MS, for what leaves with it */
	bus_done_fn *done; /* NULL: nobody waits; told so much later */
	void *owner;
};
/* Copies what it is given. */
void bus_publish(struct bus *bus, const struct bus_record *record);
/* Without a record and without a promise. */
void bus_say(struct bus *bus, const char *subject, const char *data,
	     size_t size);

struct bus_listener;
/* 'queue' NULL: everybody gets it. Survives reconnects. */
struct bus_listener *bus_listen(struct bus *bus, const char *subject,
				const char *queue, bus_message_fn *arrived,
				void *owner);
struct bus_listener *bus_unlisten(struct bus_listener *listener);
/* Calls back once the server has seen all subscriptions made so far. */
void bus_flush(struct bus *bus, void (*done)(void *owner), void *owner);

/* One question, one answer; error -ETIMEDOUT when none came. */
typedef void bus_answer_fn(void *owner, int error, const char *data,
			   size_t size);
void bus_ask(struct bus *bus, const char *subject, const char *data,
	     size_t size, int timeout_ms, bus_answer_fn *answered, void *owner);
/* Who asked ends: none of his questions is answered any more. */
void bus_ask_cancel(struct bus *bus, const void *owner);

/* --- streams --- */
struct bus_stream {
	const char *name;
	const char *subjects; /* one, wildcards allowed */
	bool work_queue;      /* messages go once acknowledged */
	bool discard_new;
	int64_t age_max_ms, bytes_max; /* 0: no limit */
	int64_t duplicate_ms;          /* window of Nats-Msg-Id */
};
/* Makes it, or brings its limits up to date; error 0, -ENOSPC (the server has
 * less room than 'bytes_max') or -EINVAL (the server's words are logged). */
void bus_stream_ensure(struct bus *bus, const struct bus_stream *stream,
		       bus_done_fn *done, void *owner);

struct bus_follower;
struct bus_follow {
	const char *stream;
	const char *filter;    /* a subject, wildcards allowed */
	uint64_t first;        /* sequence to begin with; 0: new ones only */
	bool last_per_subject; /* instead of 'first': the latest of each */
	bus_message_fn *arrived;
	/* Once, when everything that was there has been handed over. */
	void (*caught_up)(void *owner);
	void *owner;
};
struct bus_follower *bus_follow(struct bus *bus, const struct bus_follow *what);
struct bus_follower *bus_unfollow(struct bus_follower *follower);

/* --- shared work --- */
struct bus_puller;
struct bus_work; /* one message that was handed out; owned until settled */
typedef void bus_work_fn(void *owner, struct bus_work *work,
			 const struct bus_message *message);
struct bus_pull {
	const char *stream;
	const char *durable;
	const char *filter;
	int64_t ack_wait_ms;  /* unsettled for so long: handed out again */
	unsigned in_hand_max; /* unsettled at once in this process */
	/* unsettled at once in all, handed back with a delay included; 0:
	 * 250,000 */
	unsigned unsettled_max;
	bus_work_fn *arrived;
	void *owner;
};
struct bus_puller *bus_pull(struct bus *bus, const struct bus_pull *what);
/* Stops asking for more; settled work is still acknowledged. */
struct bus_puller *bus_unpull(struct bus_puller *puller);
void bus_work_done(struct bus_work *work); /* settles: gone */
void bus_work_again(struct bus_work *work,
		    int64_t delay_ms);      /* settles: later */
void bus_work_alive(struct bus_work *work); /* not settled: more time */

/* --- key-value buckets --- */
#define BUS_KV_ANY (-1) /* put without comparing */
struct bus_entry {
	const char *key;
	const char *data; /* NULL: deleted */
	size_t size;
	uint64_t revision;
};
typedef void bus_entry_fn(void *owner, const struct bus_entry *entry);
/* 'history' is 1; 'age_max_ms' 0: for ever. */
void bus_kv_ensure(struct bus *bus, const char *bucket, int64_t age_max_ms,
		   bus_done_fn *done, void *owner);
/* 'revision': BUS_KV_ANY, 0 (must not exist) or the one to replace. */
void bus_kv_put(struct bus *bus, const char *bucket, const char *key,
		const char *data, size_t size, int64_t revision,
		bus_done_fn *done, void *owner);
void bus_kv_delete(struct bus *bus, const char *bucket, const char *key,
		   bus_done_fn *done, void *owner);
/* Removes it without leaving a mark, once all that was put before is there: for
 * keys that never come back and that nobody watches, since nobody is told. */
void bus_kv_forget(struct bus *bus, const char *bucket, const char *key);
/* All keys that match 'filter' (">": all) now and as they change. */
struct bus_follower *bus_kv_watch(struct bus *bus, const char *bucket,
				  const char *filter, bus_entry_fn *changed,
				  void (*caught_up)(void *owner), void *owner);
