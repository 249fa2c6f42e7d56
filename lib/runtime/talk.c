/*
 * talk.c - typed messages over the bus; see talk.h.
 *
 * The type is read from the front of the text, where the suite's own encoder
 * puts it, so that a message is parsed once: by the decoder of its table.
 *
 * Epochs: each shard's owner numbers its lease, and commands carry the number.
 * Once a command of a higher epoch was seen, those of lower ones come from an
 * owner that was replaced and does not know it yet. In a stream order decides:
 * what stands in front of the higher epoch's first command was said in time,
 * however late it is handed out. So is what stands there soon after: the new
 * owner says the same again with the same ids, and if the old one's copy was
 * first, the record keeps that one only.
 */
#include "lib/runtime/talk.h"

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TALK_SHARDS_MAX 256
#define TALK_TABLES_MAX 4 /* route tables of one daemon */
#define TALK_LISTENERS_MAX 8
#define TALK_UNKNOWN_MAX 32   /* types told about once each */
#define TALK_OVERLAP_MS 30000 /* the record's window of duplicates */

METRIC_COUNTER(handled, "bus_messages_total", "result=\"handled\"",
	       "Messages heard, by what became of them.")
METRIC_COUNTER(unknown, "bus_messages_total", "result=\"unknown\"",
	       "Messages heard, by what became of them.")
METRIC_COUNTER(malformed, "bus_messages_total", "result=\"malformed\"",
	       "Messages heard, by what became of them.")
METRIC_COUNTER(stale, "bus_messages_total", "result=\"stale\"",
	       "Messages heard, by what became of them.")
METRIC_COUNTER(said, "bus_messages_said_total", "",
	       "Messages put on the record.")
METRIC_COUNTER(unsaid, "bus_messages_unsaid_total", "",
	       "Messages that broke their own table and were not sent.")

struct epoch {
	int64_t highest;
	uint64_t since; /* sequence of its first command; 0: not in a stream */
	int64_t since_ms; /* and the stream's time of it */
};

struct table {
	const struct talk_route *routes;
	struct map *by_type;
};

struct listener {
	struct service *service;
	const struct talk_route *routes;
	struct bus_listener *bus;
};

struct talk {
	struct epoch epochs[TALK_SHARDS_MAX];
	struct table tables[TALK_TABLES_MAX];
	size_t table_count;
	struct listener listeners[TALK_LISTENERS_MAX];
	size_t listener_count;
	struct map *unknown; /* types that were told about */
};

static struct talk *talk_of(struct service *service)
{
	if (!service->talk) {
		service->talk = mem_new(1, sizeof(*service->talk));
		service->talk->unknown = map_new();
	}
	return service->talk;
}

/* --- which route --- */

static struct map *index_routes(const struct talk_route *routes)
{
	struct map *map = map_new();
	for (; routes->message; routes++)
		map_put(map, routes->message->name, (void *)(uintptr_t)routes);
	return map;
}

static const struct talk_route *
find_route(struct talk *talk, const struct talk_route *routes, const char *type)
{
	for (size_t i = 0; i < talk->table_count; i++)
		if (talk->tables[i].routes == routes)
			return map_get(talk->tables[i].by_type, type);
	if (talk->table_count < TALK_TABLES_MAX) {
		struct table *table = &talk->tables[talk->table_count++];
		table->routes = routes;
		table->by_type = index_routes(routes);
		return map_get(table->by_type, type);
	}
	for (; routes->message; routes++)
		if (str_equal(routes->message->name, type))
			return routes;
	return NULL;
}

/* The type, from the front of the text or, failing that, by parsing it. */
static bool type_of(const struct bus_message *message, char *type_out,
		    size_t size, char *error_out)
{
	static const char front[] = "{\"type\":\"";
	struct envelope envelope;
	if (message->size > sizeof(front) && str_starts(message->data, front)) {
		const char *type = message->data + sizeof(front) - 1;
		size_t length = strcspn(type, "\"\\");
		if (type[length] == '"' &&
		    str_copy_bytes(type_out, size, type, length))
			return true;
	}
	return proto_peek(message->data, message->size, &envelope, error_out) &&
	       str_copy(type_out, size, envelope.type);
}

