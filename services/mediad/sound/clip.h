/*
 * clip.h - one decoded sound, that many legs may hear while it still grows.
 *
 * Contract: made, filled and freed on the bus's thread; what clip_samples says
 * is there never changes again, and may be read on any thread by whoever keeps
 * the clip alive. Mono, 16 bits. The memory for the longest sound is reserved
 * as addresses only: it costs what was put in. No lock.
 */
#pragma once

#include "lib/base/list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIP_TEXT_BYTES 1024

enum clip_state { CLIP_COMING, CLIP_WHOLE, CLIP_FAILED };

struct clip {
	uint32_t rate_hz;
	int16_t *pcm;
	size_t room; /* samples at most */
	_Atomic size_t samples;
	_Atomic int state; /* enum clip_state */
	/* Once it failed: */
	int error;
	char text[CLIP_TEXT_BYTES];
};

/* NULL: no addresses left for it. */
struct clip *clip_new(uint32_t rate_hz, int64_t seconds_max);
struct clip *clip_free(struct clip *clip);
/* Takes what there is room for; false: that was not all. */
bool clip_add(struct clip *clip, const int16_t *pcm, size_t samples);
/* It is whole; the addresses that it does not need are given back. */
void clip_end(struct clip *clip);
/* What came before stays to be heard. The text may be NULL. */
void clip_fail(struct clip *clip, int error, const char *text);

static inline enum clip_state clip_state(const struct clip *clip)
{
	return (enum clip_state)atomic_load_explicit(
		&((struct clip *)(uintptr_t)clip)->state, memory_order_acquire);
}

static inline size_t clip_samples(const struct clip *clip)
{
	return atomic_load_explicit(&((struct clip *)(uintptr_t)clip)->samples,
				    memory_order_acquire);
}
