/*
 * owner_lease.c - a shard's lease: the record shard.<n> in bucket leases.
 *
 * Every write compares the revision, so that of two who want a shard one gets
 * it. A holder counts its own time from the moment it handed a write to the bus
 * that later succeeded: it stops before anyone else could have taken over.
 */
#include "services/interpreter/owner_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/claim.h"
#include "lib/runtime/service.h"

#include <stdlib.h>
#include <string.h>

#define SUSPECT_MS 750   /* late: is its holder dead? */
#define RESERVED_MS 1000 /* a released shard waits for who has too few */

bool shard_is_ours(const struct shard *shard)
{
	return shard->state == SHARD_REPLAYING || shard->state == SHARD_LIVE ||
	       shard->state == SHARD_RELEASING;
}

bool lease_is_fresh(const struct shard *shard)
{
	return clock_mono_ms() - shard->fresh_ms < OWNER_STOP_MS;
}

/* --- writing --- */

static void on_written(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct shard *shard = owner;
	(void)repeat;
	shard->writing = false;
	if (!error) {
		shard->lease.revision = sequence;
		shard->fresh_ms = shard->written_ms;
	}
	bool released = shard->write_releases;
	shard->write_releases = false;
	if (shard->state == SHARD_TAKING) {
		if (!error && lease_is_fresh(shard))
			shard_take_over(shard);
		else
			shard_enter(shard, SHARD_FOREIGN);
	} else if (shard_is_ours(shard)) {
		if (error)
			shard_stop(shard, "its lease was taken");
		else if (released)
			shard_stop(shard, "given away");
		else if (shard->state == SHARD_RELEASING)
			lease_release(shard);
	}
}

static void write_record(struct shard *shard)
{
	struct owner *owner = shard->owner;
	struct shard_lease *record = &owner->scratch;
	char key[24], error[PROTO_ERROR_BYTES];
	str_format(key, sizeof(key), "shard.%u", shard->number);
	char *json = proto_encode(&shard_lease_message, NULL, record, error);
	if (!json) {
		log_error(NULL, ERR_INTERNAL, "lease of shard %u: %s",
			  shard->number, error);
		return;
	}
	shard->writing = true;
	shard->written_ms = clock_mono_ms();
	bus_kv_put(owner->service->bus, "leases", key, json, strlen(json),
		   (int64_t)shard->lease.revision, on_written, shard);
	free(json);
}

static struct shard_lease *fill_record(struct shard *shard)
{
	struct owner *owner = shard->owner;
	struct shard_lease *record = &owner->scratch;
	record->older_count = 0;
	str_copy(record->instance, sizeof(record->instance),
		 owner->service->instance);
	str_copy(record->boot, sizeof(record->boot), owner->service->boot);
	record->epoch = shard->epoch;
	record->beat = ++shard->beat;
	record->released = shard->write_releases;
	return record;
}

/* As it was found. */
static void repeat_view(const struct shard *shard, struct shard_lease *record)
{
	const struct lease_view *lease = &shard->lease;
	record->first = (int64_t)lease->first;
	record->floor = (int64_t)lease->floor;
	record->older_count = lease->older_count;
	if (record->older_count)
		memcpy(record->older, lease->older,
		       record->older_count * sizeof(*record->older));
}

void lease_renew(struct shard *shard)
{
	if (shard->writing)
		return; /* the next one compares with its revision */
	struct shard_lease *record = fill_record(shard);
	if (shard->state == SHARD_REPLAYING) {
		/* Nothing is known yet but what was taken over. */
		repeat_view(shard, record);
	} else {
		owner_describe(shard, record);
	}
	write_record(shard);
}

void lease_release(struct shard *shard)
{
	if (shard->writing || !floor_is_settled(&shard->floor))
		return; /* asked again by the next tick */
	shard->write_releases = true;
	struct shard_lease *record = fill_record(shard);
	owner_describe(shard, record);
	write_record(shard);
}

/* Whose lease ran out is not counted among those who share, until it shows that
 * it lives. */
static void count_out_holder(struct shard *shard)
{
	const struct lease_view *lease = &shard->lease;
	struct peer *peer =
		peer_find(shard->owner, "interpreter", lease->instance);
	if (peer && !lease->released &&
	    str_equal(peer->record.boot, lease->boot))
		peer->seen_ms = 0;
}

