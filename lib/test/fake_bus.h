/*
 * fake_bus.h - a bus without a server, for the tests of what stands on it.
 *
 * Contract: include it in one file of a test program; it defines the functions
 * of bus.h that it has a use for, so that the real ones are not linked. What is
 * published or put waits until fake_bus_run() takes it, as the real bus would
 * later on. State is global: fake_bus_reset() at the start of each test.
 */
#pragma once

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_MAX 64

struct fake_said {
	char subject[128], id[64];
	char *data;
};

struct fake_entry {
	char bucket[32], key[64];
	char *data; /* NULL: deleted */
	uint64_t revision;
};

struct fake_put {
	char bucket[32], key[64];
	char *data;
	int64_t revision;
	bus_done_fn *done;
	void *owner;
};

struct bus_follower {
	char bucket[32], filter[64];
	bus_entry_fn *changed;
	void (*caught_up)(void *owner);
	void *owner;
	bool fresh;
};

struct bus_listener {
	char subject[128], queue[32];
	bus_message_fn *arrived;
	void *owner;
};

static struct {
	struct fake_said said[FAKE_MAX];
	size_t said_count;
	struct fake_entry entries[FAKE_MAX];
	size_t entry_count;
	struct fake_put puts[FAKE_MAX];
	size_t put_count;
	struct bus_follower *followers[FAKE_MAX];
	size_t follower_count;
	struct bus_listener *listeners[FAKE_MAX];
	size_t listener_count;
	uint64_t sequence;
	enum bus_state state;
	int64_t away_ms;
	bool lie_once;    /* the next put is taken, and -EEXIST reported */
	bool hide;        /* watches show nothing while it is set */
	int ensure_error; /* of streams and buckets */
	char ensured[512];
	int64_t room_bytes;   /* of the disk; 0: enough */
	int64_t record_bytes; /* what VOX was given */
	void (*flushed)(void *owner);
	void *flushed_owner;
	bus_state_fn *changed;
	void *changed_owner;
	struct loop_timer up;
	const char *answer; /* to every question; NULL: none comes */
} fake;

static inline void fake_bus_reset(void)
{
	for (size_t i = 0; i < fake.said_count; i++)
		free(fake.said[i].data);
	for (size_t i = 0; i < fake.entry_count; i++)
		free(fake.entries[i].data);
	for (size_t i = 0; i < fake.put_count; i++)
		free(fake.puts[i].data);
	memset(&fake, 0, sizeof(fake));
	fake.state = BUS_UP;
}

/* --- buckets --- */

static inline struct fake_entry *fake_entry(const char *bucket, const char *key)
{
	for (size_t i = 0; i < fake.entry_count; i++)
		if (str_equal(fake.entries[i].bucket, bucket) &&
		    str_equal(fake.entries[i].key, key))
			return &fake.entries[i];
	return NULL;
}

static inline bool fake_fits(const char *filter, const char *key)
{
	size_t head = strcspn(filter, "*>");
	return filter[head] ? strncmp(filter, key, head) == 0
			    : str_equal(filter, key);
}

static inline void fake_show(const struct bus_follower *follower,
			     const struct fake_entry *entry)
{
	if (!str_equal(follower->bucket, entry->bucket) ||
	    !fake_fits(follower->filter, entry->key))
		return;
	struct bus_entry shown = {entry->key, entry->data,
				  entry->data ? strlen(entry->data) : 0,
				  entry->revision};
	follower->changed(follower->owner, &shown);
}

/* Writes a key, as any process may, and shows it to the watches. */
static inline uint64_t fake_bus_set(const char *bucket, const char *key,
				    const char *data)
{
	struct fake_entry *entry = fake_entry(bucket, key);
	if (!entry) {
		entry = &fake.entries[fake.entry_count++];
		str_copy(entry->bucket, sizeof(entry->bucket), bucket);
		str_copy(entry->key, sizeof(entry->key), key);
	}
	free(entry->data);
	entry->data = mem_copy_text(data);
	entry->revision = ++fake.sequence;
	for (size_t i = 0; i < fake.follower_count && !fake.hide; i++)
		if (!fake.followers[i]->fresh)
			fake_show(fake.followers[i], entry);
	return entry->revision;
}

static inline void fake_take_put(struct fake_put *put)
{
	const struct fake_entry *entry = fake_entry(put->bucket, put->key);
	uint64_t present = entry ? entry->revision : 0, revision = 0;
	int error = put->revision != BUS_KV_ANY &&
				    (uint64_t)put->revision != present
			    ? -EEXIST
			    : 0;
	if (!error)
		revision = fake_bus_set(put->bucket, put->key, put->data);
	if (!error && fake.lie_once) {
		fake.lie_once = false;
		error = -EEXIST;
	}
	free(put->data);
	if (put->done)
		put->done(put->owner, error, revision, false);
}

static inline void fake_flush(void)
{
	void (*flushed)(void *owner) = fake.flushed;
	fake.flushed = NULL;
	if (flushed)
		flushed(fake.flushed_owner);
}

/* The server's turn: first it shows new watches what there is. */
static inline void fake_bus_run(void)
{
	for (size_t i = 0; i < fake.follower_count; i++) {
		struct bus_follower *follower = fake.followers[i];
		if (!follower->fresh)
			continue;
		follower->fresh = false;
		for (size_t j = 0; j < fake.entry_count; j++)
			fake_show(follower, &fake.entries[j]);
		if (follower->caught_up)
			follower->caught_up(follower->owner);
	}
	while (fake.put_count) {
		struct fake_put put = fake.puts[0];
		fake.put_count--;
		memmove(&fake.puts[0], &fake.puts[1],
			fake.put_count * sizeof(put));
		fake_take_put(&put);
	}
	fake_flush();
}

