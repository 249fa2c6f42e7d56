/*
 * bus_pull.c - work from a durable consumer that several processes share.
 *
 * A request for as many messages as we may hold stays open at the server until
 * it is filled or expires, so that waiting costs nothing. Work that was settled
 * while the connection was away is acknowledged once it is back; if that fails
 * too, the server hands the message out again: receivers expect repeats.
 */
#include "lib/runtime/bus_private.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/metrics.h"

#include <stdlib.h>
#include <string.h>

#define EXPIRES_MS 30000
#define LATE_MS (EXPIRES_MS + 3000) /* the request itself was lost */
#define AGAIN_MIN_MS 100
#define AGAIN_MAX_MS 2000
#define CONFIG_BYTES 1024
#define LATE_ACKS_MAX 4096U
#define ACK_BYTES 64
/* Over all processes. Work that was handed back with a delay counts, too. */
#define UNSETTLED_MAX 250000

METRIC_COUNTER(handed, "bus_work_total", "", "Pieces of work handed out.")
METRIC_COUNTER(handed_again, "bus_work_again_total", "",
	       "Pieces of work that had been handed out before.")

enum pull_state {
	PULL_AWAY,   /* no connection */
	PULL_ASKING, /* its consumer is being made */
	PULL_RUNS,
	PULL_RESTING /* waits before it asks again */
};

struct late_ack {
	struct list link;
	char *subject;
	char text[ACK_BYTES];
};

struct bus_work {
	struct list link;
	struct bus_puller *puller;
	char *reply;
};

struct bus_puller {
	struct list link;
	struct bus *bus;
	enum pull_state state;
	char *stream, *durable, *filter;
	int64_t ack_wait_ms;
	unsigned unsettled_max, in_hand_max, in_hand;
	unsigned asked;   /* of the open request, not yet filled */
	uint64_t request; /* its number */
	bool gone;        /* unpulled; freed with its last work */
	struct list works;
	struct list late; /* acknowledgements that wait for a connection */
	unsigned late_count;
	struct wire_sub *sub;
	struct loop_timer timer;
	int64_t rest_ms;
	bool complained;
	bus_work_fn *arrived;
	void *owner;
};

static void ask_consumer(struct bus_puller *puller);

/* --- requests --- */

static void request(struct bus_puller *puller)
{
	struct bus *bus = puller->bus;
	char subject[BUS_SUBJECT_BYTES], reply[BUS_INBOX_BYTES + 64], text[96];
	/* More than our hands hold may come: a request of before a reconnect
	 * stands beside the one that follows it. */
	unsigned room = puller->in_hand < puller->in_hand_max
				? puller->in_hand_max - puller->in_hand
				: 0;
	/* One open request; a new one when it is filled and half our hands
	 * are free, so that requests stay few. */
	if (puller->state != PULL_RUNS || puller->asked || puller->gone ||
	    room * 2 < puller->in_hand_max || !room)
		return;
	puller->asked = room;
	puller->request = ++bus->numbers;
	str_format(subject, sizeof(subject), "$JS.API.CONSUMER.MSG.NEXT.%s.%s",
		   puller->stream, puller->durable);
	str_format(reply, sizeof(reply), "%sp.%s.%llu", bus->inbox,
		   puller->durable, (unsigned long long)puller->request);
	str_format(text, sizeof(text), "{\"batch\":%u,\"expires\":%lld}", room,
		   EXPIRES_MS * 1000000LL);
	wire_send(bus->wire, subject, reply, NULL, text, strlen(text));
	loop_timer_start(bus->loop, &puller->timer, LATE_MS);
}

static void rest(struct bus_puller *puller)
{
	puller->state = PULL_RESTING;
	puller->asked = 0;
	loop_timer_start(puller->bus->loop, &puller->timer, puller->rest_ms);
	puller->rest_ms *= 2;
	if (puller->rest_ms > AGAIN_MAX_MS)
		puller->rest_ms = AGAIN_MAX_MS;
}

/* The end of a request: expired (408), nothing there (404), refused (409, 503);
 * 100 is a heartbeat. Those of earlier requests mean nothing. */
static void on_status(struct bus_puller *puller, const struct wire_message *raw)
{
	const char *dot = strrchr(raw->subject, '.');
	int64_t number;
	if (raw->status == 100 || puller->state != PULL_RUNS)
		return;
	if (!dot || !str_number(dot + 1, 0, INT64_MAX, &number) ||
	    (uint64_t)number != puller->request)
		return;
	puller->asked = 0;
	if (raw->status == 408 || raw->status == 404)
		request(puller);
	else
		rest(puller);
}

