/*
 * bus_follow.c - a stream from a sequence on, in order and complete.
 *
 * An ephemeral push consumer without acknowledgements, with flow control and
 * heartbeats. The consumer's own numbers tell a gap; a gap, silence, or another
 * connection make a new consumer that begins after the last message handed
 * over. Each consumer has a subject of its own, so that what an old one still
 * sends is not heard.
 *
 * Everything that was there has been handed over when the last message that the
 * filter matches has been: the stream is asked for its sequence as soon as
 * there is a consumer. The consumer's own count of what is pending is of no
 * use: with 2.9 it can stay above zero for ever, and reach zero too early. A
 * heartbeat says the same, should that last message have been removed
 * meanwhile.
 */
#include "lib/runtime/bus_private.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/metrics.h"

#include <stdlib.h>
#include <string.h>

#define HEARTBEAT_MS 2000
#define SILENCE_MS 7000
#define ASK_GOAL_MS 500 /* the answer did not come: once more */
#define AGAIN_MIN_MS 100
#define AGAIN_MAX_MS 2000
#define CONFIG_BYTES 2048

METRIC_COUNTER(healed, "bus_followers_healed_total", "",
	       "Ordered consumers made anew after a gap or silence.")

enum follow_state {
	FOLLOW_AWAY,   /* no connection */
	FOLLOW_ASKING, /* its consumer is being made */
	FOLLOW_RUNS,
	FOLLOW_RESTING /* waits before it asks again */
};

struct bus_follower {
	struct list link;
	struct bus *bus;
	enum follow_state state;
	char *stream, *filter;
	bool last_per_subject;
	uint64_t next;          /* stream sequence to go on with; 0: new ones */
	uint64_t consumer_last; /* of the present consumer */
	uint64_t goal; /* sequence of the last message there; 0: none */
	char consumer[64];
	bool was_caught_up;
	bool goal_known;
	bool asks_goal; /* the answer has not come yet */
	struct wire_sub *sub;
	struct loop_timer timer;
	int64_t heard_ms;
	int64_t rest_ms;
	bool complained;
	bool busy, gone; /* freed when the callback returns */
	bus_message_fn *arrived;
	bus_raw_fn *arrived_raw;
	void (*caught_up)(void *owner);
	void (*release)(void *owner);
	void *owner;
};

static void ask_consumer(struct bus_follower *follower);

static void follower_end(struct bus_follower *follower)
{
	if (follower->release)
		follower->release(follower->owner);
	free(follower->stream);
	free(follower->filter);
	free(follower);
}

/* --- the consumer --- */

static void drop_consumer(struct bus_follower *follower)
{
	char subject[BUS_SUBJECT_BYTES];
	follower->sub = wire_unsubscribe(follower->sub);
	if (*follower->consumer &&
	    str_format(subject, sizeof(subject),
		       "$JS.API.CONSUMER.DELETE.%s.%s", follower->stream,
		       follower->consumer))
		bus_say(follower->bus, subject, "", 0);
	*follower->consumer = '\0';
	follower->asks_goal = false;
	bus_ask_cancel(follower->bus, follower);
}

static void rest(struct bus_follower *follower)
{
	drop_consumer(follower);
	follower->state = FOLLOW_RESTING;
	loop_timer_start(follower->bus->loop, &follower->timer,
			 follower->rest_ms);
	follower->rest_ms *= 2;
	if (follower->rest_ms > AGAIN_MAX_MS)
		follower->rest_ms = AGAIN_MAX_MS;
}

static void heal(struct bus_follower *follower)
{
	metric_add(&healed, 1);
	drop_consumer(follower);
	ask_consumer(follower);
}

/* Enters the callback so that it may end the follower. */
static bool tell_caught_up(struct bus_follower *follower)
{
	if (follower->was_caught_up)
		return true;
	follower->was_caught_up = true;
	if (!follower->caught_up)
		return true;
	follower->busy = true;
	follower->caught_up(follower->owner);
	follower->busy = false;
	if (follower->gone)
		follower_end(follower);
	return false;
}

static void check_goal(struct bus_follower *follower)
{
	if (follower->goal_known && follower->next > follower->goal)
		tell_caught_up(follower);
}

static void hand_over(struct bus_follower *follower,
		      const struct wire_message *raw,
		      const struct bus_delivery *delivery)
{
	struct bus_message message = {
		.subject = raw->subject,
		.data = raw->data,
		.size = raw->size,
		.sequence = delivery->stream_sequence,
		.time_ms = delivery->time_ns / 1000000,
		.deliveries = delivery->deliveries,
		.pending = delivery->pending,
	};
	follower->busy = true;
	if (follower->arrived_raw)
		follower->arrived_raw(follower->owner, &message, raw);
	else
		follower->arrived(follower->owner, &message);
	follower->busy = false;
	if (follower->gone)
		follower_end(follower);
	else
		check_goal(follower);
}

