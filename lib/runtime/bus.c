/*
 * bus.c - the bus's state, core subscriptions, questions and flush; see bus.h.
 */
#include "lib/runtime/bus_private.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bus_listener {
	struct list link;
	struct wire_sub *sub;
	bus_message_fn *arrived;
	void *owner;
};

struct ask {
	struct list link;
	struct bus *bus;
	struct loop_timer timer;
	uint64_t number;
	bus_answer_fn *answered;
	void *owner;
};

struct flush {
	struct list link;
	uint64_t number;
	void (*done)(void *owner);
	void *owner;
};

/* --- questions --- */

static void ask_end(struct ask *ask, int error, const char *data, size_t size)
{
	list_remove(&ask->link);
	loop_timer_stop(ask->bus->loop, &ask->timer);
	ask->answered(ask->owner, error, data, size);
	free(ask);
}

static void on_ask_late(struct loop_timer *timer)
{
	ask_end(timer->owner, -ETIMEDOUT, "", 0);
}

static void on_answer(struct bus *bus, uint64_t number,
		      const struct wire_message *message)
{
	list_each (link, &bus->asks) {
		struct ask *ask = list_of(link, struct ask, link);
		if (ask->number != number)
			continue;
		ask_end(ask, 0, message->data, message->size);
		return;
	}
}

void bus_ask(struct bus *bus, const char *subject, const char *data,
	     size_t size, int timeout_ms, bus_answer_fn *answered, void *owner)
{
	char reply[BUS_INBOX_BYTES + 32];
	struct ask *ask = mem_new(1, sizeof(*ask));
	ask->bus = bus;
	ask->number = ++bus->numbers;
	ask->answered = answered;
	ask->owner = owner;
	ask->timer = (struct loop_timer){.due = on_ask_late, .owner = ask};
	list_add_tail(&bus->asks, &ask->link);
	str_format(reply, sizeof(reply), "%s.q.%llu", bus->inbox,
		   (unsigned long long)ask->number);
	enum wire_result result =
		wire_send(bus->wire, subject, reply, NULL, data, size);
	loop_timer_start(bus->loop, &ask->timer,
			 result == WIRE_SENT ? timeout_ms : 0);
}

void bus_ask_cancel(struct bus *bus, const void *owner)
{
	list_each (link, &bus->asks) {
		struct ask *ask = list_of(link, struct ask, link);
		if (ask->owner != owner)
			continue;
		list_remove(link);
		loop_timer_stop(bus->loop, &ask->timer);
		free(ask);
	}
}

/* --- flush: a message to ourselves follows all subscriptions --- */

static void flush_send(struct bus *bus, const struct flush *flush)
{
	char subject[BUS_INBOX_BYTES + 32];
	str_format(subject, sizeof(subject), "%s.w.%llu", bus->inbox,
		   (unsigned long long)flush->number);
	wire_send(bus->wire, subject, NULL, NULL, "", 0);
}

static void on_flushed(struct bus *bus, uint64_t number)
{
	list_each (link, &bus->flushes) {
		struct flush *flush = list_of(link, struct flush, link);
		if (flush->number != number)
			continue;
		list_remove(link);
		flush->done(flush->owner);
		free(flush);
		return;
	}
}

void bus_flush(struct bus *bus, void (*done)(void *owner), void *owner)
{
	struct flush *flush = mem_new(1, sizeof(*flush));
	flush->number = ++bus->numbers;
	flush->done = done;
	flush->owner = owner;
	list_add_tail(&bus->flushes, &flush->link);
	flush_send(bus, flush);
}

/* --- everything that comes to our inbox: <inbox>.<kind>.<number> --- */

/* JetStream is not there: the lane begins again from what is not acknowledged.
 */
static void on_ack(struct lane *lane, uint64_t number,
		   const struct wire_message *message)
{
	if (message->status == WIRE_NOBODY)
		lane_failed(lane);
	else
		lane_answered(lane, number, message);
}

static void on_inbox(void *owner, const struct wire_message *message)
{
	struct bus *bus = owner;
	const char *kind = message->subject + strlen(bus->inbox) + 1;
	int64_t number;
	if (strlen(kind) < 3 || !str_number(kind + 2, 0, INT64_MAX, &number))
		return;
	switch (*kind) {
	case 'k':
		on_ack(bus->lanes[LANE_KEYS], (uint64_t)number, message);
		break;
	case 'f':
		on_ack(bus->lanes[LANE_FORGET], (uint64_t)number, message);
		break;
	case 'q': /* nobody may come yet: a question has a patience */
		if (message->status != WIRE_NOBODY)
			on_answer(bus, (uint64_t)number, message);
		break;
	case 'w': on_flushed(bus, (uint64_t)number); break;
	default: break;
	}
}

/* What comes to the pen's: <inbox>.a.<number>, the record's answers. */
static void on_pen_inbox(void *owner, const struct wire_message *message)
{
	struct bus *bus = owner;
	const char *dot = strrchr(message->subject, '.');
	int64_t number;
	if (dot && str_number(dot + 1, 0, INT64_MAX, &number))
		on_ack(bus->lanes[LANE_RECORD], (uint64_t)number, message);
}

/* --- core subscriptions --- */

static void on_core(void *owner, const struct wire_message *message)
{
	const struct bus_listener *listener = owner;
	struct bus_message plain = {
		.subject = message->subject,
		.data = message->data,
		.size = message->size,
		.reply = message->reply,
	};
	if (!message->status)
		listener->arrived(listener->owner, &plain);
}

