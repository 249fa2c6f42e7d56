/*
 * claim.c - one process, one name; see claim.h.
 *
 * A watch on <service>.* shows all claims of this kind as they are renewed; the
 * time of each change, by our own clock, tells whether its holder lives. What
 * is put is never sent twice at a time, so the revision is always known. A
 * compare-and-set that is lost against our own earlier put (its answer was lost
 * with the connection) is recognised by the boot id.
 */
#include "lib/runtime/claim.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"
#include "proto/proto.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM_BUCKET "leases"
#define CLAIM_NAMES_MAX 256   /* gw0 to gw255, and names known */
#define CLAIM_AGAIN_MS 100    /* after a lost race */
#define CLAIM_PUZZLED_MS 5000 /* lost to nobody that can be seen */

enum claim_state {
	CLAIM_READING, /* the present claims are being read */
	CLAIM_LOOKING, /* for a free name */
	CLAIM_TAKING,  /* the first put is on its way */
	CLAIM_HELD,
	CLAIM_LOST,
	CLAIM_LEAVING,
	CLAIM_GONE
};

static const unsigned claim_next[] = {
	[CLAIM_READING] = 1U << CLAIM_LOOKING | 1U << CLAIM_GONE,
	[CLAIM_LOOKING] =
		1U << CLAIM_TAKING | 1U << CLAIM_LOST | 1U << CLAIM_GONE,
	[CLAIM_TAKING] =
		1U << CLAIM_LOOKING | 1U << CLAIM_HELD | 1U << CLAIM_GONE,
	[CLAIM_HELD] = 1U << CLAIM_LOST | 1U << CLAIM_LEAVING,
	[CLAIM_LOST] = 1U << CLAIM_GONE,
	[CLAIM_LEAVING] = 1U << CLAIM_GONE,
	[CLAIM_GONE] = 1U << CLAIM_GONE,
};

/* What is known of a name. */
struct known {
	uint64_t revision;
	int64_t seen_ms; /* when it last changed, by our clock */
	unsigned changes;
	bool taken; /* there is a record, and it is not deleted */
	struct instance record;
};

struct claim {
	struct loop *loop;
	struct bus *bus;
	struct claim_wish wish;
	enum claim_state state;
	struct bus_follower *watch;
	struct map *known; /* name -> struct known */
	struct loop_timer timer;
	struct instance record; /* ours */
	char key[64];
	char holder[192];
	uint64_t revision;        /* of our record */
	int64_t puzzled_since_ms; /* 0: we are not */
	int64_t waiting_since_ms; /* for the name that was asked for */
	bool putting, put_again;
};

static void enter(struct claim *claim, enum claim_state to)
{
	assert(claim_next[claim->state] & 1U << to);
	claim->state = to;
}

static struct known *known_of(struct claim *claim, const char *name)
{
	return map_get(claim->known, name);
}

static void lose(struct claim *claim, const char *why)
{
	loop_timer_stop(claim->loop, &claim->timer);
	enter(claim, CLAIM_LOST);
	claim->wish.lost(claim->wish.owner, why);
}

/* --- looking for a name --- */

enum judgement { NAME_FREE, NAME_WAIT, NAME_BUSY };

/* 'wait_ms' is set for NAME_WAIT: when to look again. */
static enum judgement judge(const struct claim *claim,
			    const struct known *known, int64_t *wait_ms)
{
	if (!known || !known->taken || claim_holder_is_dead(&known->record))
		return NAME_FREE;
	if (str_equal(known->record.boot, claim->wish.boot))
		return NAME_FREE; /* ours: the answer to our put was lost */
	int64_t silent_ms = clock_mono_ms() - known->seen_ms;
	bool alive_here = str_equal(known->record.host, claim->record.host);
	if (!claim->wish.name[0] && (alive_here || known->changes > 1))
		return NAME_BUSY; /* another name will do */
	if (silent_ms >= CLAIM_EXPIRES_MS)
		return NAME_FREE;
	*wait_ms = CLAIM_EXPIRES_MS - silent_ms;
	return NAME_WAIT;
}

static void put(struct claim *claim);

static void take(struct claim *claim, const char *name,
		 const struct known *known)
{
	str_copy(claim->record.name, sizeof(claim->record.name), name);
	str_format(claim->key, sizeof(claim->key), "%s.%s", claim->wish.service,
		   name);
	claim->revision = known ? known->revision : 0;
	claim->holder[0] = '\0';
	enter(claim, CLAIM_TAKING);
	put(claim);
}