static void on_message(void *owner, const struct wire_message *raw)
{
	struct bus_puller *puller = owner;
	struct bus_delivery delivery;
	if (raw->status) {
		on_status(puller, raw);
		return;
	}
	if (!bus_delivery_parse(raw->reply, &delivery))
		return;
	if (puller->gone) { /* on its way when we stopped asking */
		bus_say(puller->bus, raw->reply, "-NAK", strlen("-NAK"));
		return;
	}
	struct bus_work *work = mem_new(1, sizeof(*work));
	work->puller = puller;
	work->reply = mem_copy_text(raw->reply);
	list_add_tail(&puller->works, &work->link);
	puller->in_hand++;
	if (puller->asked)
		puller->asked--;
	puller->rest_ms = AGAIN_MIN_MS;
	metric_add(&handed, 1);
	if (delivery.deliveries > 1)
		metric_add(&handed_again, 1);
	struct bus_message message = {
		.subject = raw->subject,
		.data = raw->data,
		.size = raw->size,
		.sequence = delivery.stream_sequence,
		.time_ms = delivery.time_ns / 1000000,
		.deliveries = delivery.deliveries,
		.pending = delivery.pending,
	};
	request(puller);
	puller->arrived(puller->owner, work, &message);
}

/* --- the consumer --- */

static void on_consumer(void *owner, int error, const char *data, size_t size)
{
	struct bus_puller *puller = owner;
	if (error || bus_json_has(data, size, "error")) {
		if (!puller->complained)
			bus_api_error(puller->durable, data, size);
		puller->complained = true;
		rest(puller);
		return;
	}
	puller->complained = false;
	puller->state = PULL_RUNS;
	request(puller);
}

/* Creating it again with the same settings changes nothing. */
static void ask_consumer(struct bus_puller *puller)
{
	struct bus *bus = puller->bus;
	struct buf config = BUF_INIT(CONFIG_BYTES);
	char subject[BUS_SUBJECT_BYTES];
	puller->state = PULL_ASKING;
	puller->asked = 0;
	buf_addf(&config,
		 "{\"stream_name\":\"%s\",\"config\":{\"durable_name\":\"%s\""
		 ",\"filter_subject\":\"%s\",\"deliver_policy\":\"all\""
		 ",\"ack_policy\":\"explicit\",\"ack_wait\":%lld"
		 ",\"max_deliver\":-1,\"max_ack_pending\":%u"
		 ",\"max_waiting\":512,\"replay_policy\":\"instant\""
		 ",\"num_replicas\":0}}",
		 puller->stream, puller->durable, puller->filter,
		 (long long)puller->ack_wait_ms * 1000000,
		 puller->unsettled_max);
	str_format(subject, sizeof(subject),
		   "$JS.API.CONSUMER.DURABLE.CREATE.%s.%s", puller->stream,
		   puller->durable);
	bus_ask(bus, subject, buf_text(&config), config.length, BUS_API_MS,
		on_consumer, puller);
	buf_free(&config);
}

static void on_timer(struct loop_timer *timer)
{
	struct bus_puller *puller = timer->owner;
	if (puller->state == PULL_RESTING) {
		ask_consumer(puller);
	} else if (puller->state == PULL_RUNS && puller->asked) {
		puller->asked = 0;
		request(puller);
	}
}

/* --- settling --- */

static void say_ack(struct bus_puller *puller, const char *subject,
		    const char *text)
{
	if (wire_send_soon(puller->bus->wire, subject, NULL, NULL, text,
			   strlen(text)) == WIRE_SENT ||
	    puller->late_count >= LATE_ACKS_MAX)
		return;
	struct late_ack *late = mem_new(1, sizeof(*late));
	late->subject = mem_copy_text(subject);
	str_copy(late->text, sizeof(late->text), text);
	list_add_tail(&puller->late, &late->link);
	puller->late_count++;
}

static void late_free(struct bus_puller *puller, struct late_ack *late)
{
	list_remove(&late->link);
	puller->late_count--;
	free(late->subject);
	free(late);
}

static void send_late(struct bus_puller *puller)
{
	list_each (link, &puller->late) {
		struct late_ack *late = list_of(link, struct late_ack, link);
		if (wire_send(puller->bus->wire, late->subject, NULL, NULL,
			      late->text, strlen(late->text)) != WIRE_SENT)
			return;
		late_free(puller, late);
	}
}

