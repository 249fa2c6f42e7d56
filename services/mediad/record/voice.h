/*
 * voice.h - whether somebody speaks.
 *
 * Contract: a meter of level, for trimming and for the silence that ends a
 * recording: it need not tell a voice from a noise. A frame counts as voice
 * when it is VOICE_OVER_NOISE times louder than the quietest that was heard
 * lately, and as loud as VOICE_LEAST at the least. What is louder than
 * VOICE_SURE is one always. No clock. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Mean absolute sample of a frame. */
#define VOICE_LEAST 60  /* about -50 dBFS of a tone */
#define VOICE_SURE 1200 /* about -24 dBFS */
#define VOICE_OVER_NOISE 3

struct voice {
	uint32_t noise; /* in 1/256 of a sample */
	bool started;
};

bool voice_heard(struct voice *voice, const int16_t *pcm, size_t samples);