/* Heartbeats say how far the consumer is; flow control wants an answer. */
static void on_control(struct bus_follower *follower,
		       const struct wire_message *raw)
{
	const char *last = wire_header(raw, "Nats-Last-Consumer");
	const char *stalled = wire_header(raw, "Nats-Consumer-Stalled");
	int64_t number;
	if (raw->reply)
		bus_say(follower->bus, raw->reply, "", 0);
	if (stalled)
		bus_say(follower->bus, stalled, "", 0);
	if (!last || !str_number(last, 0, INT64_MAX, &number))
		return;
	if ((uint64_t)number != follower->consumer_last)
		heal(follower);
	else if (follower->state == FOLLOW_RUNS)
		tell_caught_up(follower); /* only the idle get heartbeats */
}

static void on_message(void *owner, const struct wire_message *raw)
{
	struct bus_follower *follower = owner;
	struct bus_delivery delivery;
	follower->heard_ms = clock_mono_ms();
	if (raw->status) {
		if (raw->status == 100)
			on_control(follower, raw);
		else
			heal(follower); /* 409: the consumer was deleted */
		return;
	}
	if (!bus_delivery_parse(raw->reply, &delivery))
		return;
	if (delivery.consumer_sequence != follower->consumer_last + 1) {
		heal(follower);
		return;
	}
	follower->consumer_last++;
	if (delivery.stream_sequence < follower->next &&
	    !(follower->last_per_subject && !follower->was_caught_up))
		return; /* seen already */
	if (delivery.stream_sequence >= follower->next)
		follower->next = delivery.stream_sequence + 1;
	hand_over(follower, raw, &delivery);
}

static void add_start(struct buf *config, const struct bus_follower *follower)
{
	if (follower->last_per_subject && !follower->was_caught_up)
		buf_add_text(config, "\"last_per_subject\"");
	else if (follower->next)
		buf_addf(config, "\"by_start_sequence\",\"opt_start_seq\":%llu",
			 (unsigned long long)follower->next);
	else
		buf_add_text(config, "\"new\"");
}

static void refused(struct bus_follower *follower, const char *data,
		    size_t size)
{
	if (!follower->complained)
		bus_api_error(follower->stream, data, size);
	follower->complained = true;
	rest(follower);
}

static void on_goal(void *owner, int error, const char *data, size_t size)
{
	struct bus_follower *follower = owner;
	int64_t goal = 0, code = 0;
	follower->asks_goal = false;
	if (error || follower->state != FOLLOW_RUNS)
		return; /* asked again by the timer */
	bus_json_number(data, size, "error.code", &code);
	if (code ? code != 404
		 : !bus_json_number(data, size, "message.seq", &goal))
		return;
	follower->goal = (uint64_t)goal;
	follower->goal_known = true;
	if (!follower->next && !goal)
		follower->next = 1;
	check_goal(follower);
}

/* Where everything that was there ends. */
static void ask_goal(struct bus_follower *follower)
{
	char subject[BUS_SUBJECT_BYTES], question[BUS_SUBJECT_BYTES + 32];
	loop_timer_start(follower->bus->loop, &follower->timer, ASK_GOAL_MS);
	if (follower->asks_goal || follower->goal_known)
		return;
	str_format(subject, sizeof(subject), "$JS.API.STREAM.MSG.GET.%s",
		   follower->stream);
	str_format(question, sizeof(question), "{\"last_by_subj\":\"%s\"}",
		   follower->filter);
	follower->asks_goal = true;
	bus_ask(follower->bus, subject, question, strlen(question), BUS_API_MS,
		on_goal, follower);
}

static void on_consumer(void *owner, int error, const char *data, size_t size)
{
	struct bus_follower *follower = owner;
	int64_t delivered = 0;
	bool only_new = !follower->next && !follower->last_per_subject;
	if (error || bus_json_has(data, size, "error")) {
		refused(follower, data, size);
		return;
	}
	bus_json_text(data, size, "name", follower->consumer,
		      sizeof(follower->consumer));
	bus_json_number(data, size, "delivered.stream_seq", &delivered);
	follower->state = FOLLOW_RUNS;
	follower->rest_ms = AGAIN_MIN_MS;
	follower->complained = false;
	follower->heard_ms = clock_mono_ms();
	if (only_new) /* from here on we know from where */
		follower->next = (uint64_t)delivered + 1;
	if (follower->was_caught_up || only_new) {
		loop_timer_start(follower->bus->loop, &follower->timer,
				 SILENCE_MS);
		tell_caught_up(follower);
	} else {
		ask_goal(follower);
	}
}

static void ask_consumer(struct bus_follower *follower)
{
	struct bus *bus = follower->bus;
	struct buf config = BUF_INIT(CONFIG_BYTES);
	char deliver[BUS_INBOX_BYTES + 32], subject[BUS_SUBJECT_BYTES];
	follower->state = FOLLOW_ASKING;
	follower->consumer_last = 0;
	follower->goal_known = false;
	/* Outside of <inbox>.>, which would hear it too. */
	str_format(deliver, sizeof(deliver), "%sf.%llu", bus->inbox,
		   (unsigned long long)++bus->numbers);
	follower->sub =
		wire_subscribe(bus->wire, deliver, NULL, on_message, follower);
	buf_addf(
		&config,
		"{\"stream_name\":\"%s\",\"config\":{\"deliver_subject\":\"%s\""
		",\"filter_subject\":\"%s\",\"deliver_policy\":",
		follower->stream, deliver, follower->filter);
	add_start(&config, follower);
	buf_addf(&config,
		 ",\"ack_policy\":\"none\",\"max_deliver\":1"
		 ",\"replay_policy\":\"instant\",\"flow_control\":true"
		 ",\"idle_heartbeat\":%lld,\"mem_storage\":true"
		 ",\"num_replicas\":1}}",
		 HEARTBEAT_MS * 1000000LL);
	str_format(subject, sizeof(subject), "$JS.API.CONSUMER.CREATE.%s",
		   follower->stream);
	bus_ask(bus, subject, buf_text(&config), config.length, BUS_API_MS,
		on_consumer, follower);
	buf_free(&config);
}

