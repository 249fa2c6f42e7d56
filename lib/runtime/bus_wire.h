/*
 * bus_wire.h - one connection to nats-server at a time, on the loop.
 *
 * Why our own: the bus must know exactly what was written to which connection,
 * and a message costs no allocation, no lock and no other thread. A helper
 * thread connects (that blocks), the loop reads and writes the socket. What is
 * sent in one turn of the loop leaves in one write; what may wait, within
 * BUS_TICK_MS, with the next one.
 *
 * Contract: private to lib/runtime/bus*.c. Loop's thread. Callbacks borrow what
 * they are given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct wire;
struct wire_sub;

/* When nobody listens to what was sent with a reply subject, the server itself
 * replies, with this status. */
#define WIRE_NOBODY 503

struct wire_message {
	const char *subject;
	const char *reply; /* NULL: none */
	const char *data;  /* terminated */
	size_t size;
	int status; /* of a header line such as "NATS/1.0 503"; 0: none */
	void *raw;  /* for wire_header */
};

struct wire_pair {
	const char *name;
	const char *value;
};

enum wire_result {
	WIRE_SENT,
	WIRE_AWAY,      /* nothing was written */
	WIRE_TOO_LARGE, /* above the server's max_payload */
	WIRE_REFUSED,   /* a subject or header that cannot be said */
};

struct wire_owner {
	void (*up)(void *owner); /* subscriptions have been sent before */
	void (*down)(void *owner);
	void *owner;
};

typedef void wire_message_fn(void *owner, const struct wire_message *message);

/* 'url' may be a comma separated list. Starts to connect, for ever. */
struct wire *wire_new(struct loop *loop, const char *url, const char *name,
		      const struct wire_owner *owner);
struct wire *wire_free(struct wire *wire);
bool wire_is_up(const struct wire *wire);
/* See bus_patience. */
void wire_patience(struct wire *wire, int64_t patience_ms);
/* See bus_hear. */
void wire_hear(struct wire *wire);
/* 'reply' may be NULL; 'headers' ends with a NULL name, or is NULL. */
enum wire_result wire_send(struct wire *wire, const char *subject,
			   const char *reply, const struct wire_pair *headers,
			   const char *data, size_t size);
/* The same for what nobody waits for: it leaves with the next wire_send, or at
 * the next common moment (BUS_TICK_MS). The order is kept. */
enum wire_result wire_send_soon(struct wire *wire, const char *subject,
				const char *reply,
				const struct wire_pair *headers,
				const char *data, size_t size);
/* Stands over reconnects until wire_unsubscribe. 'queue' NULL: none. */
struct wire_sub *wire_subscribe(struct wire *wire, const char *subject,
				const char *queue, wire_message_fn *arrived,
				void *owner);
/* The server sends nothing more; what is on its way is still handed over. */
void wire_quiet(struct wire_sub *sub);
/* May be called inside the subscription's own callback. */
struct wire_sub *wire_unsubscribe(struct wire_sub *sub);
/* A header's value, or NULL; valid as long as the message. */
const char *wire_header(const struct wire_message *message, const char *name);