struct bus_listener *bus_listen(struct bus *bus, const char *subject,
				const char *queue, bus_message_fn *arrived,
				void *owner)
{
	struct bus_listener *listener = mem_new(1, sizeof(*listener));
	listener->arrived = arrived;
	listener->owner = owner;
	listener->sub =
		wire_subscribe(bus->wire, subject, queue, on_core, listener);
	list_add_tail(&bus->listeners, &listener->link);
	return listener;
}

struct bus_listener *bus_unlisten(struct bus_listener *listener)
{
	if (listener) {
		list_remove(&listener->link);
		wire_unsubscribe(listener->sub);
		free(listener);
	}
	return NULL;
}

void bus_say(struct bus *bus, const char *subject, const char *data,
	     size_t size)
{
	wire_send(bus->wire, subject, NULL, NULL, data, size);
}

/* --- state --- */

static void tell_state(struct bus *bus, bool first)
{
	for (unsigned i = 0; i < bus->state_count; i++)
		bus->states[i].changed(bus->states[i].owner, bus_state(bus),
				       first);
}

static void on_up(void *owner)
{
	struct bus *bus = owner;
	bool first = !bus->was_up;
	if (!wire_is_up(bus->wire) || !wire_is_up(bus->pen))
		return; /* the other one follows */
	bus->up = bus->was_up = true;
	bus->away_since_ms = 0;
	list_each (link, &bus->flushes)
		flush_send(bus, list_of(link, struct flush, link));
	for (unsigned i = 0; i < LANE_COUNT; i++)
		lane_up(bus->lanes[i]);
	followers_up(bus);
	pullers_up(bus);
	tell_state(bus, first);
}

static void on_down(void *owner)
{
	struct bus *bus = owner;
	if (!bus->up)
		return;
	bus->up = false;
	bus->away_since_ms = clock_mono_ms();
	for (unsigned i = 0; i < LANE_COUNT; i++)
		lane_down(bus->lanes[i]);
	followers_down(bus);
	pullers_down(bus);
	tell_state(bus, false);
}

void bus_on_state(struct bus *bus, bus_state_fn *changed, void *owner)
{
	assert(bus->state_count < BUS_STATES_MAX);
	bus->states[bus->state_count].changed = changed;
	bus->states[bus->state_count++].owner = owner;
}

enum bus_state bus_state(const struct bus *bus)
{
	return bus->up ? BUS_UP : BUS_AWAY;
}

int64_t bus_away_ms(const struct bus *bus)
{
	return bus->away_since_ms ? clock_mono_ms() - bus->away_since_ms : 0;
}

size_t bus_backlog(const struct bus *bus)
{
	size_t count = 0;
	for (unsigned i = 0; i < LANE_COUNT; i++)
		count += lane_count(bus->lanes[i]);
	return count;
}

/* --- beginning and end --- */

struct bus *bus_new(struct loop *loop, const char *url, const char *name)
{
	struct bus *bus = mem_new(1, sizeof(*bus));
	struct wire_owner owner = {.up = on_up, .down = on_down, .owner = bus};
	char random[ID_BYTES], all[BUS_INBOX_BYTES + 4];
	bus->loop = loop;
	bus->away_since_ms = clock_mono_ms();
	list_init(&bus->listeners);
	list_init(&bus->asks);
	list_init(&bus->flushes);
	list_init(&bus->followers);
	list_init(&bus->pullers);
	list_init(&bus->ensures);
	id_random("vb", random);
	str_format(bus->inbox, sizeof(bus->inbox), "_INBOX.%s", random);
	str_format(bus->pen_inbox, sizeof(bus->pen_inbox), "_INBOX.%sa",
		   random);
	bus->wire = wire_new(loop, url, name, &owner);
	bus->pen = wire_new(loop, url, name, &owner);
	/* An acknowledgement of the record wakes nobody: a dozen of them do. */
	wire_patience(bus->pen, BUS_TICK_MS);
	for (int i = 0; i < LANE_COUNT; i++)
		bus->lanes[i] = lane_new(bus, (enum lane_kind)i);
	str_format(all, sizeof(all), "%s.>", bus->inbox);
	wire_subscribe(bus->wire, all, NULL, on_inbox, bus);
	str_format(all, sizeof(all), "%s.*", bus->pen_inbox);
	wire_subscribe(bus->pen, all, NULL, on_pen_inbox, bus);
	return bus;
}

void bus_patience(struct bus *bus, int64_t patience_ms)
{
	wire_patience(bus->wire, patience_ms);
}

void bus_hear(struct bus *bus)
{
	wire_hear(bus->wire);
}

struct bus *bus_free(struct bus *bus)
{
	if (!bus)
		return NULL;
	followers_free(bus);
	pullers_free(bus);
	ensures_free(bus);
	list_each (link, &bus->listeners)
		bus_unlisten(list_of(link, struct bus_listener, link));
	list_each (asked, &bus->asks) {
		struct ask *ask = list_of(asked, struct ask, link);
		loop_timer_stop(bus->loop, &ask->timer);
		free(ask);
	}
	list_each (flushed, &bus->flushes)
		free(list_of(flushed, struct flush, link));
	for (unsigned i = 0; i < LANE_COUNT; i++)
		bus->lanes[i] = lane_free(bus->lanes[i]);
	wire_free(bus->wire);
	wire_free(bus->pen);
	free(bus);
	return NULL;
}