/* The CallSid is a subject's last token: for the log, when all else fails. */
static const char *call_of(const struct bus_message *message)
{
	const char *dot = strrchr(message->subject, '.');
	return dot ? dot + 1 : message->subject;
}

static void tell_unknown(struct talk *talk, const struct bus_message *message,
			 const char *type)
{
	static char told;
	metric_add(&unknown, 1);
	if (map_get(talk->unknown, type) ||
	    map_count(talk->unknown) >= TALK_UNKNOWN_MAX)
		return;
	map_put(talk->unknown, type, &told);
	log_warn(call_of(message), 0,
		 "message type \"%s\" on %s is unknown here and is skipped",
		 type, message->subject);
}

/* --- epochs --- */

static bool is_stale(struct service *service, const struct envelope *envelope,
		     const struct bus_message *message)
{
	uint64_t sequence = message->sequence;
	if (str_equal(envelope->call_sid, "-"))
		return false;
	unsigned shard = id_shard(envelope->call_sid,
				  (unsigned)service->settings.shards);
	struct epoch *epoch = &talk_of(service)->epochs[shard];
	bool earlier = envelope->epoch == epoch->highest &&
		       sequence < epoch->since; /* seen later, said earlier */
	if (envelope->epoch > epoch->highest || earlier)
		*epoch = (struct epoch){envelope->epoch, sequence,
					message->time_ms};
	bool in_time = sequence &&
		       (sequence < epoch->since ||
			message->time_ms - epoch->since_ms <= TALK_OVERLAP_MS);
	return envelope->epoch < epoch->highest && !in_time;
}

/* --- hearing --- */

bool talk_dispatch(struct service *service, const struct talk_route *routes,
		   const struct bus_message *message)
{
	char type[sizeof((struct envelope){0}.type)];
	char error[PROTO_ERROR_BYTES] = "the type is too long";
	struct envelope envelope;
	struct talk *talk = talk_of(service);
	if (!type_of(message, type, sizeof(type), error)) {
		metric_add(&malformed, 1);
		log_warn(call_of(message), 0, "message on %s is malformed: %s",
			 message->subject, error);
		return false;
	}
	const struct talk_route *route = find_route(talk, routes, type);
	if (!route) {
		tell_unknown(talk, message, type);
		return false;
	}
	void *body = mem_new(1, route->message->size);
	bool good = proto_decode(route->message, message->data, message->size,
				 &envelope, body, error);
	if (!good) {
		metric_add(&malformed, 1);
		log_warn(call_of(message), 0, "%s on %s is malformed: %s", type,
			 message->subject, error);
	} else if (route->message->use == PROTO_COMMAND &&
		   is_stale(service, &envelope, message)) {
		metric_add(&stale, 1);
		log_warn(envelope.call_sid, 0,
			 "%s of epoch %lld from %s is stale: dropped", type,
			 (long long)envelope.epoch, envelope.from);
		good = false;
	} else {
		metric_add(&handled, 1);
		route->heard(service->daemon, &envelope, body);
	}
	proto_free(route->message, body);
	return good;
}

static void on_message(void *owner, const struct bus_message *message)
{
	struct listener *listener = owner;
	talk_dispatch(listener->service, listener->routes, message);
}

static void listen_on(struct service *service, const struct talk_route *routes,
		      const char *target, const char *queue)
{
	struct talk *talk = talk_of(service);
	char subject[PROTO_SUBJECT_BYTES];
	if (talk->listener_count == TALK_LISTENERS_MAX) {
		service_fail(service, "too many tables of routes");
		return;
	}
	struct listener *listener = &talk->listeners[talk->listener_count++];
	listener->service = service;
	listener->routes = routes;
	str_format(subject, sizeof(subject), "vox.%s.%s.>",
		   service->shape->name, target);
	listener->bus =
		bus_listen(service->bus, subject, queue, on_message, listener);
}

