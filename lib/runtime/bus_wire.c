/*
 * bus_wire.c - one connection to nats-server at a time; see bus_wire.h.
 */
#include "lib/runtime/bus_wire_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/bus_text.h"
#include "lib/runtime/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define INBOX_MAX 64
#define PING_INTERVAL_MS 10000
#define PINGS_OUT_MAX 2
#define OUT_MIN ((size_t)16 << 10)
#define OUT_KEPT ((size_t)256 << 10)
/* A server that takes nothing for so long is as good as gone. */
#define OUT_MAX ((size_t)64 << 20)

static const char head_line[] = "NATS/1.0\r\n";

METRIC_COUNTER(connects, "bus_connects_total", "", "Connections made to NATS.")
METRIC_GAUGE(connected, "bus_connected", "", "1 while connected to NATS.")

void wire_hurry(struct wire *wire)
{
	if (wire->hurry)
		return;
	wire->hurry = true;
	loop_timer_start(wire->loop, &wire->flush, 0);
}

void wire_break(struct wire *wire, const char *why)
{
	if (why && !wire->broken)
		log_warn(NULL, 0, "NATS: the connection ends: %s", why);
	wire->broken = true;
	wire_hurry(wire); /* a turn follows */
}

/* --- up and down --- */

static void go_down(struct wire *wire)
{
	loop_watch_stop(&wire->watch);
	loop_timer_stop(wire->loop, &wire->flush);
	loop_timer_stop(wire->loop, &wire->rest);
	loop_timer_stop(wire->loop, &wire->ping);
	close(wire->watch.fd);
	wire_in_free(&wire->in);
	free(wire->out);
	wire->out = NULL;
	wire->out_start = wire->out_end = wire->out_room = 0;
	wire->is_up = wire->broken = false;
	wire->hurry = wire->out_watched = wire->resting = false;
	metric_set(&connected, 0);
}

/* At the end of a turn, or of a read: the connection may have ended. */
static void check_broken(struct wire *wire)
{
	if (!wire->is_up || !wire->broken)
		return;
	go_down(wire);
	wire_want_connection(wire);
	wire->owner.down(wire->owner.owner);
}

static void go_up(struct wire *wire, const struct news *news)
{
	wire->is_up = true;
	wire->in = news->in;
	wire->max_payload = news->max_payload;
	wire->pings_out = 0;
	wire->watch.fd = news->fd;
	loop_watch_start(wire->loop, &wire->watch, EPOLLIN);
	loop_timer_start(wire->loop, &wire->ping, PING_INTERVAL_MS);
	list_each (link, &wire->subs) {
		struct wire_sub *sub = list_of(link, struct wire_sub, link);
		if (!sub->quiet)
			wire_subscribe_now(sub);
	}
	metric_add(&connects, 1);
	metric_set(&connected, 1);
	wire->owner.up(wire->owner.owner);
	wire_drain(wire); /* what came with the greeting */
}

bool wire_is_up(const struct wire *wire)
{
	return wire->is_up;
}

/* Silence may be a peer that is gone. */
static void on_ping(struct loop_timer *timer)
{
	struct wire *wire = timer->owner;
	loop_timer_start(wire->loop, timer, PING_INTERVAL_MS);
	if (wire->pings_out++ == PINGS_OUT_MAX) {
		wire_break(wire, "the server does not answer");
		return;
	}
	wire_put(wire, "PING\r\n", strlen("PING\r\n"));
	wire_hurry(wire);
}

/*
 * The machine's daemons, and the two connections of each, wake together: what
 * may wait leaves, and is read, at round times of a clock that all have.
 */
static int64_t until_tick(int64_t every_ms)
{
	return every_ms - clock_mono_ms() % every_ms;
}

/* --- writing, and what is waited for --- */

static void watch_socket(struct wire *wire)
{
	loop_watch_change(&wire->watch,
			  (wire->resting ? 0 : (uint32_t)EPOLLIN) |
				  (wire->out_watched ? (uint32_t)EPOLLOUT : 0));
}

