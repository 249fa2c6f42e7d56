/*
 * bus_kv.c - keys of JetStream's key-value buckets: a key is a subject of the
 * stream KV_<bucket>, its value the subject's last message, so that NATS' own
 * tools show them.
 */
#include "lib/runtime/bus_private.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

struct kv_watch {
	bus_entry_fn *changed;
	void (*caught_up)(void *owner);
	void *owner;
	size_t prefix; /* bytes of "$KV.<bucket>." */
};

static void put(struct bus *bus, const char *bucket, const char *key,
		struct bus_letter *letter)
{
	char subject[BUS_SUBJECT_BYTES], id[BUS_INBOX_BYTES + 24];
	str_format(subject, sizeof(subject), "$KV.%s.%s", bucket, key);
	/* The inbox's name is random: as unique as need be. */
	str_format(id, sizeof(id), "%s.%llu", bus->inbox,
		   (unsigned long long)++bus->numbers);
	letter->subject = subject;
	letter->id = id;
	lane_add(bus->lanes[LANE_KEYS], letter);
}

void bus_kv_put(struct bus *bus, const char *bucket, const char *key,
		const char *data, size_t size, int64_t revision,
		bus_done_fn *done, void *owner)
{
	struct bus_letter letter = {.data = data,
				    .size = size,
				    .expected = revision,
				    .done = done,
				    .owner = owner};
	put(bus, bucket, key, &letter);
}

void bus_kv_delete(struct bus *bus, const char *bucket, const char *key,
		   bus_done_fn *done, void *owner)
{
	struct bus_letter letter = {.data = "",
				    .expected = BUS_KV_ANY,
				    .is_delete = true,
				    .done = done,
				    .owner = owner};
	put(bus, bucket, key, &letter);
}

void bus_kv_forget(struct bus *bus, const char *bucket, const char *key)
{
	char api[BUS_SUBJECT_BYTES], text[BUS_SUBJECT_BYTES + 64];
	str_format(api, sizeof(api), "$JS.API.STREAM.PURGE.KV_%s", bucket);
	str_format(text, sizeof(text), "{\"filter\":\"$KV.%s.%s\"}", bucket,
		   key);
	struct bus_letter letter = {.subject = api,
				    .id = "",
				    .data = text,
				    .size = strlen(text),
				    .expected = BUS_KV_ANY,
				    .may_wait = true};
	lane_add(bus->lanes[LANE_FORGET], &letter);
}

static void on_entry(void *owner, const struct bus_message *message,
		     const struct wire_message *raw)
{
	const struct kv_watch *watch = owner;
	struct bus_entry entry = {
		.key = message->subject + watch->prefix,
		.data = message->data,
		.size = message->size,
		.revision = message->sequence,
	};
	if (!message->size && wire_header(raw, "KV-Operation"))
		entry.data = NULL;
	if (strlen(message->subject) > watch->prefix)
		watch->changed(watch->owner, &entry);
}

static void on_caught_up(void *owner)
{
	const struct kv_watch *watch = owner;
	if (watch->caught_up)
		watch->caught_up(watch->owner);
}

struct bus_follower *bus_kv_watch(struct bus *bus, const char *bucket,
				  const char *filter, bus_entry_fn *changed,
				  void (*caught_up)(void *owner), void *owner)
{
	char stream[64], subject[BUS_SUBJECT_BYTES];
	struct kv_watch *watch = mem_new(1, sizeof(*watch));
	str_format(stream, sizeof(stream), "KV_%s", bucket);
	str_format(subject, sizeof(subject), "$KV.%s.%s", bucket, filter);
	watch->changed = changed;
	watch->caught_up = caught_up;
	watch->owner = owner;
	watch->prefix = strlen("$KV.") + strlen(bucket) + 1;
	struct bus_follow what = {.stream = stream,
				  .filter = subject,
				  .last_per_subject = true,
				  .caught_up = on_caught_up,
				  .owner = watch};
	return bus_follow_raw(bus, &what, on_entry, free);
}
