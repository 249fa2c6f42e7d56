/*
 * window.c - see window.h.
 */
#include "services/mediad/secure/window.h"

#define HALF_ROUND 0x8000
#define ROUND_BITS 16
#define WORD_BITS 64

/* RFC 3711, appendix A; there is no round before the first one. */
uint64_t window_guess(const struct window *window, uint16_t sequence)
{
	uint64_t round = window->top >> ROUND_BITS;
	int32_t last = (uint16_t)window->top;

	if (last < HALF_ROUND)
		round -= round > 0 && sequence - last > HALF_ROUND;
	else
		round += last - HALF_ROUND > sequence;
	return round << ROUND_BITS | sequence;
}

static bool is_seen(const struct window *window, uint64_t back)
{
	return window->seen[back / WORD_BITS] >> back % WORD_BITS & 1;
}

bool window_is_new(const struct window *window, uint64_t index)
{
	uint64_t back = window->top - index;

	return index > window->top ||
	       (back < WINDOW_PACKETS && !is_seen(window, back));
}

static void move_on(struct window *window, uint64_t steps)
{
	uint64_t *seen = window->seen;

	if (steps >= WINDOW_PACKETS) {
		seen[0] = seen[1] = 0;
	} else if (steps >= WORD_BITS) {
		seen[1] = seen[0] << (steps - WORD_BITS);
		seen[0] = 0;
	} else if (steps > 0) {
		seen[1] = seen[1] << steps | seen[0] >> (WORD_BITS - steps);
		seen[0] <<= steps;
	}
}

void window_take(struct window *window, uint64_t index)
{
	uint64_t back = window->top - index;

	if (index > window->top) {
		move_on(window, index - window->top);
		window->top = index;
		back = 0;
	}
	if (back < WINDOW_PACKETS)
		window->seen[back / WORD_BITS] |= 1ULL << back % WORD_BITS;
}
