/*
 * delay.h - how late packets come: the delay that a jitter buffer must add so
 * that nearly all of them come in time.
 *
 * Contract: each packet's transit (arrival minus sending, each by its own
 * clock) is compared with the least of the last 5 to 10 s, so that clocks which
 * drift apart cost nothing; a histogram of those differences that forgets
 * within about 10 s gives the delay which all but one in 200 keep (reliability
 * wants mean + 4 sigma or as good: it is the tail itself, whatever its shape).
 * Microseconds. No allocation, no clock. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DELAY_BUCKET_US 5000
#define DELAY_BUCKETS 41 /* up to 200 ms, and above */
#define DELAY_MAX_US (DELAY_BUCKET_US * (DELAY_BUCKETS - 1))
#define DELAY_LEAST_US 10000

struct delay {
	bool started;
	int64_t base_us, next_base_us; /* least transit: of both windows, of
					  the present one */
	int64_t window_us;             /* when the present one began */
	uint32_t weights[DELAY_BUCKETS];
	uint32_t noted;
	uint32_t beyond; /* packets in a row outside of all bounds */
	int64_t wanted_us;
};

/* Nothing is known. The first guess is 40 ms. */
void delay_init(struct delay *delay);
/*
 * A packet came. False: the times of before and this one's have nothing to do
 * with each other; everything counts from it (what the network does stays
 * known).
 */
bool delay_note(struct delay *delay, int64_t transit_us, int64_t now_us);
/* The next transit begins anew: another stream. */
void delay_restart(struct delay *delay);
/* What is to be added to the least transit; DELAY_LEAST_US to DELAY_MAX_US. */
int64_t delay_wanted_us(const struct delay *delay);
