/*
 * tones.h - keys as tones in the sound (DTMF, ITU-T Q.23 and Q.24): found by
 * spandsp's detector, and made.
 *
 * Contract: tones_find tells a key when it has been heard long enough to be
 * none of a voice's (about 40 ms), and that it was let go. Mono, 16 bits; any
 * rate that resampler.h takes. No allocation but in _new. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tones;

struct tones_news {
	bool down, up; /* of the present key; the one before was let go */
	char key;      /* 0-9, *, #, A-D */
	char up_key;
	uint32_t duration_ms; /* up: for how long it was down */
};

struct tones *tones_new(uint32_t rate_hz);
struct tones *tones_free(struct tones *tones);
/* True: something happened. */
bool tones_find(struct tones *tones, const int16_t *pcm, size_t samples,
		struct tones_news *news_out);

/* The next samples of a key, of which 'at' were made before. False: no key. */
bool tones_make(char key, uint32_t rate_hz, uint64_t at, int16_t *pcm,
		size_t samples);
