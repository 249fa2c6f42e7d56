/*
 * resampler.h - sound at one rate made into sound at another (speexdsp).
 *
 * Contract: mono, 16 bits. A resampler carries its filter from call to call:
 * one per stream and direction, and what comes out is a few samples later than
 * what went in. No allocation after _new. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct resampler;

/* For live sound, cheaply. Rates 8000 to 48000; never NULL. */
struct resampler *resampler_new(uint32_t from_hz, uint32_t to_hz);
/* For files: dearer, as good as 16 bits are. Rates 4000 to 192000; NULL when
 * one is outside. */
struct resampler *resampler_new_fine(uint32_t from_hz, uint32_t to_hz);
struct resampler *resampler_free(struct resampler *resampler);
/*
 * Takes all of 'in' and gives samples * to_hz / from_hz of them (one more or
 * less where that is no whole number). What exceeds 'cap' is lost: returns how
 * many were written.
 */
size_t resampler_run(struct resampler *resampler, const int16_t *in,
		     size_t samples, int16_t *out, size_t cap);