void bus_kv_put(struct bus *bus, const char *bucket, const char *key,
		const char *data, size_t size, int64_t revision,
		bus_done_fn *done, void *owner)
{
	struct fake_put *put = &fake.puts[fake.put_count++];
	(void)bus;
	str_copy(put->bucket, sizeof(put->bucket), bucket);
	str_copy(put->key, sizeof(put->key), key);
	put->data = data ? mem_copy_bytes(data, size) : NULL;
	put->revision = revision;
	put->done = done;
	put->owner = owner;
}

void bus_kv_delete(struct bus *bus, const char *bucket, const char *key,
		   bus_done_fn *done, void *owner)
{
	bus_kv_put(bus, bucket, key, NULL, 0, BUS_KV_ANY, done, owner);
}

struct bus_follower *bus_kv_watch(struct bus *bus, const char *bucket,
				  const char *filter, bus_entry_fn *changed,
				  void (*caught_up)(void *owner), void *owner)
{
	struct bus_follower *follower = mem_new(1, sizeof(*follower));
	(void)bus;
	str_copy(follower->bucket, sizeof(follower->bucket), bucket);
	str_copy(follower->filter, sizeof(follower->filter), filter);
	follower->changed = changed;
	follower->caught_up = caught_up;
	follower->owner = owner;
	follower->fresh = true;
	fake.followers[fake.follower_count++] = follower;
	return follower;
}

struct bus_follower *bus_unfollow(struct bus_follower *follower)
{
	for (size_t i = 0; follower && i < fake.follower_count; i++) {
		if (fake.followers[i] != follower)
			continue;
		fake.followers[i] = fake.followers[--fake.follower_count];
		free(follower);
		break;
	}
	return NULL;
}

static inline void fake_ensure(const char *name, bus_done_fn *done, void *owner)
{
	size_t length = strlen(fake.ensured);
	str_format(fake.ensured + length, sizeof(fake.ensured) - length, "%s ",
		   name);
	done(owner, fake.ensure_error, 0, false);
}

void bus_kv_ensure(struct bus *bus, const char *bucket, int64_t age_max_ms,
		   bus_done_fn *done, void *owner)
{
	(void)bus, (void)age_max_ms;
	fake_ensure(bucket, done, owner);
}

void bus_stream_ensure(struct bus *bus, const struct bus_stream *stream,
		       bus_done_fn *done, void *owner)
{
	(void)bus;
	if (fake.room_bytes && stream->bytes_max > fake.room_bytes) {
		done(owner, -ENOSPC, 0, false);
		return;
	}
	if (strcmp(stream->name, "VOX") == 0)
		fake.record_bytes = stream->bytes_max;
	fake_ensure(stream->name, done, owner);
}

/* --- messages --- */

void bus_publish(struct bus *bus, const struct bus_record *record)
{
	struct fake_said *said = &fake.said[fake.said_count++];
	(void)bus;
	str_copy(said->subject, sizeof(said->subject), record->subject);
	str_copy(said->id, sizeof(said->id), record->id);
	said->data = mem_copy_bytes(record->data, record->size);
	if (record->done)
		record->done(record->owner, 0, ++fake.sequence, false);
}

struct bus_listener *bus_listen(struct bus *bus, const char *subject,
				const char *queue, bus_message_fn *arrived,
				void *owner)
{
	struct bus_listener *listener = mem_new(1, sizeof(*listener));
	(void)bus;
	str_copy(listener->subject, sizeof(listener->subject), subject);
	str_copy(listener->queue, sizeof(listener->queue), queue);
	listener->arrived = arrived;
	listener->owner = owner;
	fake.listeners[fake.listener_count++] = listener;
	return listener;
}

struct bus_listener *bus_unlisten(struct bus_listener *listener)
{
	for (size_t i = 0; listener && i < fake.listener_count; i++) {
		if (fake.listeners[i] != listener)
			continue;
		fake.listeners[i] = fake.listeners[--fake.listener_count];
		free(listener);
		break;
	}
	return NULL;
}

/* --- the connection: up in the loop's first turn --- */

static inline void fake_after_turn(void *owner)
{
	(void)owner;
	fake_bus_run();
}

static inline void fake_up(struct loop_timer *timer)
{
	(void)timer;
	fake.changed(fake.changed_owner, fake.state, true);
}

struct bus *bus_new(struct loop *loop, const char *url, const char *name)
{
	(void)url, (void)name;
	fake.up.due = fake_up;
	loop_timer_start(loop, &fake.up, 0);
	loop_after_turn(loop, fake_after_turn, NULL);
	return (struct bus *)(void *)&fake;
}

struct bus *bus_free(struct bus *bus)
{
	(void)bus;
	return NULL;
}

void bus_on_state(struct bus *bus, bus_state_fn *changed, void *owner)
{
	(void)bus;
	fake.changed = changed;
	fake.changed_owner = owner;
}

void bus_flush(struct bus *bus, void (*done)(void *owner), void *owner)
{
	(void)bus;
	fake.flushed = done;
	fake.flushed_owner = owner;
}

void bus_ask(struct bus *bus, const char *subject, const char *data,
	     size_t size, int timeout_ms, bus_answer_fn *answered, void *owner)
{
	(void)bus, (void)subject, (void)data, (void)size, (void)timeout_ms;
	if (fake.answer)
		answered(owner, 0, fake.answer, strlen(fake.answer));
	else
		answered(owner, -ETIMEDOUT, "", 0);
}

size_t bus_backlog(const struct bus *bus)
{
	(void)bus;
	return fake.put_count;
}

enum bus_state bus_state(const struct bus *bus)
{
	(void)bus;
	return fake.state;
}

int64_t bus_away_ms(const struct bus *bus)
{
	(void)bus;
	return fake.away_ms;
}
