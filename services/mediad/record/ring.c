/*
 * ring.c - see ring.h. A chain of blocks: the last is who puts', the first who
 * takes'; between them 'next' is written once, after all that stands before it.
 */
#include "services/mediad/record/ring.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct ring_block *block_new(const struct ring *ring)
{
	return mem_new(1, sizeof(struct ring_block) +
				  ring->block * sizeof(int16_t));
}

struct ring *ring_new(size_t samples, size_t block)
{
	struct ring *ring = mem_new(1, sizeof(*ring));

	ring->room = samples;
	ring->block = block;
	ring->in = ring->out = block_new(ring);
	return ring;
}

struct ring *ring_free(struct ring *ring)
{
	if (!ring)
		return NULL;
	while (ring->out) {
		struct ring_block *next = atomic_load(&ring->out->next);

		free(ring->out);
		ring->out = next;
	}
	free(atomic_load(&ring->spare));
	free(ring);
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- who puts --- */

static void add_block(struct ring *ring)
{
	struct ring_block *block = atomic_exchange_explicit(
		&ring->spare, NULL, memory_order_acquire);

	if (!block)
		block = block_new(ring);
	atomic_store_explicit(&block->put, 0, memory_order_relaxed);
	atomic_store_explicit(&block->next, NULL, memory_order_relaxed);
	atomic_store_explicit(&ring->in->next, block, memory_order_release);
	ring->in = block;
}

bool ring_put(struct ring *ring, const int16_t *samples, size_t count)
{
	if (count > ring->room - atomic_load(&ring->held))
		return false;
	atomic_fetch_add(&ring->held, count);
	while (count > 0) {
		size_t put = atomic_load_explicit(&ring->in->put,
						  memory_order_relaxed);
		size_t part = least(count, ring->block - put);

		if (part == 0) {
			add_block(ring);
			continue;
		}
		memcpy(ring->in->samples + put, samples,
		       part * sizeof(samples[0]));
		atomic_store_explicit(&ring->in->put, put + part,
				      memory_order_release);
		samples += part;
		count -= part;
	}
	return true;
}

/* --- who takes --- */

/* False: nothing stands behind what was taken. */
static bool next_block(struct ring *ring)
{
	struct ring_block *empty = ring->out;
	struct ring_block *next =
		atomic_load_explicit(&empty->next, memory_order_acquire);

	if (ring->taken < ring->block || !next)
		return false;
	ring->out = next;
	ring->taken = 0;
	free(atomic_exchange_explicit(&ring->spare, empty,
				      memory_order_acq_rel));
	return true;
}

size_t ring_take(struct ring *ring, int16_t *to, size_t max)
{
	size_t done = 0;

	while (done < max) {
		size_t put = atomic_load_explicit(&ring->out->put,
						  memory_order_acquire);
		size_t part = least(max - done, put - ring->taken);

		if (part == 0 && !next_block(ring))
			break;
		memcpy(to + done, ring->out->samples + ring->taken,
		       part * sizeof(to[0]));
		ring->taken += part;
		done += part;
	}
	atomic_fetch_sub(&ring->held, done);
	return done;
}
