/*
 * conceal.c - see conceal.h. (spandsp has such a thing too; it copies memory
 * over itself when frames are of odd lengths.)
 */
#include "services/mediad/codec/conceal.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* In samples of 8000 Hz; twice as many at 16000. */
#define PERIOD_MIN 40  /* 200 Hz; of higher voices it finds some periods */
#define PERIOD_MAX 120 /* 66 Hz */
#define COMPARED 160   /* so many samples must look alike */
#define HISTORY (PERIOD_MAX + COMPARED)
#define SCALE_MAX 2
/* In ms: as loud as before; silent. */
#define LOUD_MS 20
#define SILENT_MS 60

struct conceal {
	size_t scale;  /* of the sizes above */
	size_t made;   /* samples in a row; 0: nothing is missing */
	size_t period; /* samples */
	size_t at;     /* in the period */
	int16_t cycle[PERIOD_MAX * SCALE_MAX];
	int16_t history[HISTORY * SCALE_MAX]; /* the newest at its end */
};

struct conceal *conceal_new(uint32_t rate_hz)
{
	struct conceal *conceal = mem_new(1, sizeof(*conceal));

	conceal->scale = rate_hz >= 16000 ? 2 : 1;
	return conceal;
}

struct conceal *conceal_free(struct conceal *conceal)
{
	free(conceal);
	return NULL;
}

static void remember(struct conceal *conceal, const int16_t *pcm,
		     size_t samples)
{
	size_t size = HISTORY * conceal->scale;
	int16_t *history = conceal->history;

	if (samples >= size) {
		memcpy(history, pcm + samples - size, size * sizeof(*pcm));
		return;
	}
	memmove(history, history + samples, (size - samples) * sizeof(*pcm));
	memcpy(history + size - samples, pcm, samples * sizeof(*pcm));
}

/* How little the newest sound looks like that of 'lag' samples before. */
static uint32_t difference(const struct conceal *conceal, size_t lag)
{
	size_t size = HISTORY * conceal->scale;
	const int16_t *new =
		conceal->history + size - COMPARED * conceal->scale;
	const int16_t *before = new - lag;
	uint32_t sum = 0;

	for (size_t i = 0; i < COMPARED * conceal->scale; i++)
		sum += (uint32_t)abs(new[i] - before[i]);
	return sum;
}

static size_t find_period(const struct conceal *conceal)
{
	uint32_t least = UINT32_MAX;
	size_t found = 0;

	for (size_t lag = PERIOD_MIN * conceal->scale;
	     lag <= PERIOD_MAX * conceal->scale; lag++) {
		uint32_t sum = difference(conceal, lag);

		if (sum < least) {
			least = sum;
			found = lag;
		}
	}
	return found;
}

/* From 'old' to 'new' along 'length' samples: the i-th. */
static int16_t blend(int old, int new, size_t i, size_t length)
{
	int whole = (int)length, part = (int)i;

	return (int16_t)((old * (whole - part) + new *part) / whole);
}

/* One period, whose end leads into its beginning. */
static void begin(struct conceal *conceal)
{
	size_t period = find_period(conceal);
	const int16_t *end = conceal->history + HISTORY * conceal->scale;
	size_t joint = period / 4;

	memcpy(conceal->cycle, end - period, period * sizeof(*end));
	for (size_t i = 0; i < joint; i++) {
		size_t to = period - joint + i;

		conceal->cycle[to] =
			blend(conceal->cycle[to], *(end - period - joint + i),
			      i, joint);
	}
	conceal->period = period;
	conceal->at = 0;
}

static int16_t next(struct conceal *conceal)
{
	size_t ms = 8 * conceal->scale; /* samples */
	size_t loud = LOUD_MS * ms, silent = SILENT_MS * ms;
	int sample = conceal->cycle[conceal->at];

	conceal->at = (conceal->at + 1) % conceal->period;
	if (conceal->made >= silent)
		return 0;
	if (conceal->made++ < loud)
		return (int16_t)sample;
	return blend(sample, 0, conceal->made - 1 - loud, silent - loud);
}

void conceal_heard(struct conceal *conceal, int16_t *pcm, size_t samples)
{
	if (conceal->made) {
		size_t joint = conceal->period / 4;

		for (size_t i = 0; i < joint && i < samples; i++)
			pcm[i] = blend(next(conceal), pcm[i], i, joint);
		conceal->made = 0;
	}
	remember(conceal, pcm, samples);
}

void conceal_fill(struct conceal *conceal, int16_t *pcm, size_t samples)
{
	if (!conceal->made)
		begin(conceal);
	for (size_t i = 0; i < samples; i++)
		pcm[i] = next(conceal);
	remember(conceal, pcm, samples);
}
