/*
 * window.h - which packets of a stream came already, and what the whole number
 * of the next one is (RFC 3711, 3.3).
 *
 * Contract: a zeroed window is that of a stream nothing is known of, in round
 * 0. A packet's index is its sequence number of 16 bits below the count of
 * rounds (ROC); of SRTCP, its index. A pure function of what was taken; what
 * did not prove its key must not be taken. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_PACKETS 128

struct window {
	uint64_t top;     /* the highest index that was taken */
	uint64_t seen[2]; /* bit n: top - n was */
};

/* The index that is closest to 'top'. */
uint64_t window_guess(const struct window *window, uint16_t sequence);
/* False: it came before, or is too old for that to be known. */
bool window_is_new(const struct window *window, uint64_t index);
void window_take(struct window *window, uint64_t index);