/*
 * The name that was asked for is silent for too short a time, or renewed. The
 * latter is borne for a while: its holder may be on its way out.
 */
static void wait_for(struct claim *claim, const char *name,
		     const struct known *known, int64_t wait_ms)
{
	int64_t now_ms = clock_mono_ms();
	if (known->changes > 1 && !claim->holder[0]) {
		str_format(claim->holder, sizeof(claim->holder),
			   "name %s (VOXBUS_INSTANCE) is held by pid %lld "
			   "on %.40s",
			   name, (long long)known->record.pid,
			   known->record.host);
		log_warn(NULL, 0, "waiting: %s", claim->holder);
		claim->waiting_since_ms = now_ms;
	}
	if (claim->holder[0] &&
	    now_ms - claim->waiting_since_ms >= CLAIM_PATIENCE_MS)
		lose(claim, claim->holder);
	else
		loop_timer_start(claim->loop, &claim->timer, wait_ms);
}

static void look(struct claim *claim)
{
	unsigned names = claim->wish.name[0] ? 1 : CLAIM_NAMES_MAX;
	for (unsigned i = 0; i < names; i++) {
		char name[CLAIM_NAME_BYTES];
		int64_t wait_ms = 0;
		if (claim->wish.name[0])
			str_copy(name, sizeof(name), claim->wish.name);
		else
			str_format(name, sizeof(name), "%s%u",
				   claim->wish.prefix, i);
		const struct known *known = known_of(claim, name);
		enum judgement is = judge(claim, known, &wait_ms);
		if (is == NAME_FREE)
			take(claim, name, known);
		else if (is == NAME_WAIT)
			wait_for(claim, name, known, wait_ms);
		if (is != NAME_BUSY)
			return;
	}
	log_warn(NULL, 0, "all names %s0 to %s%u are held", claim->wish.prefix,
		 claim->wish.prefix, CLAIM_NAMES_MAX - 1);
	loop_timer_start(claim->loop, &claim->timer, CLAIM_EXPIRES_MS);
}

/* --- putting the record --- */

/*
 * The record is not at the revision that we put last. Either that was a put of
 * our own whose answer got lost, or it is another's now; while the watch has
 * not shown which, we wait.
 */
static void on_put_refused(struct claim *claim)
{
	const struct known *known = known_of(claim, claim->record.name);
	int64_t now_ms = clock_mono_ms();
	if (claim->state == CLAIM_TAKING) {
		enter(claim, CLAIM_LOOKING);
		loop_timer_start(claim->loop, &claim->timer, CLAIM_AGAIN_MS);
		return;
	}
	if (known && known->taken && known->revision > claim->revision &&
	    str_equal(known->record.boot, claim->wish.boot)) {
		claim->revision = known->revision;
		put(claim);
		return;
	}
	if (!claim->puzzled_since_ms)
		claim->puzzled_since_ms = now_ms;
	if (now_ms - claim->puzzled_since_ms > CLAIM_PUZZLED_MS)
		lose(claim, "the record of the instance name is gone");
	else
		loop_timer_start(claim->loop, &claim->timer, CLAIM_AGAIN_MS);
}

static void on_put(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct claim *claim = owner;
	(void)repeat;
	claim->putting = false;
	if (claim->state != CLAIM_TAKING && claim->state != CLAIM_HELD)
		return;
	if (error) {
		on_put_refused(claim);
		return;
	}
	claim->revision = sequence;
	claim->puzzled_since_ms = 0;
	bool new = claim->state == CLAIM_TAKING;
	if (new)
		enter(claim, CLAIM_HELD);
	loop_timer_start(claim->loop, &claim->timer, CLAIM_RENEW_MS);
	if (new)
		claim->wish.held(claim->wish.owner, claim->record.name);
	if (claim->put_again && claim->state == CLAIM_HELD)
		put(claim);
}

static void put(struct claim *claim)
{
	claim->put_again = claim->putting;
	if (claim->putting)
		return;
	claim->putting = true;
	claim->record.beat++;
	char *json =
		proto_encode(&instance_message, NULL, &claim->record, NULL);
	assert(json); /* all its texts are ours, and bounded */
	bus_kv_put(claim->bus, CLAIM_BUCKET, claim->key, json, strlen(json),
		   (int64_t)claim->revision, on_put, claim);
	free(json);
}