void talk_listen(struct service *service, const struct talk_route *routes)
{
	listen_on(service, routes, service->instance, NULL);
	listen_on(service, routes, "any", service->shape->name);
}

void talk_end(struct service *service)
{
	struct talk *talk = service->talk;
	if (!talk)
		return;
	for (size_t i = 0; i < talk->listener_count; i++)
		bus_unlisten(talk->listeners[i].bus);
	for (size_t i = 0; i < talk->table_count; i++)
		map_free(talk->tables[i].by_type);
	map_free(talk->unknown);
	free(talk);
	service->talk = NULL;
}

/* --- saying --- */

static void address(const struct service *service, const struct talk_to *to,
		    const struct proto_message *desc, char *subject_out)
{
	char shard[16];
	const char *target = to->target ? to->target : "any";
	if (!to->target && str_equal(desc->to, "interpreter")) {
		str_format(shard, sizeof(shard), "%u",
			   id_shard(to->call_sid,
				    (unsigned)service->settings.shards));
		target = shard;
	}
	proto_subject(desc->to, target, to->call_sid, subject_out);
}

/*
 * All but what a ringing phone's or a talker's ear waits for: it leaves with
 * what does, or within BUS_TICK_MS.
 */
static bool may_wait(const struct proto_message *desc)
{
	static const struct proto_message *const unhurried[] = {
		&confirmed_message,    &ringing_message,   &tone_message,
		&tone_changed_message, &alerting_message,  &bridged_message,
		&cancel_message,       &failed_message,    &hangup_message,
		&ended_message,        &leg_close_message, &leg_closed_message,
		&post_message,         &posted_message,    &noted_message,
		&call_closed_message,
	};
	for (size_t i = 0; i < sizeof(unhurried) / sizeof(*unhurried); i++)
		if (unhurried[i] == desc)
			return true;
	return false;
}

void talk_say(struct service *service, const struct talk_to *to,
	      const struct proto_message *desc, const void *message)
{
	char subject[PROTO_SUBJECT_BYTES], id[ID_BYTES];
	char error[PROTO_ERROR_BYTES];
	struct envelope envelope = {.time = clock_wall_ms(),
				    .epoch = to->epoch};
	if (!to->id) /* it asks the kernel */
		id_random("ME", id);
	str_copy(envelope.type, sizeof(envelope.type), desc->name);
	str_copy(envelope.id, sizeof(envelope.id), to->id ? to->id : id);
	str_copy(envelope.call_sid, sizeof(envelope.call_sid), to->call_sid);
	str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		 to->account_sid ? to->account_sid : service->account_sid);
	str_copy(envelope.from, sizeof(envelope.from), service->from);
	address(service, to, desc, subject);
	char *json = proto_encode(desc, &envelope, message, error);
	if (!json) {
		metric_add(&unsaid, 1);
		log_error(to->call_sid, ERR_INTERNAL, "%s cannot be said: %s",
			  desc->name, error);
		if (to->done)
			to->done(to->owner, -EINVAL, 0, false);
		return;
	}
	bus_publish(service->bus,
		    &(struct bus_record){.subject = subject,
					 .id = envelope.id,
					 .data = json,
					 .size = strlen(json),
					 .may_wait = may_wait(desc),
					 .done = to->done,
					 .owner = to->owner});
	metric_add(&said, 1);
	free(json);
}

bool talk_is_late(const struct proto_message *desc,
		  const struct envelope *envelope)
{
	return desc->deadline_ms &&
	       clock_wall_ms() - envelope->time > desc->deadline_ms;
}
