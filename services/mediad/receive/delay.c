/*
 * delay.c - a running minimum and a histogram that forgets.
 */
#include "services/mediad/receive/delay.h"

#include <string.h>

#define WINDOW_US 5000000
#define TOTAL (1u << 24) /* of all weights, about */
#define ONE_IN 200
#define FIRST_BUCKET 7 /* until 40 ms */
/* So many in a row beyond DELAY_MAX_US are the way it is now. */
#define BEYOND_MAX 5

/* At first one learns quickly. */
static unsigned forgetting(uint32_t noted)
{
	return noted < 64 ? 5 : noted < 256 ? 7 : 9;
}

void delay_init(struct delay *delay)
{
	memset(delay, 0, sizeof(*delay));
	delay->weights[FIRST_BUCKET] = TOTAL;
	delay->wanted_us = (FIRST_BUCKET + 1) * DELAY_BUCKET_US;
}

void delay_restart(struct delay *delay)
{
	delay->started = false;
}

static void begin(struct delay *delay, int64_t transit_us, int64_t now_us)
{
	delay->started = true;
	delay->base_us = delay->next_base_us = transit_us;
	delay->window_us = now_us;
	delay->beyond = 0;
}

static void follow_least(struct delay *delay, int64_t transit_us,
			 int64_t now_us)
{
	if (now_us - delay->window_us >= WINDOW_US) {
		delay->base_us = delay->next_base_us;
		delay->next_base_us = transit_us;
		delay->window_us = now_us;
	}
	if (transit_us < delay->next_base_us)
		delay->next_base_us = transit_us;
	if (transit_us < delay->base_us)
		delay->base_us = transit_us;
}

/* The upper edge of the bucket where the tail of one in ONE_IN begins. */
static void find_wanted(struct delay *delay)
{
	uint32_t tail = 0;
	unsigned i = DELAY_BUCKETS - 1;

	for (; i > 0; i--) {
		tail += delay->weights[i];
		if (tail > TOTAL / ONE_IN)
			break;
	}
	delay->wanted_us = (int64_t)(i + 1) * DELAY_BUCKET_US;
}

static void weigh(struct delay *delay, int64_t late_us)
{
	unsigned shift = forgetting(delay->noted);
	int64_t bucket = late_us / DELAY_BUCKET_US;

	if (bucket >= DELAY_BUCKETS)
		bucket = DELAY_BUCKETS - 1;
	for (unsigned i = 0; i < DELAY_BUCKETS; i++)
		delay->weights[i] -= delay->weights[i] >> shift;
	delay->weights[bucket] += TOTAL >> shift;
	if (delay->noted < UINT32_MAX)
		delay->noted++;
	find_wanted(delay);
}

bool delay_note(struct delay *delay, int64_t transit_us, int64_t now_us)
{
	int64_t late_us = transit_us - delay->base_us;
	bool jumps;

	if (!delay->started) {
		begin(delay, transit_us, now_us);
		weigh(delay, 0);
		return true;
	}
	delay->beyond = late_us > DELAY_MAX_US ? delay->beyond + 1 : 0;
	jumps = late_us < -DELAY_MAX_US || delay->beyond >= BEYOND_MAX;
	if (jumps) {
		begin(delay, transit_us, now_us);
		return false;
	}
	follow_least(delay, transit_us, now_us);
	weigh(delay, transit_us - delay->base_us);
	return true;
}

int64_t delay_wanted_us(const struct delay *delay)
{
	if (delay->wanted_us < DELAY_LEAST_US)
		return DELAY_LEAST_US;
	return delay->wanted_us < DELAY_MAX_US ? delay->wanted_us
					       : DELAY_MAX_US;
}
