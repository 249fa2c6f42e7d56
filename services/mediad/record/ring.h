/*
 * ring.h - samples from one thread to another, without a lock.
 *
 * Contract: one thread puts, one takes; bounded. What does not fit is not taken
 * in part: ring_put says so and the caller counts it. Memory is given at
 * ring_new and freed when neither thread uses it any more.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	size_t room; /* samples; a power of two */
	_Atomic size_t put, taken;
	int16_t samples[];
};

/* Room for 'samples' at least. */
struct ring *ring_new(size_t samples);
struct ring *ring_free(struct ring *ring);
bool ring_put(struct ring *ring, const int16_t *samples, size_t count);
/* How many, up to 'max'. */
size_t ring_take(struct ring *ring, int16_t *to, size_t max);
