/*
 * bus_wire_read.c - subscriptions, and what arrives for them.
 *
 * Messages are handed over from where they were read to, in the order in which
 * they came.
 */
#include "lib/runtime/bus_wire_private.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/bus_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ROOM_MIN ((size_t)64 << 10)
#define ROOM_KEPT ((size_t)1 << 20)
#define LINE_BYTES 512

/* --- what was read --- */

size_t wire_piece_max(size_t max_payload)
{
	/* headers that the server adds, and none is turned away for less than
	 * what JetStream's own answers may have */
	return max_payload + ((size_t)8 << 20);
}

/* What waits begins the buffer, which has room for a read. */
static void make_room(struct wire_in *in)
{
	size_t waiting = in->end - in->start;
	if (in->start && waiting)
		memmove(in->bytes, in->bytes + in->start, waiting);
	in->start = 0;
	in->end = waiting;
	if (!waiting && in->room > ROOM_KEPT) {
		free(in->bytes);
		in->bytes = NULL;
		in->room = 0;
	}
	if (in->room - in->end >= ROOM_MIN / 2)
		return;
	in->room = in->room ? in->room * 2 : ROOM_MIN;
	in->bytes = mem_grow(in->bytes, in->room + 1);
}

ssize_t wire_in_read(struct wire_in *in, int fd)
{
	make_room(in);
	ssize_t got =
		recv(fd, in->bytes + in->end, in->room - in->end, MSG_DONTWAIT);
	if (got > 0)
		in->end += (size_t)got;
	return got;
}

void wire_in_free(struct wire_in *in)
{
	free(in->bytes);
	*in = (struct wire_in){0};
}

/* --- handing over --- */

static struct wire_sub *sub_of(struct wire *wire, uint64_t number)
{
	list_each (link, &wire->subs) {
		struct wire_sub *sub = list_of(link, struct wire_sub, link);
		if (sub->number == number)
			return sub;
	}
	return NULL;
}

static void hand_over(struct wire *wire, struct text_piece *piece)
{
	struct wire_sub *sub = sub_of(wire, piece->sub);
	struct wire_message message = {
		.subject = piece->subject,
		.reply = piece->reply,
		.data = piece->data,
		.size = piece->size,
		.status = piece->status,
		.raw = piece,
	};
	if (sub && !sub->gone)
		sub->arrived(sub->owner, &message);
}

static void take_info(struct wire *wire, const char *json)
{
	int64_t max = 0;
	if (bus_json_number(json, strlen(json), "max_payload", &max) && max > 0)
		wire->max_payload = (size_t)max;
}

static void take(struct wire *wire, struct text_piece *piece)
{
	switch (piece->kind) {
	case TEXT_MESSAGE: hand_over(wire, piece); break;
	case TEXT_PING:
		wire_put(wire, "PONG\r\n", strlen("PONG\r\n"));
		wire_hurry(wire);
		break;
	case TEXT_PONG: wire->pings_out = 0; break;
	case TEXT_INFO: take_info(wire, piece->line); break;
	case TEXT_ERROR:
		log_warn(NULL, 0, "NATS: the server says %.200s", piece->line);
		break;
	case TEXT_NOTHING:
	case TEXT_BROKEN:
	case TEXT_OK: break;
	}
}

void wire_sub_free(struct wire_sub *sub)
{
	list_remove(&sub->link);
	free(sub->subject);
	free(sub->queue);
	free(sub);
}

static void sweep(struct wire *wire)
{
	wire->swept = false;
	list_each (link, &wire->subs) {
		struct wire_sub *sub = list_of(link, struct wire_sub, link);
		if (sub->gone)
			wire_sub_free(sub);
	}
}

void wire_drain(struct wire *wire)
{
	struct wire_in *in = &wire->in;
	struct text_piece piece;
	wire->draining = true;
	while (in->start < in->end && !wire->broken) {
		enum text_kind kind =
			text_read(in->bytes + in->start, in->end - in->start,
				  wire_piece_max(wire->max_payload), &piece);
		if (kind == TEXT_NOTHING)
			break;
		if (kind == TEXT_BROKEN) {
			wire_break(wire, "what comes is not NATS");
			break;
		}
		in->start += piece.used;
		take(wire, &piece);
	}
	wire->draining = false;
	if (wire->swept)
		sweep(wire);
}

bool wire_read(struct wire *wire)
{
	ssize_t got = wire_in_read(&wire->in, wire->watch.fd);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		wire_break(wire, NULL); /* it is gone: told by who needs it */
	wire->filled = got > 0 && wire->in.end == wire->in.room;
	if (got > 0)
		wire_drain(wire);
	return got > 0;
}

/* --- subscriptions --- */

static void say_line(struct wire *wire, const char *line, bool fits)
{
	if (!fits) { /* subjects are bounded where they are made */
		log_error(NULL, 0, "NATS: %.64s... is too long", line);
		return;
	}
	wire_put(wire, line, strlen(line));
	wire_hurry(wire);
}

void wire_subscribe_now(struct wire_sub *sub)
{
	char line[LINE_BYTES];
	bool fits = str_format(line, sizeof(line), "SUB %s %s %llu\r\n",
			       sub->subject, sub->queue ? sub->queue : "",
			       (unsigned long long)sub->number);
	say_line(sub->wire, line, fits);
}

static void unsubscribe_now(struct wire_sub *sub)
{
	char line[LINE_BYTES];
	bool fits = str_format(line, sizeof(line), "UNSUB %llu\r\n",
			       (unsigned long long)sub->number);
	say_line(sub->wire, line, fits);
}

struct wire_sub *wire_subscribe(struct wire *wire, const char *subject,
				const char *queue, wire_message_fn *arrived,
				void *owner)
{
	struct wire_sub *sub = mem_new(1, sizeof(*sub));
	sub->wire = wire;
	sub->number = ++wire->numbers;
	sub->subject = mem_copy_text(subject);
	sub->queue = mem_copy_text(queue);
	sub->arrived = arrived;
	sub->owner = owner;
	list_add_tail(&wire->subs, &sub->link);
	if (wire->is_up)
		wire_subscribe_now(sub);
	return sub;
}

void wire_quiet(struct wire_sub *sub)
{
	if (sub->wire->is_up && !sub->quiet)
		unsubscribe_now(sub);
	sub->quiet = true;
}

struct wire_sub *wire_unsubscribe(struct wire_sub *sub)
{
	if (!sub)
		return NULL;
	struct wire *wire = sub->wire;
	wire_quiet(sub);
	sub->gone = true;
	if (wire->draining)
		wire->swept = true;
	else
		wire_sub_free(sub);
	return NULL;
}

const char *wire_header(const struct wire_message *message, const char *name)
{
	struct text_piece *piece = message->raw;
	return piece && piece->headers
		       ? text_header(piece->headers, piece->headers_size, name)
		       : NULL;
}