static void on_timer(struct loop_timer *timer)
{
	struct bus_follower *follower = timer->owner;
	if (follower->state == FOLLOW_RESTING) {
		ask_consumer(follower);
	} else if (follower->state == FOLLOW_RUNS) {
		int64_t left_ms =
			follower->heard_ms + SILENCE_MS - clock_mono_ms();
		if (left_ms <= 0)
			heal(follower);
		else if (!follower->was_caught_up)
			ask_goal(follower);
		else
			loop_timer_start(follower->bus->loop, timer, left_ms);
	}
}

/* --- beginning, reconnects and end --- */

static struct bus_follower *follow(struct bus *bus,
				   const struct bus_follow *what)
{
	struct bus_follower *follower = mem_new(1, sizeof(*follower));
	follower->bus = bus;
	follower->stream = mem_copy_text(what->stream);
	follower->filter = mem_copy_text(what->filter);
	follower->last_per_subject = what->last_per_subject;
	follower->next = what->last_per_subject ? 0 : what->first;
	follower->arrived = what->arrived;
	follower->caught_up = what->caught_up;
	follower->owner = what->owner;
	follower->rest_ms = AGAIN_MIN_MS;
	follower->timer =
		(struct loop_timer){.due = on_timer, .owner = follower};
	list_add_tail(&bus->followers, &follower->link);
	if (bus_state(bus) == BUS_UP)
		ask_consumer(follower);
	return follower;
}

struct bus_follower *bus_follow(struct bus *bus, const struct bus_follow *what)
{
	return follow(bus, what);
}

struct bus_follower *bus_follow_raw(struct bus *bus,
				    const struct bus_follow *what,
				    bus_raw_fn *arrived,
				    void (*release)(void *owner))
{
	struct bus_follower *follower = follow(bus, what);
	follower->arrived_raw = arrived;
	follower->release = release;
	return follower;
}

struct bus_follower *bus_unfollow(struct bus_follower *follower)
{
	if (!follower)
		return NULL;
	list_remove(&follower->link);
	loop_timer_stop(follower->bus->loop, &follower->timer);
	drop_consumer(follower);
	follower->gone = true;
	if (!follower->busy)
		follower_end(follower);
	return NULL;
}

void followers_up(struct bus *bus)
{
	list_each (link, &bus->followers)
		ask_consumer(list_of(link, struct bus_follower, link));
}

void followers_down(struct bus *bus)
{
	list_each (link, &bus->followers) {
		struct bus_follower *follower =
			list_of(link, struct bus_follower, link);
		loop_timer_stop(bus->loop, &follower->timer);
		drop_consumer(follower);
		follower->state = FOLLOW_AWAY;
	}
}

void followers_free(struct bus *bus)
{
	while (!list_empty(&bus->followers))
		bus_unfollow(list_of(bus->followers.next, struct bus_follower,
				     link));
}

/* --- $JS.ACK[.<domain>.<account>].<stream>.<consumer>.<deliveries>.
 *     <stream sequence>.<consumer sequence>.<time>.<pending>[.<token>] --- */

#define ACK_TOKENS_MAX 13

bool bus_delivery_parse(const char *reply, struct bus_delivery *delivery_out)
{
	struct bus_delivery delivery = {0};
	char text[BUS_SUBJECT_BYTES], *rest = text, *token[ACK_TOKENS_MAX];
	int64_t number[5];
	unsigned count = 0;
	if (!reply || !str_starts(reply, "$JS.ACK.") ||
	    !str_copy(text, sizeof(text), reply))
		return false;
	while (count < ACK_TOKENS_MAX && (token[count] = strsep(&rest, ".")))
		count++;
	unsigned at = count == 9 ? 3 : 5; /* of the consumer */
	if (count != 9 && count != 11 && count != 12)
		return false;
	for (unsigned i = 0; i < 5; i++)
		if (!str_number(token[at + 1 + i], 0, INT64_MAX, &number[i]))
			return false;
	if (!str_copy(delivery.consumer, sizeof(delivery.consumer), token[at]))
		return false;
	delivery.deliveries = (uint64_t)number[0];
	delivery.stream_sequence = (uint64_t)number[1];
	delivery.consumer_sequence = (uint64_t)number[2];
	delivery.time_ns = number[3];
	delivery.pending = (uint64_t)number[4];
	*delivery_out = delivery;
	return true;
}
