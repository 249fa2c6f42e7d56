/*
 * bus_private.h - what the bus's own files share.
 *
 * bus.c          state, core subscriptions, questions, flush
 * bus_wire*.c    a connection
 * bus_text.c     the text that NATS speaks
 * bus_server.c   which servers
 * bus_publish.c  lanes: ordered publishing until acknowledged
 * bus_follow.c   ordered consumers
 * bus_pull.c     shared durable consumers
 * bus_stream.c   streams and buckets exist
 * bus_kv.c       keys
 * bus_json.c     single values out of answers
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/bus_wire.h"
#include "lib/runtime/loop.h"

#define BUS_STATES_MAX 4
#define BUS_SUBJECT_BYTES 256
#define BUS_INBOX_BYTES 48
#define BUS_API_MS 2000 /* patience with JetStream's API */

/*
 * Messages for the record, and keys, wait in separate queues: a record that is
 * full must not cost the leases. Keys are forgotten behind all that was put.
 */
enum lane_kind { LANE_RECORD, LANE_KEYS, LANE_FORGET, LANE_COUNT };
struct lane;

struct bus {
	struct loop *loop;
	struct wire *wire; /* what is heard, and all but the record */
	struct wire *pen;  /* the record: its acknowledgements may wait */
	char inbox[BUS_INBOX_BYTES];     /* "_INBOX.<random>" */
	char pen_inbox[BUS_INBOX_BYTES]; /* of the pen */
	struct {
		bus_state_fn *changed;
		void *owner;
	} states[BUS_STATES_MAX];
	unsigned state_count;
	bool up, was_up; /* both connections */
	int64_t away_since_ms;
	struct lane *lanes[LANE_COUNT];
	struct list listeners;
	struct list asks;
	struct list flushes;
	struct list followers;
	struct list pullers;
	struct list ensures;
	uint64_t numbers; /* names questions and subscriptions */
};

/* bus_publish.c. 'expected' is BUS_KV_ANY but for compare-and-set. */
struct lane *lane_new(struct bus *bus, enum lane_kind kind);
struct lane *lane_free(struct lane *lane);
void lane_up(struct lane *lane);
void lane_down(struct lane *lane);
size_t lane_count(const struct lane *lane);
/* Something of what is in flight was not heard. */
void lane_failed(struct lane *lane);
/* An answer to the message of that number. */
void lane_answered(struct lane *lane, uint64_t number,
		   const struct wire_message *answer);

struct bus_letter {
	const char *subject;
	const char *id;
	const char *data;
	size_t size;
	int64_t expected;
	bool may_wait;
	bool is_delete;
	bus_done_fn *done;
	void *owner;
};
void lane_add(struct lane *lane, const struct bus_letter *letter);

/* bus_follow.c, bus_pull.c */
void followers_up(struct bus *bus);
void followers_down(struct bus *bus);
void pullers_up(struct bus *bus);
void pullers_down(struct bus *bus);
void followers_free(struct bus *bus);
void pullers_free(struct bus *bus);
void ensures_free(struct bus *bus);

/* What $JS.ACK... tells of a delivered message. */
struct bus_delivery {
	char consumer[64];
	uint64_t deliveries;
	uint64_t stream_sequence;
	uint64_t consumer_sequence;
	int64_t time_ns;
	uint64_t pending;
};
bool bus_delivery_parse(const char *reply, struct bus_delivery *delivery_out);

/* An API answer's error as err_code, 0 if it holds none; the words are logged
 * when 'what' is not NULL. */
int64_t bus_api_error(const char *what, const char *data, size_t size);

/* A follower whose messages are wanted with their headers. */
typedef void bus_raw_fn(void *owner, const struct bus_message *message,
			const struct wire_message *raw);
struct bus_follower *bus_follow_raw(struct bus *bus,
				    const struct bus_follow *what,
				    bus_raw_fn *arrived,
				    void (*release)(void *owner));
