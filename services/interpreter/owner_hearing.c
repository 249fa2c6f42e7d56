/*
 * owner_hearing.c - one consumer for all shards, while all of them are ours.
 *
 * A shard's own consumer makes nats-server look through what is other shards'
 * for its next event, and be woken for a message at a time. So who runs all
 * shards hears them by one follower. It begins behind what the shard that is
 * least far has heard; until it has caught up, the shards' own ones go on, and
 * a shard takes each event from whoever brings it first: both bring all of
 * them, in order. Once a shard is live no more, this one ends, and those that
 * are have followers of their own again.
 */
#include "services/interpreter/owner_private.h"

#include "lib/base/str.h"
#include "lib/runtime/service.h"

#include <string.h>

static const char front[] = "vox.interpreter.";

/* The shard that "vox.interpreter.<n>.<CallSid>" is for; NULL: none. */
static struct shard *shard_of(struct owner *owner, const char *subject)
{
	char text[16];
	int64_t number;
	if (!str_starts(subject, front))
		return NULL;
	const char *digits = subject + sizeof(front) - 1;
	if (!str_copy_bytes(text, sizeof(text), digits, strcspn(digits, ".")) ||
	    !str_number(text, 0, (int64_t)owner->shard_count - 1, &number))
		return NULL;
	return &owner->shards[number];
}

static void on_event(void *data, const struct bus_message *message)
{
	struct shard *shard = shard_of(data, message->subject);
	if (shard && shard->shares)
		shard_event(shard, message);
}

/* From here on it brings whatever a shard's own follower would. */
static void on_caught_up(void *data)
{
	struct owner *owner = data;
	for (unsigned i = 0; i < owner->shard_count; i++) {
		struct shard *shard = &owner->shards[i];
		if (shard->shares)
			shard->follower = bus_unfollow(shard->follower);
	}
}

static void share(struct owner *owner)
{
	uint64_t heard = UINT64_MAX;
	for (unsigned i = 0; i < owner->shard_count; i++) {
		struct shard *shard = &owner->shards[i];
		shard->shares = true;
		if (shard->last_sequence < heard)
			heard = shard->last_sequence;
	}
	struct bus_follow what = {
		.stream = "VOX",
		.filter = "vox.interpreter.>",
		.first = heard + 1,
		.arrived = on_event,
		.caught_up = on_caught_up,
		.owner = owner,
	};
	owner->hearing_all = bus_follow(owner->service->bus, &what);
}

void hearing_end(struct owner *owner)
{
	owner->hearing_all = bus_unfollow(owner->hearing_all);
	for (unsigned i = 0; i < owner->shard_count; i++) {
		struct shard *shard = &owner->shards[i];
		if (shard->shares && !shard->follower)
			shard_follow(shard);
		shard->shares = false;
	}
}

void hearing_review(struct owner *owner)
{
	unsigned live = 0, sharing = 0;
	for (unsigned i = 0; i < owner->shard_count; i++) {
		live += owner->shards[i].state == SHARD_LIVE;
		sharing += owner->shards[i].shares;
	}
	if (owner->hearing_all && sharing < owner->shard_count)
		hearing_end(owner);
	else if (!owner->hearing_all && live == owner->shard_count && live > 1)
		share(owner);
}
