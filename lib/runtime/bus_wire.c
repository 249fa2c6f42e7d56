/*
 * bus_wire.c - one connection to nats-server at a time; see bus_wire.h.
 */
#include "lib/runtime/bus_wire_private.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/metrics.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INBOX_MAX 64
METRIC_COUNTER(connects, "bus_connects_total", "", "Connections made to NATS.")
METRIC_GAUGE(connected, "bus_connected", "", "1 while connected to NATS.")

void wire_hurry(struct wire *wire)
{
	if (wire->hurry)
		return;
	wire->hurry = true;
	loop_timer_start(wire->loop, &wire->flush, 0);
}

/* --- up and down --- */

static void go_down(struct wire *wire)
{
	loop_watch_stop(&wire->watch);
	loop_timer_stop(wire->loop, &wire->flush);
	close(wire->watch.fd);
	list_each (link, &wire->subs) {
		struct wire_sub *sub = list_of(link, struct wire_sub, link);
		natsSubscription_Destroy(sub->sub);
		sub->sub = NULL;
	}
	natsConnection_Destroy(wire->nc);
	wire->nc = NULL;
	wire->write_asked = wire->out_watched = wire->resting = false;
	wire->hurry = false;
	loop_timer_stop(wire->loop, &wire->rest);
	metric_set(&connected, 0);
}

/* At the end of a turn, or of a read: the connection may have ended. */
static void check_closed(struct wire *wire)
{
	if (!wire->nc || !natsConnection_IsClosed(wire->nc))
		return;
	go_down(wire);
	wire_want_connection(wire);
	wire->owner.down(wire->owner.owner);
}

static void go_up(struct wire *wire, natsConnection *nc, int fd)
{
	wire->nc = nc;
	wire->watch.fd = fd;
	loop_watch_start(wire->loop, &wire->watch, EPOLLIN);
	list_each (link, &wire->subs)
		wire_subscribe_now(list_of(link, struct wire_sub, link));
	metric_add(&connects, 1);
	metric_set(&connected, 1);
	wire->owner.up(wire->owner.owner);
}

bool wire_is_up(const struct wire *wire)
{
	return wire->nc != NULL;
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

static void write_now(struct wire *wire)
{
	if (!wire->nc || !wire->write_asked)
		return;
	natsConnection_ProcessWriteEvent(wire->nc);
	if (wire->write_asked != wire->out_watched) {
		wire->out_watched = wire->write_asked;
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
	check_closed(wire);
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
	int left = 0;
	if (wire->resting ||
	    (ioctl(wire->watch.fd, FIONREAD, &left) == 0 && left > 0))
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
	for (unsigned reads = 0; reads < READS_MAX; reads++) {
		int left = 0;
		if (!wire->nc || wire->draining ||
		    natsConnection_IsClosed(wire->nc) ||
		    ioctl(wire->watch.fd, FIONREAD, &left) != 0 || left == 0)
			return;
		natsConnection_ProcessReadEvent(wire->nc);
		wire_drain(wire);
	}
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
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
		natsConnection_ProcessReadEvent(wire->nc);
		wire_drain(wire);
	}
	check_closed(wire);
	if (wire->nc && wire->patience_ms)
		rest(wire);
}

static void on_news(void *owner, struct inbox_item *item)
{
	struct wire *wire = owner;
	struct news *news = list_of(item, struct news, item);
	if (news == &wire->write_news) {
		atomic_store(&wire->write_told, false);
		wire->write_asked = wire->hurry = wire->nc != NULL;
		return;
	}
	go_up(wire, news->nc, news->fd);
	free(news);
}

static void on_dropped(void *owner, struct inbox_item *item)
{
	struct wire *wire = owner;
	struct news *news = list_of(item, struct news, item);
	if (news == &wire->write_news)
		return;
	natsConnection_Destroy(news->nc);
	close(news->fd);
	free(news);
}

/* --- sending --- */

static enum wire_result send_plain(struct wire *wire, const char *subject,
				   const char *reply, const char *data,
				   size_t size)
{
	natsStatus status =
		reply ? natsConnection_PublishRequest(wire->nc, subject, reply,
						      data, (int)size)
		      : natsConnection_Publish(wire->nc, subject, data,
					       (int)size);
	return status == NATS_OK ? WIRE_SENT : WIRE_AWAY;
}

static enum wire_result send_any(struct wire *wire, const char *subject,
				 const char *reply,
				 const struct wire_pair *headers,
				 const char *data, size_t size)
{
	natsMsg *raw = NULL;
	if (!wire->nc || natsConnection_IsClosed(wire->nc))
		return WIRE_AWAY;
	if ((int64_t)size > natsConnection_GetMaxPayload(wire->nc))
		return WIRE_TOO_LARGE;
	if (!headers)
		return send_plain(wire, subject, reply, data, size);
	natsStatus status =
		natsMsg_Create(&raw, subject, reply, data, (int)size);
	for (; status == NATS_OK && headers->name; headers++)
		status = natsMsgHeader_Set(raw, headers->name, headers->value);
	if (status == NATS_OK)
		status = natsConnection_PublishMsg(wire->nc, raw);
	wire_spend(wire, raw);
	if (status == NATS_MAX_PAYLOAD)
		return WIRE_TOO_LARGE;
	return status == NATS_OK ? WIRE_SENT : WIRE_AWAY;
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
	wire->patient = true;
	enum wire_result result =
		send_any(wire, subject, reply, headers, data, size);
	wire->patient = false;
	return result;
}

/* --- beginning and end --- */

struct wire *wire_new(struct loop *loop, const char *url, const char *name,
		      const struct wire_owner *owner)
{
	struct wire *wire = mem_new(1, sizeof(*wire));
	wire->loop = loop;
	wire->owner = *owner;
	wire->loop_thread = pthread_self();
	wire->watch = (struct loop_watch){.ready = on_socket, .owner = wire};
	wire->flush = (struct loop_timer){.due = on_flush, .owner = wire};
	wire->rest = (struct loop_timer){.due = on_rested, .owner = wire};
	list_init(&wire->subs);
	wire->inbox = inbox_new(loop, INBOX_MAX, on_news, on_dropped, wire);
	wire_connector_start(wire, url, name);
	loop_after_turn(loop, after_turn, wire);
	return wire;
}

struct wire *wire_free(struct wire *wire)
{
	if (!wire)
		return NULL;
	wire_connector_stop(wire);
	if (wire->nc) {
		write_now(wire); /* what was said last */
		go_down(wire);
	}
	wire_destroy_spent(wire);
	/* libnats flushes once more as it closes, and asks for a turn. */
	loop_timer_stop(wire->loop, &wire->flush);
	inbox_free(wire->inbox);
	list_each (link, &wire->subs)
		wire_sub_free(list_of(link, struct wire_sub, link));
	wire_connector_free(wire);
	free(wire);
	return NULL;
}
