/*
 * ring.h - samples from one thread to another, without a lock.
 *
 * Contract: one thread puts, one takes. As much memory as what waits needs, a
 * block more, and no more than ring_new allows: what does not fit is not taken
 * in part, ring_put says so and the caller counts it. ring_free when neither
 * thread uses it any more.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_block {
	struct ring_block *_Atomic next;
	_Atomic size_t put;
	int16_t samples[];
};

struct ring {
	size_t room, block; /* samples: at most, and in one block */
	_Atomic size_t held;
	struct ring_block *in, *out;      /* of who puts; of who takes … */
	size_t taken;                     /* … and what it has of 'out' */
	struct ring_block *_Atomic spare; /* emptied, for who puts; NULL */
};

/* Room for 'samples', in blocks of 'block': what is taken in one go, or less.
 */
struct ring *ring_new(size_t samples, size_t block);
struct ring *ring_free(struct ring *ring);
bool ring_put(struct ring *ring, const int16_t *samples, size_t count);
/* How many, up to 'max'. */
size_t ring_take(struct ring *ring, int16_t *to, size_t max);