static bool make_room(struct wire *wire, size_t size)
{
	size_t waiting = wire->out_end - wire->out_start;
	if (wire->out_room - wire->out_end >= size)
		return true;
	if (wire->out_start)
		memmove(wire->out, wire->out + wire->out_start, waiting);
	wire->out_start = 0;
	wire->out_end = waiting;
	if (waiting + size > OUT_MAX)
		return false;
	if (wire->out_room - waiting >= size)
		return true;
	size_t room = wire->out_room ? wire->out_room * 2 : OUT_MIN;
	while (room < waiting + size)
		room *= 2;
	wire->out = mem_grow(wire->out, room);
	wire->out_room = room;
	return true;
}

void wire_put(struct wire *wire, const char *bytes, size_t size)
{
	if (!make_room(wire, size)) {
		wire_break(wire, "the server takes nothing");
		return;
	}
	if (size)
		memcpy(wire->out + wire->out_end, bytes, size);
	wire->out_end += size;
}

static void wrote_all(struct wire *wire)
{
	wire->out_start = wire->out_end = 0;
	if (wire->out_room <= OUT_KEPT)
		return;
	free(wire->out);
	wire->out = NULL;
	wire->out_room = 0;
}

static void write_now(struct wire *wire)
{
	while (wire->is_up && !wire->broken &&
	       wire->out_start < wire->out_end) {
		ssize_t sent = send(wire->watch.fd, wire->out + wire->out_start,
				    wire->out_end - wire->out_start,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0)
			wire->out_start += (size_t)sent;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			wire_break(wire, NULL);
	}
	if (!wire->is_up)
		return;
	if (wire->out_start == wire->out_end)
		wrote_all(wire);
	if ((wire->out_end > 0) != wire->out_watched) {
		wire->out_watched = wire->out_end > 0;
		watch_socket(wire);
	}
}

static void after_turn(void *owner)
{
	struct wire *wire = owner;
	if (wire->hurry) {
		wire->hurry = false;
		loop_timer_stop(wire->loop, &wire->flush);
		if (!wire->out_watched)
			write_now(wire);
	}
	check_broken(wire);
}

/* What was sent outside a turn, or has waited: the end of this one writes. */
static void on_flush(struct loop_timer *timer)
{
	struct wire *wire = timer->owner;
	wire->hurry = true;
}

static void on_rested(struct loop_timer *timer)
{
	struct wire *wire = timer->owner;
	wire->resting = false;
	watch_socket(wire);
}

/* All was read: what comes next may wait, and comes with what follows it. */
static void rest(struct wire *wire)
{
	if (wire->resting || wire->filled)
		return;
	wire->resting = true;
	watch_socket(wire);
	loop_timer_start(wire->loop, &wire->rest,
			 until_tick(wire->patience_ms));
}

/* A read takes a buffer's worth: enough of them for what a socket holds. */
#define READS_MAX 64

void wire_hear(struct wire *wire)
{
	for (unsigned reads = 0; reads < READS_MAX; reads++)
		if (!wire->is_up || wire->broken || wire->draining ||
		    !wire_read(wire))
			return;
}

void wire_patience(struct wire *wire, int64_t patience_ms)
{
	wire->patience_ms = patience_ms;
}

static void on_socket(struct loop_watch *watch, uint32_t events)
{
	struct wire *wire = watch->owner;
	if (events & EPOLLOUT)
		write_now(wire);
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		wire_read(wire);
	check_broken(wire);
	if (wire->is_up && wire->patience_ms)
		rest(wire);
}

static void on_news(void *owner, struct inbox_item *item)
{
	struct news *news = list_of(item, struct news, item);
	go_up(owner, news);
	free(news);
}

static void on_dropped(void *owner, struct inbox_item *item)
{
	struct news *news = list_of(item, struct news, item);
	(void)owner;
	close(news->fd);
	wire_in_free(&news->in);
	free(news);
}

/* --- sending --- */

/* "NATS/1.0", a line for each, and an empty one; 0: they cannot be said. */
static size_t headers_size(const struct wire_pair *headers)
{
	size_t size = strlen(head_line) + 2;
	for (; headers->name; headers++) {
		if (strpbrk(headers->value, "\r\n"))
			return 0;
		size += strlen(headers->name) + strlen(headers->value) + 4;
	}
	return size;
}

