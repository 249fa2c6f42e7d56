/*
 * slots.c - keys that are used again; see slots.h.
 *
 * The key that was given last is taken first, so that in a quiet hour the
 * others go. To remove a key is a request to the server of its own, dearer than
 * to write one: twice a call, it was a twentieth of nats-server's time.
 */
#include "services/sipgw/slots.h"

#include "lib/base/clock.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct slot {
	struct list link;
	int64_t since_ms;
	char key[SLOT_BYTES];
};

struct slots {
	struct loop *loop;
	struct loop_timer timer;
	struct list given; /* oldest first */
	char *prefix;
	uint64_t count;
	bool ends;
	slots_fn *remove;
	void *owner;
};

static struct slot *slot_at(struct list *link)
{
	return list_of(link, struct slot, link);
}

static void drop(struct slot *slot)
{
	list_remove(&slot->link);
	free(slot);
}

static void on_timer(struct loop_timer *timer)
{
	struct slots *slots = timer->owner;
	int64_t now_ms = clock_mono_ms();
	list_each (link, &slots->given) {
		struct slot *slot = slot_at(link);
		int64_t left_ms = slot->since_ms + SLOTS_KEPT_MS - now_ms;
		if (left_ms > 0 && !slots->ends) {
			loop_timer_start(slots->loop, timer, left_ms);
			return;
		}
		slots->remove(slots->owner, slot->key);
		drop(slot);
	}
}

void slots_take(struct slots *slots, char key_out[SLOT_BYTES])
{
	if (list_empty(&slots->given)) {
		str_format(key_out, SLOT_BYTES, "%s.%llu", slots->prefix,
			   (unsigned long long)++slots->count);
		return;
	}
	struct slot *last = slot_at(slots->given.prev);
	str_copy(key_out, SLOT_BYTES, last->key);
	drop(last);
}

void slots_give(struct slots *slots, const char *key)
{
	struct slot *slot;
	if (slots->ends) {
		slots->remove(slots->owner, key);
		return;
	}
	slot = mem_new(1, sizeof(*slot));
	slot->since_ms = clock_mono_ms();
	str_copy(slot->key, sizeof(slot->key), key);
	list_add_tail(&slots->given, &slot->link);
	if (!slots->timer.position)
		loop_timer_start(slots->loop, &slots->timer, SLOTS_KEPT_MS);
}

void slots_end(struct slots *slots)
{
	slots->ends = true;
	on_timer(&slots->timer);
}

struct slots *slots_new(struct loop *loop, const char *prefix, slots_fn *remove,
			void *owner)
{
	struct slots *slots = mem_new(1, sizeof(*slots));
	slots->loop = loop;
	slots->prefix = mem_copy_text(prefix);
	slots->remove = remove;
	slots->owner = owner;
	slots->timer = (struct loop_timer){.due = on_timer, .owner = slots};
	list_init(&slots->given);
	return slots;
}

struct slots *slots_free(struct slots *slots)
{
	if (!slots)
		return NULL;
	loop_timer_stop(slots->loop, &slots->timer);
	list_each (link, &slots->given)
		drop(slot_at(link));
	free(slots->prefix);
	free(slots);
	return NULL;
}
