/*
 * owner_private.h - what the owner's files share.
 *
 * owner.c            beginning, end, readiness; which shards to hold
 * owner_lease.c      a shard's lease: read, taken, renewed, released, lost
 * owner_shard.c      a shard while it is ours: rebuilt from the record, run
 * owner_hearing.c    one consumer for all shards, while all are ours
 * owner_call.c       one event, one step, what it says; a call's timers
 * owner_instances.c  daemons that came back
 * owner_verify.c     what is said again, beside what is on record
 * owner_floor.c      up to where everything is acknowledged
 */
#pragma once

#include "lib/base/list.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/talk.h"
#include "proto/proto.h"
#include "services/interpreter/owner.h"
#include "services/interpreter/owner_floor.h"
#include "services/interpreter/step.h"

struct map;

#define OWNER_RENEW_MS 500
#define OWNER_STOP_MS 1500   /* not renewed for so long: we stop */
#define OWNER_EXPIRE_MS 2000 /* not renewed for so long: anyone may take it */
#define OWNER_OLD_MS (10 * 60 * 1000LL)
#define OWNER_OLDER_MAX 4096U

enum shard_state {
	SHARD_FOREIGN,   /* somebody else's, or nobody's */
	SHARD_TAKING,    /* the lease was asked for */
	SHARD_REPLAYING, /* ours; its calls are being rebuilt */
	SHARD_LIVE,      /* ours; runs */
	SHARD_RELEASING  /* ours; hears nothing more, waits to be given away */
};

/* What the lease's record says, and since when we know. */
struct lease_view {
	bool exists;
	bool released;
	char instance[33];
	char boot[35];
	int64_t epoch;
	uint64_t first, floor;
	uint64_t revision; /* of the key; 0: it was never written */
	uint64_t viewed;   /* the revision that this view is of */
	int64_t seen_ms;   /* its last change came here, monotonic */
	struct older_call *older;
	uint32_t older_count;
};

struct shard {
	struct owner *owner;
	unsigned number;
	enum shard_state state;
	struct lease_view lease;
	int64_t epoch;       /* of our own holding */
	bool writing;        /* a write of the lease is on its way … */
	bool write_releases; /* … and gives the shard away */
	int64_t written_ms;  /* when it was handed to the bus */
	int64_t fresh_ms;    /* when the last one that succeeded was */
	int64_t beat;
	int64_t taken_ms;
	/* while it is ours */
	struct floor floor;
	uint64_t last_sequence; /* heard */
	struct map *calls;      /* CallSid -> entry, of calls that live */
	struct list entries;    /* in the order of their first events */
	struct list held_back;  /* said again once the replay is over */
	struct bus_follower *follower; /* its own */
	bool shares; /* hears by the owner's, which brings all that comes */
	uint64_t old_floor; /* at the takeover */
	struct older_call *older;
	uint32_t older_count, older_next; /* the one that is read next */
	bool reads_older;
	unsigned replayed;
};

/* A call of a shard that is ours. */
struct entry {
	struct list link;
	struct shard *shard;
	char sid[ID_BYTES];
	struct call *call; /* NULL: over; something is not acknowledged yet */
	uint64_t first_sequence;
	int64_t first_time;
	unsigned unacknowledged; /* ticks */
	struct loop_timer timer;
	char timer_name[CALL_TIMER_BYTES]; /* published last */
	int64_t timer_due;
};

/* A daemon's record, as far as it matters here. */
struct peer {
	char service[17], name[33];
	struct instance record;
	int64_t seen_ms;
};

struct owner {
	struct service *service;
	const struct talk_route *heard;
	struct shard *shards;
	unsigned shard_count;
	struct map *peers; /* "<service>.<name>" -> peer */
	struct bus_follower *leases;
	struct bus_follower *hearing_all; /* NULL: each shard has its own */
	bool leases_known;
	bool draining;
	struct loop_timer tick;
	struct shard_lease scratch; /* large: one is enough */
	struct list verifies;
	struct commands said; /* by the step that runs */
	/* the message that talk hands over */
	struct shard *hearing;
	const struct bus_message *message;
};

/* --- owner.c --- */
/* How many shards an interpreter holds when they are shared fairly. */
unsigned owner_share(unsigned shards, unsigned interpreters);
unsigned owner_interpreters(const struct owner *owner);
unsigned owner_held(const struct owner *owner);

/* --- owner_lease.c --- */
void lease_watch(struct owner *owner);
/* Takes the shard if it is to be had. */
void lease_consider(struct shard *shard);
void lease_renew(struct shard *shard);
void lease_release(struct shard *shard);
/* We may still speak for it. */
bool lease_is_fresh(const struct shard *shard);
bool shard_is_ours(const struct shard *shard);

/* --- owner_shard.c --- */
void shard_init(struct owner *owner, struct shard *shard, unsigned number);
void shard_end(struct shard *shard);
/* The lease was got: rebuilds the calls, then runs them. */
void shard_take_over(struct shard *shard);
/* Hears no more; what was said may still be acknowledged. */
void shard_quiet(struct shard *shard);
/* Forgets its calls; it is foreign from now on. */
void shard_stop(struct shard *shard, const char *why);
void shard_enter(struct shard *shard, enum shard_state state);
/* An event came for it, by its own follower or the one of all. */
void shard_event(struct shard *shard, const struct bus_message *message);
/* Gets a follower of its own, from the last event that it heard. */
void shard_follow(struct shard *shard);

/* --- owner_hearing.c --- */
/* Twice a second: one follower for all shards, or one for each. */
void hearing_review(struct owner *owner);
/* Every shard that shared one has its own again. */
void hearing_end(struct owner *owner);

/* --- owner_call.c --- */
void owner_event(struct shard *shard, const struct bus_message *message);
/* Says what the replay held back, and starts the timers. */
void owner_go_live(struct shard *shard);
void owner_forget_calls(struct shard *shard);
/* 'first' and the calls to be named, as the lease will tell them. */
void owner_describe(struct shard *shard, struct shard_lease *record);

/* --- owner_instances.c --- */
void peers_watch(struct owner *owner);
void peers_free(struct owner *owner);
/* Tells each call of the shard what it does not know yet of restarts. */
void peers_compare(struct shard *shard);
struct peer *peer_find(const struct owner *owner, const char *service,
		       const char *name);

/* --- owner_verify.c --- */
/* Like talk_say, for what may be on record already: it is compared. */
void verify_say(struct owner *owner, const struct talk_to *to,
		const struct proto_message *desc, const void *message);
void verify_end(struct owner *owner);
