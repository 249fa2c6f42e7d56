/*
 * noise.h - comfort noise: what a payload of RFC 3389 says, and how that
 * sounds.
 *
 * Contract: the level is in dB below overload (RMS; 0 is a square wave at full
 * scale). No allocation. One thread at a time per 'struct noise'.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOISE_LEVEL_MAX 127
#define NOISE_ORDER_MAX 12 /* more coefficients than that are left out */
#define NOISE_BYTES_MAX 1  /* of a payload that we write */

struct noise {
	bool known; /* a payload was read */
	unsigned level_db;
	unsigned order;
	float reflection[NOISE_ORDER_MAX];
	float memory[NOISE_ORDER_MAX + 1]; /* of the filter */
	float gain;
	uint32_t seed;
};

/* False, and nothing changed: it is empty. */
bool noise_read(struct noise *noise, const uint8_t *payload, size_t size);
void noise_make(struct noise *noise, int16_t *pcm, size_t samples);
/* The level alone: how it sounds is up to the listener. */
size_t noise_write(unsigned level_db, uint8_t *out, size_t cap);
/* How loud this is. */
unsigned noise_level(const int16_t *pcm, size_t samples);
