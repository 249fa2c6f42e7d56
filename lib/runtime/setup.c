/*
 * setup.c - what must exist on the bus before a daemon starts; see setup.h.
 *
 * A table of steps, one after the other. The last two are facts of the
 * installation: values in bucket config that the first daemon ever started
 * proposes, and that all others read.
 */
#include "lib/runtime/setup.h"

#include "lib/base/digest.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SETUP_AGAIN_MS 2000
#define SETUP_DUPLICATE_MS 30000
#define SETUP_BUCKET "config"
#define SETUP_RECORD_MB_MIN 16
#define SETUP_DEAD_MB 256
#define SETUP_DEAD_MS (7 * 24 * 3600000LL)

struct fact {
	char value[SETUP_SECRET_BYTES];
	uint64_t revision;
	bool known;
	bool putting; /* our own proposal has no answer yet */
	struct bus_follower *watch;
};

struct setup {
	struct loop *loop;
	struct bus *bus;
	struct setup_wish wish;
	struct loop_timer timer;
	size_t step;
	int64_t dead_mb;
	struct fact fact; /* of the present step */
	char shards[SETUP_SECRET_BYTES], secret[SETUP_SECRET_BYTES];
};

struct step {
	const char *what; /* for people */
	const char *name; /* bucket, or key in bucket config */
	void (*run)(struct setup *setup, const struct step *step);
	void (*propose)(const struct setup *setup, char *value_out);
	bool (*accept)(struct setup *setup, const char *value);
};

static void make_record(struct setup *setup, const struct step *step);
static void make_hooks(struct setup *setup, const struct step *step);
static void make_dead(struct setup *setup, const struct step *step);
static void make_bucket(struct setup *setup, const struct step *step);
static void make_call_bucket(struct setup *setup, const struct step *step);
static void agree(struct setup *setup, const struct step *step);
static void propose_shards(const struct setup *setup, char *value_out);
static void propose_secret(const struct setup *setup, char *value_out);
static bool accept_shards(struct setup *setup, const char *value);
static bool accept_secret(struct setup *setup, const char *value);