static void on_timer(struct loop_timer *timer)
{
	struct claim *claim = timer->owner;
	if (claim->state == CLAIM_LOOKING)
		look(claim);
	else if (claim->state == CLAIM_HELD)
		put(claim);
}

/* --- what the watch shows --- */

static void notice(struct known *known, const struct bus_entry *entry)
{
	char error[PROTO_ERROR_BYTES];
	known->revision = entry->revision;
	known->seen_ms = clock_mono_ms();
	known->changes++;
	known->taken = entry->data &&
		       proto_decode(&instance_message, entry->data, entry->size,
				    NULL, &known->record, error);
}

static void on_entry(void *owner, const struct bus_entry *entry)
{
	struct claim *claim = owner;
	const char *name = strchr(entry->key, '.');
	if (!name++ || strlen(name) >= CLAIM_NAME_BYTES)
		return;
	struct known *known = known_of(claim, name);
	if (!known) {
		if (map_count(claim->known) >= CLAIM_NAMES_MAX)
			return;
		known = mem_new(1, sizeof(*known));
		map_put(claim->known, name, known);
	}
	notice(known, entry);
	if (claim->state == CLAIM_HELD && str_equal(name, claim->record.name) &&
	    entry->revision > claim->revision &&
	    (!known->taken || !str_equal(known->record.boot, claim->wish.boot)))
		lose(claim, known->taken
				    ? "another process took the instance name"
				    : "the instance name was deleted");
	else if (claim->state == CLAIM_LOOKING && !known->taken)
		look(claim);
}

static void on_caught_up(void *owner)
{
	struct claim *claim = owner;
	if (claim->state != CLAIM_READING)
		return;
	enter(claim, CLAIM_LOOKING);
	look(claim);
}

/* --- the rest of the contract --- */

struct claim *claim_new(struct loop *loop, struct bus *bus,
			const struct claim_wish *wish)
{
	struct claim *claim = mem_new(1, sizeof(*claim));
	char filter[64];
	claim->loop = loop;
	claim->bus = bus;
	claim->wish = *wish;
	claim->known = map_new();
	claim->timer = (struct loop_timer){.due = on_timer, .owner = claim};
	claim_myself(&claim->record);
	str_copy(claim->record.service, sizeof(claim->record.service),
		 wish->service);
	str_copy(claim->record.boot, sizeof(claim->record.boot), wish->boot);
	str_format(filter, sizeof(filter), "%s.*", wish->service);
	claim->watch = bus_kv_watch(bus, CLAIM_BUCKET, filter, on_entry,
				    on_caught_up, claim);
	return claim;
}

struct claim *claim_free(struct claim *claim)
{
	size_t cursor = 0;
	void *known;
	if (claim) {
		loop_timer_stop(claim->loop, &claim->timer);
		bus_unfollow(claim->watch);
		while (map_next(claim->known, &cursor, NULL, &known))
			free(known);
		map_free(claim->known);
		free(claim);
	}
	return NULL;
}

bool claim_is_held(const struct claim *claim)
{
	return claim && claim->state == CLAIM_HELD;
}

void claim_hello(struct claim *claim)
{
	if (claim->state != CLAIM_HELD)
		return;
	claim->record.hello++;
	put(claim);
}

void claim_drain(struct claim *claim)
{
	claim->record.draining = true;
	if (claim->state == CLAIM_HELD)
		put(claim);
}

static void on_deleted(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct claim *claim = owner;
	(void)error, (void)sequence, (void)repeat;
	enter(claim, CLAIM_GONE);
}

void claim_give_up(struct claim *claim)
{
	loop_timer_stop(claim->loop, &claim->timer);
	if (claim->state != CLAIM_HELD) {
		enter(claim, CLAIM_GONE); /* a dead pid frees what was put */
		return;
	}
	enter(claim, CLAIM_LEAVING);
	bus_kv_delete(claim->bus, CLAIM_BUCKET, claim->key, on_deleted, claim);
}

bool claim_is_gone(const struct claim *claim)
{
	return !claim || claim->state == CLAIM_GONE;
}

const char *claim_holder(const struct claim *claim)
{
	return claim ? claim->holder : "";
}
