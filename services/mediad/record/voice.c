/*
 * voice.c - see voice.h. The floor of noise falls at once and rises slowly, so
 * that a voice does not become the noise that it is measured by.
 */
#include "services/mediad/record/voice.h"

#include <stdlib.h>

#define FRACTION 256u
#define RISE_SHIFT 7 /* of the distance, each frame: 2.5 s for 20 ms frames */

static uint32_t level(const int16_t *pcm, size_t samples)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < samples; i++)
		sum += (uint32_t)abs(pcm[i]);
	return samples ? (uint32_t)(sum * FRACTION / samples) : 0;
}

bool voice_heard(struct voice *voice, const int16_t *pcm, size_t samples)
{
	uint32_t now = level(pcm, samples);
	uint32_t limit;

	if (!voice->started)
		voice->noise = VOICE_LEAST * FRACTION / VOICE_OVER_NOISE;
	voice->started = true;
	if (now < voice->noise)
		voice->noise = now;
	else
		voice->noise += (now - voice->noise) >> RISE_SHIFT;
	limit = voice->noise * VOICE_OVER_NOISE;
	if (limit < VOICE_LEAST * FRACTION)
		limit = VOICE_LEAST * FRACTION;
	if (limit > VOICE_SURE * FRACTION)
		limit = VOICE_SURE * FRACTION;
	return now >= limit;
}