static void take(struct shard *shard)
{
	count_out_holder(shard);
	shard->epoch = shard->lease.epoch + 1;
	shard_enter(shard, SHARD_TAKING);
	repeat_view(shard, fill_record(shard));
	write_record(shard);
}

/* --- whether to take --- */

/* Its process is known to be no more. */
static bool holder_is_gone(const struct shard *shard)
{
	const struct lease_view *lease = &shard->lease;
	const struct owner *owner = shard->owner;
	if (str_equal(lease->boot, owner->service->boot))
		return true; /* ours, from before we stopped */
	const struct peer *peer =
		peer_find(owner, "interpreter", lease->instance);
	if (!peer)
		return false;
	if (!str_equal(peer->record.boot, lease->boot))
		return true; /* its name has another process */
	return clock_mono_ms() - lease->seen_ms > SUSPECT_MS &&
	       claim_holder_is_dead(&peer->record);
}

static bool may_take(const struct shard *shard)
{
	const struct lease_view *lease = &shard->lease;
	const struct owner *owner = shard->owner;
	int64_t quiet_ms = clock_mono_ms() - lease->seen_ms;
	if (!lease->exists || quiet_ms > OWNER_EXPIRE_MS)
		return true;
	if (lease->released)
		return quiet_ms > RESERVED_MS ||
		       owner_held(owner) <
			       owner_share(owner->shard_count,
					   owner_interpreters(owner));
	return holder_is_gone(shard);
}

void lease_consider(struct shard *shard)
{
	const struct owner *owner = shard->owner;
	if (shard->state != SHARD_FOREIGN || shard->writing ||
	    shard->lease.revision != shard->lease.viewed || owner->draining ||
	    !owner->leases_known || bus_state(owner->service->bus) != BUS_UP)
		return;
	if (may_take(shard))
		take(shard);
}

/* --- reading --- */

static void keep_view(struct shard *shard, const struct shard_lease *record)
{
	struct lease_view *lease = &shard->lease;
	lease->exists = true;
	lease->released = record->released;
	str_copy(lease->instance, sizeof(lease->instance), record->instance);
	str_copy(lease->boot, sizeof(lease->boot), record->boot);
	lease->epoch = record->epoch;
	lease->first = (uint64_t)record->first;
	lease->floor = (uint64_t)record->floor;
	free(lease->older);
	lease->older = NULL;
	lease->older_count = record->older_count;
	if (record->older_count)
		lease->older = (struct older_call *)mem_copy_bytes(
			(const char *)record->older,
			record->older_count * sizeof(*record->older));
	if (shard->state == SHARD_FOREIGN)
		shard->beat = record->beat;
}

static void on_record(struct shard *shard, const struct bus_entry *entry)
{
	struct owner *owner = shard->owner;
	char error[PROTO_ERROR_BYTES];
	if (entry->revision < shard->lease.revision)
		return; /* overtaken by a write of our own */
	if (!proto_decode(&shard_lease_message, entry->data, entry->size, NULL,
			  &owner->scratch, error)) {
		log_error(NULL, ERR_INTERNAL, "lease of shard %u: %s",
			  shard->number, error);
		shard->lease.revision = shard->lease.viewed = entry->revision;
		return;
	}
	if (shard_is_ours(shard) &&
	    !str_equal(owner->scratch.boot, owner->service->boot))
		shard_stop(shard, "another interpreter took it");
	shard->lease.revision = shard->lease.viewed = entry->revision;
	shard->lease.seen_ms = clock_mono_ms();
	keep_view(shard, &owner->scratch);
	lease_consider(shard);
}

static void on_entry(void *data, const struct bus_entry *entry)
{
	struct owner *owner = data;
	int64_t number;
	if (!str_number(entry->key + strlen("shard."), 0,
			(int64_t)owner->shard_count - 1, &number))
		return;
	struct shard *shard = &owner->shards[number];
	if (entry->data) {
		on_record(shard, entry);
	} else if (!shard_is_ours(shard)) {
		shard->lease.exists = false;
		shard->lease.revision = shard->lease.viewed = entry->revision;
	}
}

static void on_caught_up(void *data)
{
	struct owner *owner = data;
	owner->leases_known = true;
	for (unsigned i = 0; i < owner->shard_count; i++)
		lease_consider(&owner->shards[i]);
}

void lease_watch(struct owner *owner)
{
	owner->leases = bus_kv_watch(owner->service->bus, "leases", "shard.*",
				     on_entry, on_caught_up, owner);
}