static const struct step steps[] = {
	{"stream VOX", "VOX", make_record, NULL, NULL},
	{"stream HOOKS", "HOOKS", make_hooks, NULL, NULL},
	{"stream DEAD", "DEAD", make_dead, NULL, NULL},
	{"bucket leases", "leases", make_bucket, NULL, NULL},
	{"bucket dialogs", "dialogs", make_call_bucket, NULL, NULL},
	{"bucket legs", "legs", make_call_bucket, NULL, NULL},
	{"bucket config", SETUP_BUCKET, make_bucket, NULL, NULL},
	{"number of shards", "shards", agree, propose_shards, accept_shards},
	{"installation's secret", "secret", agree, propose_secret,
	 accept_secret},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void run_step(struct setup *setup)
{
	if (setup->step == STEPS)
		setup->wish.done(setup->wish.owner, setup->secret);
	else
		steps[setup->step].run(setup, &steps[setup->step]);
}

/* The next step runs from the loop, not from inside a callback of the bus. */
static void next_step(struct setup *setup)
{
	setup->step++;
	loop_timer_start(setup->loop, &setup->timer, 0);
}

static void on_timer(struct loop_timer *timer)
{
	struct setup *setup = timer->owner;
	setup->fact.watch = bus_unfollow(setup->fact.watch);
	run_step(setup);
}

/* --- streams and buckets --- */

static void on_made(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct setup *setup = owner;
	(void)sequence, (void)repeat;
	if (!error) {
		next_step(setup);
		return;
	}
	log_error(NULL, 0, "%s cannot be made: %s; trying again",
		  setup_step(setup), strerror(-error));
	loop_timer_start(setup->loop, &setup->timer, SETUP_AGAIN_MS);
}

/*
 * A small disk: the server promises no more than it has. Half of what was asked
 * for is better than no platform; the record is full earlier, which is told.
 */
static void on_record_made(void *owner, int error, uint64_t sequence,
			   bool repeat)
{
	struct setup *setup = owner;
	int64_t half_mb = setup->wish.record_mb / 2;
	if (error != -ENOSPC || half_mb < SETUP_RECORD_MB_MIN) {
		on_made(owner, error, sequence, repeat);
		return;
	}
	log_warn(NULL, 0,
		 "nats-server's disk has no room for a record of %lld MiB: "
		 "trying %lld; set VOXBUS_RECORD_MB, or give it a larger disk",
		 (long long)setup->wish.record_mb, (long long)half_mb);
	setup->wish.record_mb = half_mb;
	loop_timer_start(setup->loop, &setup->timer, 0);
}

static void make_record(struct setup *setup, const struct step *step)
{
	bus_stream_ensure(
		setup->bus,
		&(struct bus_stream){
			.name = step->name,
			.subjects = "vox.>",
			.discard_new = true,
			.age_max_ms = setup->wish.record_hours * 3600000,
			.bytes_max = setup->wish.record_mb * (1 << 20),
			.duplicate_ms = SETUP_DUPLICATE_MS,
		},
		on_record_made, setup);
}

static void make_hooks(struct setup *setup, const struct step *step)
{
	bus_stream_ensure(setup->bus,
			  &(struct bus_stream){
				  .name = step->name,
				  .subjects = "hooks.>",
				  .work_queue = true,
				  .duplicate_ms = SETUP_DUPLICATE_MS,
			  },
			  on_made, setup);
}

/* On a small disk it is smaller: what is oldest goes then. */
static void on_dead_made(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct setup *setup = owner;
	if (error != -ENOSPC || setup->dead_mb == 1) {
		on_made(owner, error, sequence, repeat);
		return;
	}
	setup->dead_mb /= 2;
	loop_timer_start(setup->loop, &setup->timer, 0);
}

static void make_dead(struct setup *setup, const struct step *step)
{
	bus_stream_ensure(setup->bus,
			  &(struct bus_stream){
				  .name = step->name,
				  .subjects = "dead.>",
				  .age_max_ms = SETUP_DEAD_MS,
				  .bytes_max = setup->dead_mb * (1 << 20),
				  .duplicate_ms = SETUP_DUPLICATE_MS,
			  },
			  on_dead_made, setup);
}

static void make_bucket(struct setup *setup, const struct step *step)
{
	bus_kv_ensure(setup->bus, step->name, 0, on_made, setup);
}

/* Keys of calls: a deleted key leaves a mark, which goes when the record does.
 */
static void make_call_bucket(struct setup *setup, const struct step *step)
{
	bus_kv_ensure(setup->bus, step->name,
		      setup->wish.record_hours * 3600000, on_made, setup);
}

/* --- facts --- */

/* Goes on once the value is known and nothing of ours is on its way. */
static void settle(struct setup *setup)
{
	struct fact *fact = &setup->fact;
	if (fact->known && !fact->putting &&
	    steps[setup->step].accept(setup, fact->value))
		next_step(setup);
}

static void on_entry(void *owner, const struct bus_entry *entry)
{
	struct setup *setup = owner;
	struct fact *fact = &setup->fact;
	fact->revision = entry->revision;
	if (!entry->data || fact->known)
		return;
	if (!str_copy_bytes(fact->value, sizeof(fact->value), entry->data,
			    entry->size))
		str_copy(fact->value, sizeof(fact->value), "?"); /* not ours */
	fact->known = true;
	settle(setup);
}

/*
 * Taken: the watch shows it, too, sooner or later. Lost: another daemon was
 * faster, and the watch shows its value.
 */
static void on_proposed(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct setup *setup = owner;
	(void)error, (void)sequence, (void)repeat;
	setup->fact.putting = false;
	settle(setup);
}

static void on_caught_up(void *owner)
{
	struct setup *setup = owner;
	const struct step *step = &steps[setup->step];
	char value[SETUP_SECRET_BYTES];
	if (setup->fact.known)
		return;
	step->propose(setup, value);
	setup->fact.putting = true;
	bus_kv_put(setup->bus, SETUP_BUCKET, step->name, value, strlen(value),
		   (int64_t)setup->fact.revision, on_proposed, setup);
}

static void agree(struct setup *setup, const struct step *step)
{
	memset(&setup->fact, 0, sizeof(setup->fact));
	setup->fact.watch = bus_kv_watch(setup->bus, SETUP_BUCKET, step->name,
					 on_entry, on_caught_up, setup);
}

static void propose_shards(const struct setup *setup, char *value_out)
{
	str_format(value_out, SETUP_SECRET_BYTES, "%lld",
		   (long long)setup->wish.shards);
}

static void propose_secret(const struct setup *setup, char *value_out)
{
	uint8_t bytes[(SETUP_SECRET_BYTES - 1) / 2];
	(void)setup;
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	digest_hex(bytes, sizeof(bytes), value_out);
}

static bool accept_shards(struct setup *setup, const char *value)
{
	char why[256];
	int64_t shards;
	if (str_number(value, 1, 256, &shards) && shards == setup->wish.shards)
		return true;
	str_format(why, sizeof(why),
		   "VOXBUS_SHARDS=\"%lld\" is wrong: this installation has "
		   "%.20s, fixed at its first start",
		   (long long)setup->wish.shards, value);
	setup->wish.failed(setup->wish.owner, why);
	return false;
}

static bool accept_secret(struct setup *setup, const char *value)
{
	if (strlen(value) == SETUP_SECRET_BYTES - 1) {
		str_copy(setup->secret, sizeof(setup->secret), value);
		return true;
	}
	setup->wish.failed(setup->wish.owner,
			   "key secret in bucket config is none of voxbus");
	return false;
}

/* --- the rest of the contract --- */

struct setup *setup_new(struct loop *loop, struct bus *bus,
			const struct setup_wish *wish)
{
	struct setup *setup = mem_new(1, sizeof(*setup));
	setup->loop = loop;
	setup->bus = bus;
	setup->wish = *wish;
	setup->dead_mb = SETUP_DEAD_MB;
	setup->timer = (struct loop_timer){.due = on_timer, .owner = setup};
	run_step(setup);
	return setup;
}

struct setup *setup_free(struct setup *setup)
{
	if (setup) {
		loop_timer_stop(setup->loop, &setup->timer);
		bus_unfollow(setup->fact.watch);
		free(setup);
	}
	return NULL;
}

const char *setup_step(const struct setup *setup)
{
	return setup->step < STEPS ? steps[setup->step].what : "";
}
