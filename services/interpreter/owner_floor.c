/*
 * owner_floor.c - up to which event everything is acknowledged; see
 * owner_floor.h.
 */
#include "services/interpreter/owner_floor.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <stdlib.h>

static struct tick *tick_at(struct list *link)
{
	return list_of(link, struct tick, link);
}

void floor_init(struct floor *floor, uint64_t value)
{
	floor->value = value;
	list_init(&floor->ticks);
}

bool floor_is_settled(const struct floor *floor)
{
	return list_empty(&floor->ticks);
}

struct tick *floor_event(struct floor *floor, uint64_t sequence, unsigned said,
			 void *owner)
{
	if (!said) {
		if (!floor_is_settled(floor))
			tick_at(floor->ticks.prev)->upto = sequence;
		else if (sequence > floor->value)
			floor->value = sequence;
		return NULL;
	}
	struct tick *tick = mem_new(1, sizeof(*tick));
	tick->floor = floor;
	tick->upto = sequence;
	tick->waiting = said;
	tick->owner = owner;
	list_add_tail(&floor->ticks, &tick->link);
	return tick;
}

/* Ticks that are settled behind one that is not stay until it is. */
static void advance(struct floor *floor)
{
	while (!list_empty(&floor->ticks)) {
		struct tick *oldest = tick_at(floor->ticks.next);
		if (oldest->waiting)
			return;
		floor->value = oldest->upto;
		list_remove(&oldest->link);
		free(oldest);
	}
}

bool tick_done(struct tick *tick)
{
	assert(tick->waiting);
	if (--tick->waiting)
		return false;
	if (tick->floor)
		advance(tick->floor);
	else
		free(tick);
	return true;
}

void floor_abandon(struct floor *floor)
{
	list_each (link, &floor->ticks) {
		struct tick *tick = tick_at(link);
		list_remove(link);
		tick->floor = NULL;
		tick->owner = NULL;
		if (!tick->waiting)
			free(tick);
	}
}