static void put_text(struct wire *wire, const char *text)
{
	wire_put(wire, text, strlen(text));
}

static void put_headers(struct wire *wire, const struct wire_pair *headers)
{
	put_text(wire, head_line);
	for (; headers->name; headers++) {
		put_text(wire, headers->name);
		put_text(wire, ": ");
		put_text(wire, headers->value);
		put_text(wire, "\r\n");
	}
	put_text(wire, "\r\n");
}

static void put_number(struct wire *wire, size_t number)
{
	char digits[24];
	size_t at = sizeof(digits);
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	wire_put(wire, digits + at, sizeof(digits) - at);
}

static void put_word(struct wire *wire, const char *word)
{
	put_text(wire, word);
	wire_put(wire, " ", 1);
}

static enum wire_result send_any(struct wire *wire, const char *subject,
				 const char *reply,
				 const struct wire_pair *headers,
				 const char *data, size_t size)
{
	size_t head_size = headers ? headers_size(headers) : 0;
	if (!wire->is_up || wire->broken)
		return WIRE_AWAY;
	if (headers && !head_size)
		return WIRE_REFUSED;
	if (head_size + size > wire->max_payload)
		return WIRE_TOO_LARGE;
	if (!text_is_word(subject) || (reply && !text_is_word(reply)))
		return WIRE_REFUSED;
	wire_put(wire, headers ? "HPUB " : "PUB ", headers ? 5 : 4);
	put_word(wire, subject);
	if (reply)
		put_word(wire, reply);
	if (headers) {
		put_number(wire, head_size);
		wire_put(wire, " ", 1);
	}
	put_number(wire, head_size + size);
	wire_put(wire, "\r\n", 2);
	if (headers)
		put_headers(wire, headers);
	wire_put(wire, data, size);
	wire_put(wire, "\r\n", 2);
	return wire->broken ? WIRE_AWAY : WIRE_SENT;
}

enum wire_result wire_send(struct wire *wire, const char *subject,
			   const char *reply, const struct wire_pair *headers,
			   const char *data, size_t size)
{
	wire_hurry(wire);
	return send_any(wire, subject, reply, headers, data, size);
}

enum wire_result wire_send_soon(struct wire *wire, const char *subject,
				const char *reply,
				const struct wire_pair *headers,
				const char *data, size_t size)
{
	if (!wire->hurry && !wire->flush.position)
		loop_timer_start(wire->loop, &wire->flush,
				 until_tick(BUS_TICK_MS));
	return send_any(wire, subject, reply, headers, data, size);
}

/* --- beginning and end --- */

struct wire *wire_new(struct loop *loop, const char *url, const char *name,
		      const struct wire_owner *owner)
{
	struct wire *wire = mem_new(1, sizeof(*wire));
	wire->loop = loop;
	wire->owner = *owner;
	wire->url = mem_copy_text(url);
	wire->name = mem_copy_text(name);
	wire->watch = (struct loop_watch){.ready = on_socket, .owner = wire};
	wire->flush = (struct loop_timer){.due = on_flush, .owner = wire};
	wire->rest = (struct loop_timer){.due = on_rested, .owner = wire};
	wire->ping = (struct loop_timer){.due = on_ping, .owner = wire};
	list_init(&wire->subs);
	wire->inbox = inbox_new(loop, INBOX_MAX, on_news, on_dropped, wire);
	wire_connector_start(wire);
	loop_after_turn(loop, after_turn, wire);
	return wire;
}

struct wire *wire_free(struct wire *wire)
{
	if (!wire)
		return NULL;
	wire_connector_stop(wire);
	if (wire->is_up) {
		write_now(wire); /* what was said last */
		go_down(wire);
	}
	loop_timer_stop(wire->loop, &wire->flush);
	inbox_free(wire->inbox);
	list_each (link, &wire->subs)
		wire_sub_free(list_of(link, struct wire_sub, link));
	wire_connector_free(wire);
	free(wire->url);
	free(wire->name);
	free(wire);
	return NULL;
}
