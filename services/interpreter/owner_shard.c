/*
 * owner_shard.c - a shard while it is ours.
 *
 * Taking over: the calls that the lease names are read by their literal
 * subjects, one after the other; then the shard is followed from 'first'. What
 * events up to 'floor' make step() say was said and acknowledged by an earlier
 * owner: it is dropped. What later events make it say is held back until
 * everything on record was heard, and is then said again, with the same ids.
 * From there on the same follower brings the events as they happen.
 */
#include "services/interpreter/owner_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

METRIC_GAUGE(held, "shards_held", "", "Shards whose lease this process holds.")
METRIC_COUNTER(takeovers, "shard_takeovers_total", "",
	       "Shards whose calls were rebuilt from the record.")
METRIC_COUNTER(replayed, "replayed_events_total", "",
	       "Events heard while rebuilding calls.")
METRIC_COUNTER(losses, "shards_lost_total", "",
	       "Shards that were stopped without being given away.")

static const char *const state_words[] = {
	[SHARD_FOREIGN] = "foreign",     [SHARD_TAKING] = "taking",
	[SHARD_REPLAYING] = "replaying", [SHARD_LIVE] = "live",
	[SHARD_RELEASING] = "releasing",
};

static const unsigned state_moves[] = {
	[SHARD_FOREIGN] = 1U << SHARD_TAKING,
	[SHARD_TAKING] = 1U << SHARD_FOREIGN | 1U << SHARD_REPLAYING,
	[SHARD_REPLAYING] = 1U << SHARD_FOREIGN | 1U << SHARD_LIVE,
	[SHARD_LIVE] = 1U << SHARD_FOREIGN | 1U << SHARD_RELEASING,
	[SHARD_RELEASING] = 1U << SHARD_FOREIGN,
};

void shard_enter(struct shard *shard, enum shard_state state)
{
	bool was_ours = shard_is_ours(shard);
	assert(state_moves[shard->state] & 1U << state);
	log_debug(NULL, "shard %u: %s to %s", shard->number,
		  state_words[shard->state], state_words[state]);
	shard->state = state;
	metric_add(&held, (int)shard_is_ours(shard) - (int)was_ours);
}

void shard_init(struct owner *owner, struct shard *shard, unsigned number)
{
	shard->owner = owner;
	shard->number = number;
	shard->calls = map_new();
	list_init(&shard->entries);
	list_init(&shard->held_back);
	floor_init(&shard->floor, 0);
}

void shard_end(struct shard *shard)
{
	shard_quiet(shard);
	floor_abandon(&shard->floor);
	owner_forget_calls(shard);
	map_free(shard->calls);
	free(shard->lease.older);
	free(shard->older);
}

void shard_quiet(struct shard *shard)
{
	shard->shares = false;
	shard->follower = bus_unfollow(shard->follower);
}

void shard_stop(struct shard *shard, const char *why)
{
	if (shard->state == SHARD_RELEASING) {
		log_info(NULL, "shard %u: %s", shard->number, why);
	} else {
		metric_add(&losses, 1);
		log_warn(NULL, 0, "shard %u: stopped: %s", shard->number, why);
	}
	shard_quiet(shard);
	floor_abandon(&shard->floor);
	owner_forget_calls(shard);
	shard_enter(shard, SHARD_FOREIGN);
}

/* --- reading --- */

void shard_event(struct shard *shard, const struct bus_message *message)
{
	if (shard->state == SHARD_LIVE &&
	    message->sequence <= shard->last_sequence)
		return; /* the other follower was faster */
	if (!lease_is_fresh(shard)) {
		/* We may have slept: another one may be at work already. */
		shard_stop(shard, "its lease was not renewed in time");
		return;
	}
	if (shard->state == SHARD_REPLAYING) {
		shard->replayed++;
		metric_add(&replayed, 1);
	}
	owner_event(shard, message);
}

static void on_event(void *data, const struct bus_message *message)
{
	shard_event(data, message);
}

static void on_caught_up(void *data)
{
	struct shard *shard = data;
	if (shard->state != SHARD_REPLAYING)
		return;
	if (!lease_is_fresh(shard)) {
		shard_stop(shard, "its lease was not renewed in time");
		return;
	}
	shard_enter(shard, SHARD_LIVE);
	metric_add(&takeovers, 1);
	log_info(NULL,
		 "shard %u: ours, epoch %lld: %u events from %llu, %zu calls, "
		 "in %lld ms",
		 shard->number, (long long)shard->epoch, shard->replayed,
		 (unsigned long long)shard->lease.first,
		 map_count(shard->calls),
		 (long long)(clock_mono_ms() - shard->taken_ms));
	owner_go_live(shard);
	peers_compare(shard);
}

void shard_follow(struct shard *shard)
{
	char filter[PROTO_SUBJECT_BYTES];
	str_format(filter, sizeof(filter), "vox.interpreter.%u.>",
		   shard->number);
	struct bus_follow what = {
		.stream = "VOX",
		.filter = filter,
		.first = shard->last_sequence + 1,
		.arrived = on_event,
		.caught_up = on_caught_up,
		.owner = shard,
	};
	shard->follower = bus_follow(shard->owner->service->bus, &what);
}

static void read_next(void *data)
{
	struct shard *shard = data;
	char subject[PROTO_SUBJECT_BYTES];
	shard_quiet(shard);
	shard->reads_older = shard->older_next < shard->older_count;
	if (!shard->reads_older) {
		shard_follow(shard);
		return;
	}
	str_format(subject, sizeof(subject), "vox.interpreter.%u.%s",
		   shard->number, shard->older[shard->older_next++].call_sid);
	struct bus_follow what = {
		.stream = "VOX",
		.filter = subject,
		.first = 1,
		.arrived = on_event,
		.caught_up = read_next,
		.owner = shard,
	};
	shard->follower = bus_follow(shard->owner->service->bus, &what);
}

void shard_take_over(struct shard *shard)
{
	shard_enter(shard, SHARD_REPLAYING);
	shard->taken_ms = clock_mono_ms();
	shard->replayed = 0;
	/* The view follows our own renewals; the replay needs it as it was. */
	shard->old_floor = shard->lease.floor;
	shard->last_sequence = shard->lease.first ? shard->lease.first - 1 : 0;
	shard->older_next = 0;
	shard->older_count = shard->lease.older_count;
	free(shard->older);
	shard->older = (struct older_call *)mem_copy_bytes(
		(const char *)shard->lease.older,
		shard->older_count * sizeof(*shard->older));
	floor_init(&shard->floor, shard->old_floor);
	read_next(shard);
}