static void puller_end(struct bus_puller *puller)
{
	list_remove(&puller->link);
	list_each (link, &puller->late)
		late_free(puller, list_of(link, struct late_ack, link));
	loop_timer_stop(puller->bus->loop, &puller->timer);
	bus_ask_cancel(puller->bus, puller);
	wire_unsubscribe(puller->sub);
	free(puller->stream);
	free(puller->durable);
	free(puller->filter);
	free(puller);
}

static void work_free(struct bus_work *work)
{
	list_remove(&work->link);
	work->puller->in_hand--;
	free(work->reply);
	free(work);
}

static void settle(struct bus_work *work, const char *text)
{
	struct bus_puller *puller = work->puller;
	say_ack(puller, work->reply, text);
	work_free(work);
	if (puller->gone && !puller->in_hand)
		puller_end(puller);
	else
		request(puller);
}

void bus_work_done(struct bus_work *work)
{
	settle(work, "+ACK");
}

void bus_work_again(struct bus_work *work, int64_t delay_ms)
{
	char text[ACK_BYTES];
	str_format(text, sizeof(text), "-NAK {\"delay\":%lld}",
		   (long long)delay_ms * 1000000);
	settle(work, delay_ms > 0 ? text : "-NAK");
}

void bus_work_alive(struct bus_work *work)
{
	wire_send(work->puller->bus->wire, work->reply, NULL, NULL, "+WPI",
		  strlen("+WPI"));
}

/* --- beginning, reconnects and end --- */

struct bus_puller *bus_pull(struct bus *bus, const struct bus_pull *what)
{
	struct bus_puller *puller = mem_new(1, sizeof(*puller));
	char subject[BUS_INBOX_BYTES + 64];
	puller->bus = bus;
	puller->stream = mem_copy_text(what->stream);
	puller->durable = mem_copy_text(what->durable);
	puller->filter = mem_copy_text(what->filter);
	puller->ack_wait_ms = what->ack_wait_ms;
	puller->unsettled_max =
		what->unsettled_max ? what->unsettled_max : UNSETTLED_MAX;
	puller->in_hand_max = what->in_hand_max ? what->in_hand_max : 1;
	puller->arrived = what->arrived;
	puller->owner = what->owner;
	puller->rest_ms = AGAIN_MIN_MS;
	puller->timer = (struct loop_timer){.due = on_timer, .owner = puller};
	list_init(&puller->works);
	list_init(&puller->late);
	list_add_tail(&bus->pullers, &puller->link);
	str_format(subject, sizeof(subject), "%sp.%s.*", bus->inbox,
		   puller->durable);
	puller->sub =
		wire_subscribe(bus->wire, subject, NULL, on_message, puller);
	if (bus_state(bus) == BUS_UP)
		ask_consumer(puller);
	return puller;
}

static void on_looked(void *owner, int error, const char *data, size_t size)
{
	(void)owner, (void)error, (void)data, (void)size;
}

/*
 * Or the server would hand us again what we give back. It drops a request that
 * nobody hears when it looks at it; but if it looks because it has something to
 * hand out again, it loses that (2.9) until its time to be acknowledged is
 * over: so it is made to look now.
 */
static void end_request(struct bus_puller *puller)
{
	char subject[BUS_SUBJECT_BYTES];
	wire_quiet(puller->sub);
	if (puller->state != PULL_RUNS)
		return;
	str_format(subject, sizeof(subject), "$JS.API.CONSUMER.INFO.%s.%s",
		   puller->stream, puller->durable);
	bus_ask(puller->bus, subject, "", 0, BUS_API_MS, on_looked, puller);
}

struct bus_puller *bus_unpull(struct bus_puller *puller)
{
	if (!puller)
		return NULL;
	puller->gone = true;
	end_request(puller);
	if (!puller->in_hand)
		puller_end(puller);
	return NULL;
}

void pullers_up(struct bus *bus)
{
	list_each (link, &bus->pullers) {
		struct bus_puller *puller =
			list_of(link, struct bus_puller, link);
		send_late(puller);
		puller->rest_ms = AGAIN_MIN_MS;
		ask_consumer(puller);
	}
}

void pullers_down(struct bus *bus)
{
	list_each (link, &bus->pullers) {
		struct bus_puller *puller =
			list_of(link, struct bus_puller, link);
		loop_timer_stop(bus->loop, &puller->timer);
		bus_ask_cancel(bus, puller);
		puller->state = PULL_AWAY;
		puller->asked = 0;
	}
}

void pullers_free(struct bus *bus)
{
	list_each (link, &bus->pullers) {
		struct bus_puller *puller =
			list_of(link, struct bus_puller, link);
		list_each (held, &puller->works)
			work_free(list_of(held, struct bus_work, link));
		puller_end(puller);
	}
}
