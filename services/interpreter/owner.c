/*
 * owner.c - the interpreter's shell: its beginning, its end, and how many
 * shards it holds; see owner.h.
 */
#include "services/interpreter/owner_private.h"

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"

#include <stdlib.h>

#define PEER_ALIVE_MS 2500 /* its record was renewed within */

unsigned owner_share(unsigned shards, unsigned interpreters)
{
	return interpreters ? (shards + interpreters - 1) / interpreters
			    : shards;
}

unsigned owner_interpreters(const struct owner *owner)
{
	size_t cursor = 0;
	void *value;
	unsigned count = 1; /* ourselves */
	while (map_next(owner->peers, &cursor, NULL, &value)) {
		const struct peer *peer = value;
		count += str_equal(peer->service, "interpreter") &&
			 !str_equal(peer->name, owner->service->instance) &&
			 !peer->record.draining &&
			 clock_mono_ms() - peer->seen_ms < PEER_ALIVE_MS;
	}
	return count;
}

unsigned owner_held(const struct owner *owner)
{
	unsigned count = 0;
	for (unsigned i = 0; i < owner->shard_count; i++)
		count += owner->shards[i].state == SHARD_TAKING ||
			 owner->shards[i].state == SHARD_REPLAYING ||
			 owner->shards[i].state == SHARD_LIVE;
	return count;
}

/* --- giving away --- */

static void give_away(struct shard *shard)
{
	shard_enter(shard, SHARD_RELEASING);
	shard_quiet(shard);
	lease_release(shard);
}

/* More than a fair share: a newcomer gets the rest, without being asked. */
static void rebalance(struct owner *owner)
{
	unsigned share =
		owner_share(owner->shard_count, owner_interpreters(owner));
	unsigned held = owner_held(owner);
	for (unsigned i = owner->shard_count; i-- && held > share;) {
		if (owner->shards[i].state != SHARD_LIVE)
			continue;
		give_away(&owner->shards[i]);
		held--;
	}
}

/* --- twice a second --- */

static void tick_shard(struct shard *shard)
{
	if (shard->state == SHARD_FOREIGN)
		lease_consider(shard);
	else if (!shard_is_ours(shard))
		return;
	else if (!lease_is_fresh(shard))
		shard_stop(shard, "its lease was not renewed in time");
	else if (shard->state == SHARD_RELEASING)
		lease_release(shard);
	else
		lease_renew(shard);
}

static void on_tick(struct loop_timer *timer)
{
	struct owner *owner = timer->owner;
	loop_timer_start(owner->service->loop, timer, OWNER_RENEW_MS);
	for (unsigned i = 0; i < owner->shard_count; i++)
		tick_shard(&owner->shards[i]);
	if (owner->draining)
		owner_drain(owner); /* a shard may have come meanwhile */
	else
		rebalance(owner);
	hearing_review(owner);
}

/* --- beginning and end --- */

void *owner_new(struct service *service, const struct talk_route *heard)
{
	struct owner *owner = mem_new(1, sizeof(*owner));
	owner->service = service;
	owner->heard = heard;
	list_init(&owner->verifies);
	owner->shard_count = (unsigned)service->settings.shards;
	owner->shards = mem_new(owner->shard_count, sizeof(*owner->shards));
	for (unsigned i = 0; i < owner->shard_count; i++)
		shard_init(owner, &owner->shards[i], i);
	service->daemon = owner; /* the watch may call back at once */
	peers_watch(owner);
	lease_watch(owner);
	owner->tick = (struct loop_timer){.due = on_tick, .owner = owner};
	loop_timer_start(service->loop, &owner->tick, OWNER_RENEW_MS);
	return owner;
}

void owner_free(void *daemon)
{
	struct owner *owner = daemon;
	loop_timer_stop(owner->service->loop, &owner->tick);
	owner->leases = bus_unfollow(owner->leases);
	owner->hearing_all = bus_unfollow(owner->hearing_all);
	for (unsigned i = 0; i < owner->shard_count; i++)
		shard_end(&owner->shards[i]);
	peers_free(owner);
	verify_end(owner);
	commands_clear(&owner->said);
	free(owner->shards);
	free(owner);
}

void owner_drain(void *daemon)
{
	struct owner *owner = daemon;
	owner->draining = true;
	for (unsigned i = 0; i < owner->shard_count; i++) {
		struct shard *shard = &owner->shards[i];
		if (shard->state == SHARD_LIVE)
			give_away(shard);
		else if (shard->state == SHARD_REPLAYING)
			shard_stop(shard, "the process ends");
	}
}

bool owner_drained(void *daemon)
{
	const struct owner *owner = daemon;
	for (unsigned i = 0; i < owner->shard_count; i++)
		if (owner->shards[i].state != SHARD_FOREIGN)
			return false;
	return true;
}

static bool is_run(const struct shard *shard)
{
	if (shard->state == SHARD_LIVE || shard->state == SHARD_RELEASING)
		return true;
	return shard->state == SHARD_FOREIGN && shard->lease.exists &&
	       !shard->lease.released &&
	       clock_mono_ms() - shard->lease.seen_ms < OWNER_EXPIRE_MS;
}

bool owner_ready(void *daemon, char *reason, size_t size)
{
	const struct owner *owner = daemon;
	for (unsigned i = 0; i < owner->shard_count; i++) {
		if (is_run(&owner->shards[i]))
			continue;
		str_format(reason, size, "shard %u is not run yet", i);
		return false;
	}
	return true;
}
