/*
 * ring.c - see ring.h. 'put' and 'taken' count for ever; each is written by one
 * thread and published after the samples were.
 */
#include "services/mediad/record/ring.h"

#include "lib/base/mem.h"

#include <stdlib.h>

struct ring *ring_new(size_t samples)
{
	size_t room = 1024;
	struct ring *ring;

	while (room < samples)
		room *= 2;
	ring = mem_new(1, sizeof(*ring) + room * sizeof(ring->samples[0]));
	ring->room = room;
	return ring;
}

struct ring *ring_free(struct ring *ring)
{
	free(ring);
	return NULL;
}

bool ring_put(struct ring *ring, const int16_t *samples, size_t count)
{
	size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);

	if (count > ring->room - (put - taken))
		return false;
	for (size_t i = 0; i < count; i++)
		ring->samples[(put + i) & (ring->room - 1)] = samples[i];
	atomic_store_explicit(&ring->put, put + count, memory_order_release);
	return true;
}

size_t ring_take(struct ring *ring, int16_t *to, size_t max)
{
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	size_t put = atomic_load_explicit(&ring->put, memory_order_acquire);
	size_t count = put - taken < max ? put - taken : max;

	for (size_t i = 0; i < count; i++)
		to[i] = ring->samples[(taken + i) & (ring->room - 1)];
	atomic_store_explicit(&ring->taken, taken + count,
			      memory_order_release);
	return count;
}
