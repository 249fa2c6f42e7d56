/*
 * ports.c - free pairs in an array (random choice by swapping the last into the
 * gap), resting pairs in a queue by age. Both are indices into one table, so
 * that a stated pair can be taken from either.
 */
#include "services/mediad/ports.h"

#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/runtime/thread.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

enum pair_state { PAIR_FREE, PAIR_TAKEN, PAIR_RESTING };

struct pair {
	enum pair_state state;
	uint32_t place;   /* in 'free', while free */
	int64_t since_ms; /* when it was given back */
	struct list link; /* in 'resting' */
};

struct ports {
	struct lock *lock; /* of all that follows but first and count */
	uint16_t first;
	uint32_t count;
	uint32_t free_count;
	uint32_t resting_count;
	struct list resting; /* longest first */
	uint32_t *free;
	struct pair *pairs;
};

struct ports *ports_new(uint16_t min, uint16_t max)
{
	uint32_t first = min + (min & 1u);
	struct ports *ports;

	if (max < first + 1u)
		return NULL;
	ports = mem_new(1, sizeof(*ports));
	ports->first = (uint16_t)first;
	ports->count = (max - first + 1u) / 2;
	ports->pairs = mem_new(ports->count, sizeof(*ports->pairs));
	ports->free = mem_new(ports->count, sizeof(*ports->free));
	ports->lock = lock_new();
	list_init(&ports->resting);
	for (uint32_t i = 0; i < ports->count; i++) {
		ports->free[i] = i;
		ports->pairs[i].place = i;
	}
	ports->free_count = ports->count;
	return ports;
}

struct ports *ports_free(struct ports *ports)
{
	if (ports) {
		lock_free(ports->lock);
		free(ports->free);
		free(ports->pairs);
		free(ports);
	}
	return NULL;
}

static uint32_t random_below(uint32_t bound)
{
	uint32_t number = 0;

	/* Small requests of initialised randomness never fall short. */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		abort();
	return (uint32_t)(((uint64_t)number * bound) >> 32);
}

/* The only place where a pair's state changes. */
static void enter(struct ports *ports, uint32_t index, enum pair_state state)
{
	struct pair *pair = &ports->pairs[index];

	assert(pair->state != state);
	if (pair->state == PAIR_FREE) {
		uint32_t last = ports->free[--ports->free_count];

		ports->free[pair->place] = last;
		ports->pairs[last].place = pair->place;
	} else if (pair->state == PAIR_RESTING) {
		list_remove(&pair->link);
		ports->resting_count--;
	}
	pair->state = state;
	if (state == PAIR_FREE) {
		pair->place = ports->free_count;
		ports->free[ports->free_count++] = index;
	} else if (state == PAIR_RESTING) {
		list_add_tail(&ports->resting, &pair->link);
		ports->resting_count++;
	}
}

static bool may_return(const struct ports *ports, const struct pair *pair,
		       int64_t now_ms)
{
	int64_t rested_ms = now_ms - pair->since_ms;

	if (rested_ms >= PORTS_REST_MS)
		return true;
	return ports->free_count <= ports->count / 8 &&
	       rested_ms >= PORTS_REST_LEAST_MS;
}

static void wake(struct ports *ports, int64_t now_ms)
{
	list_each (link, &ports->resting) {
		struct pair *pair = list_of(link, struct pair, link);

		if (!may_return(ports, pair, now_ms))
			return;
		enter(ports, (uint32_t)(pair - ports->pairs), PAIR_FREE);
	}
}

uint16_t ports_take(struct ports *ports, int64_t now_ms)
{
	uint16_t port = 0;

	lock_take(ports->lock);
	wake(ports, now_ms);
	if (ports->free_count > 0) {
		uint32_t index = ports->free[random_below(ports->free_count)];

		enter(ports, index, PAIR_TAKEN);
		port = (uint16_t)(ports->first + 2 * index);
	}
	lock_give(ports->lock);
	return port;
}

/* -1: not one of ours. */
static int64_t index_of(const struct ports *ports, uint16_t port)
{
	uint32_t index;

	if (port < ports->first || (port & 1))
		return -1;
	index = (uint32_t)(port - ports->first) / 2;
	return index < ports->count ? (int64_t)index : -1;
}

bool ports_take_exact(struct ports *ports, uint16_t port)
{
	int64_t index = index_of(ports, port);
	bool taken;

	if (index < 0)
		return false;
	lock_take(ports->lock);
	taken = ports->pairs[index].state != PAIR_TAKEN;
	if (taken)
		enter(ports, (uint32_t)index, PAIR_TAKEN);
	lock_give(ports->lock);
	return taken;
}

void ports_give(struct ports *ports, uint16_t port, int64_t now_ms)
{
	int64_t index = index_of(ports, port);

	assert(index >= 0);
	lock_take(ports->lock);
	assert(ports->pairs[index].state == PAIR_TAKEN);
	ports->pairs[index].since_ms = now_ms;
	enter(ports, (uint32_t)index, PAIR_RESTING);
	lock_give(ports->lock);
}

size_t ports_count(const struct ports *ports)
{
	return ports->count;
}

size_t ports_taken(struct ports *ports)
{
	size_t taken;

	lock_take(ports->lock);
	taken = ports->count - ports->free_count - ports->resting_count;
	lock_give(ports->lock);
	return taken;
}
