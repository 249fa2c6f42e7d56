/*
 * bus_question.h - a question with headers to whoever listens on a subject, by
 * NATS request and reply, outside of the record.
 *
 * Contract: 'answered' is called exactly once, never from within bus_question,
 * unless the question is cancelled. Error 0: a reply came, with 'reply' for its
 * headers. -ENOENT: nobody listens there. -ETIMEDOUT. -ENOTCONN: the bus is
 * away. -EMSGSIZE: the question is larger than the server takes. -EINVAL: its
 * subject or a header cannot be said. What it is handed is borrowed for the
 * call. Loop's thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bus;
struct bus_asked;
struct bus_reply;

typedef void bus_reply_fn(void *owner, int error, const char *data, size_t size,
			  const struct bus_reply *reply);

struct bus_header {
	const char *name, *value;
};

struct bus_question {
	const char *subject;
	const struct bus_header *headers; /* up to one without name; 12 */
	const char *data;
	size_t size;
	int64_t timeout_ms;
	bus_reply_fn *answered;
	void *owner;
};

struct bus_asked *bus_question(struct bus *bus,
			       const struct bus_question *what);
void bus_question_cancel(struct bus_asked *asked);
/* A header's value, or NULL. */
const char *bus_reply_header(const struct bus_reply *reply, const char *name);
