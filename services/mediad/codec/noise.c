/*
 * noise.c - see noise.h. White noise through the all-pole lattice that the
 * payload describes, at the level it says.
 */
#include "services/mediad/codec/noise.h"

#include <math.h>
#include <string.h>

#define OVERLOAD 32767.0f
#define REFLECTION_STEP (258.0f / 32768.0f) /* RFC 3389, 3.3 */
#define REFLECTION_ZERO 127
#define REFLECTION_MOST 0.95f /* nearer to 1 it would ring, not hiss */
#define SEED 0x2545f491u

bool noise_read(struct noise *noise, const uint8_t *payload, size_t size)
{
	float power = 1;

	if (size == 0)
		return false;
	noise->known = true;
	noise->level_db = payload[0] & NOISE_LEVEL_MAX;
	noise->order = 0;
	for (size_t i = 1; i < size && noise->order < NOISE_ORDER_MAX; i++) {
		float k =
			(float)(payload[i] - REFLECTION_ZERO) * REFLECTION_STEP;

		if (k > REFLECTION_MOST)
			k = REFLECTION_MOST;
		else if (k < -REFLECTION_MOST)
			k = -REFLECTION_MOST;
		noise->reflection[noise->order++] = k;
		power *= 1 - k * k; /* what the filter adds, taken away */
	}
	/* Noise that is even between -1 and 1 has a power of a third. */
	noise->gain = OVERLOAD * powf(10, -(float)noise->level_db / 20) *
		      sqrtf(3 * power);
	return true;
}

/* Between -1 and 1. */
static float white(struct noise *noise)
{
	uint32_t x = noise->seed ? noise->seed : SEED;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	noise->seed = x;
	return (float)(int32_t)x / 2147483648.0f;
}

static float shaped(struct noise *noise, float forward)
{
	float *memory = noise->memory;

	for (unsigned i = noise->order; i > 0; i--) {
		float k = noise->reflection[i - 1];

		forward -= k * memory[i - 1];
		memory[i] = memory[i - 1] + k * forward;
	}
	memory[0] = forward;
	return forward;
}

void noise_make(struct noise *noise, int16_t *pcm, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		float sample = shaped(noise, white(noise) * noise->gain);

		if (sample > OVERLOAD)
			sample = OVERLOAD;
		else if (!(sample > -OVERLOAD))
			sample = -OVERLOAD;
		pcm[i] = (int16_t)sample;
	}
}

size_t noise_write(unsigned level_db, uint8_t *out, size_t cap)
{
	if (cap < NOISE_BYTES_MAX)
		return 0;
	out[0] = (uint8_t)(level_db > NOISE_LEVEL_MAX ? NOISE_LEVEL_MAX
						      : level_db);
	return NOISE_BYTES_MAX;
}

unsigned noise_level(const int16_t *pcm, size_t samples)
{
	float power = 0, db;

	for (size_t i = 0; i < samples; i++)
		power += (float)pcm[i] * (float)pcm[i];
	if (samples == 0 || power < 1)
		return NOISE_LEVEL_MAX;
	db = -10 * log10f(power / (float)samples / (OVERLOAD * OVERLOAD));
	if (db < 0)
		return 0;
	return db > NOISE_LEVEL_MAX ? NOISE_LEVEL_MAX : (unsigned)(db + 0.5f);
}
