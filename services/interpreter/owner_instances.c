/*
 * owner_instances.c - daemons that came back.
 *
 * Records of instances carry a boot id and a counter of hellos. When those of a
 * sipgw or mediad change, each call that has something there is told by an
 * event on its own subject, so that the record shows it and a replay hears it.
 * After a takeover each call's knowledge is compared with the records as they
 * are now: nothing is missed while no interpreter ran.
 */
#include "services/interpreter/owner_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <stdlib.h>

#define PEERS_MAX 1024
#define PEER_KEY_BYTES 56

METRIC_COUNTER(told, "instance_restarted_total", "",
	       "Calls that were told that a daemon came back.")

struct peer *peer_find(const struct owner *owner, const char *service,
		       const char *name)
{
	char key[PEER_KEY_BYTES];
	if (!str_format(key, sizeof(key), "%s.%s", service, name))
		return NULL;
	return map_get(owner->peers, key);
}

static bool holds_calls(const struct peer *peer)
{
	return str_equal(peer->service, "sipgw") ||
	       str_equal(peer->service, "mediad");
}

static void say_restarted(struct entry *entry, const struct peer *peer)
{
	struct service *service = entry->shard->owner->service;
	struct instance_restarted event = {.hello = peer->record.hello};
	char id[ID_BYTES], hello[24], where[PEER_KEY_BYTES];
	const char *account = call_account(entry->call);
	str_copy(event.service, sizeof(event.service), peer->service);
	str_copy(event.instance, sizeof(event.instance), peer->name);
	str_copy(event.boot, sizeof(event.boot), peer->record.boot);
	str_format(hello, sizeof(hello), "%lld", (long long)event.hello);
	str_format(where, sizeof(where), "%s.%s", peer->service, peer->name);
	id_keyed("IR", entry->sid, where, event.boot, hello, id);
	const struct talk_to to = {
		.call_sid = entry->sid,
		.account_sid = *account ? account : NULL,
		.id = id,
	};
	talk_say(service, &to, &instance_restarted_message, &event);
	metric_add(&told, 1);
}

/* A call that knows this process and this hello has heard of it. */
static void tell_call(struct entry *entry, const struct peer *peer)
{
	struct call_seen seen;
	if (!entry->call ||
	    !call_uses(entry->call, peer->service, peer->name, &seen))
		return;
	if (!str_equal(seen.boot, peer->record.boot) ||
	    seen.hello < peer->record.hello)
		say_restarted(entry, peer);
}

static void tell_shard(struct shard *shard, const struct peer *peer)
{
	if (shard->state != SHARD_LIVE || !lease_is_fresh(shard))
		return;
	list_each (link, &shard->entries)
		tell_call(list_of(link, struct entry, link), peer);
}

void peers_compare(struct shard *shard)
{
	size_t cursor = 0;
	void *value;
	while (map_next(shard->owner->peers, &cursor, NULL, &value))
		if (holds_calls(value))
			tell_shard(shard, value);
}

static struct peer *keep_peer(struct owner *owner, const char *kind,
			      const char *name)
{
	char key[PEER_KEY_BYTES];
	if (map_count(owner->peers) >= PEERS_MAX ||
	    !str_format(key, sizeof(key), "%s.%s", kind, name))
		return NULL;
	struct peer *peer = mem_new(1, sizeof(*peer));
	if (!str_copy(peer->service, sizeof(peer->service), kind) ||
	    !str_copy(peer->name, sizeof(peer->name), name)) {
		free(peer);
		return NULL;
	}
	map_put(owner->peers, key, peer);
	return peer;
}

/* Another interpreter is no longer who it was: its shards may be free. */
static void consider_shards_of(struct owner *owner, const char *name)
{
	for (unsigned i = 0; i < owner->shard_count; i++)
		if (str_equal(owner->shards[i].lease.instance, name))
			lease_consider(&owner->shards[i]);
}

static void on_change(void *daemon, const char *kind, const char *name,
		      const void *data)
{
	struct owner *owner = daemon;
	const struct instance *record = data;
	struct peer *peer = peer_find(owner, kind, name);
	if (!record) { /* given back: what it was is still known */
		if (peer)
			peer->record.draining = true;
		return;
	}
	if (!peer && !(peer = keep_peer(owner, kind, name)))
		return;
	bool same = str_equal(peer->record.boot, record->boot) &&
		    peer->record.hello == record->hello;
	peer->record = *record;
	peer->seen_ms = clock_mono_ms();
	if (same)
		return;
	if (holds_calls(peer)) {
		log_info(NULL, "%s/%s: boot %s, hello %lld", kind, name,
			 record->boot, (long long)record->hello);
		for (unsigned i = 0; i < owner->shard_count; i++)
			tell_shard(&owner->shards[i], peer);
	} else if (str_equal(kind, "interpreter")) {
		consider_shards_of(owner, name);
	}
}

void peers_watch(struct owner *owner)
{
	owner->peers = map_new();
	service_watch_instances(owner->service, on_change);
}

void peers_free(struct owner *owner)
{
	size_t cursor = 0;
	void *value;
	while (map_next(owner->peers, &cursor, NULL, &value))
		free(value);
	owner->peers = map_free(owner->peers);
}
