/*
 * conceal.h - sound for what was lost, for codecs that bring none of their own:
 * the last period of the voice goes on, and fades (as G.711, appendix I, does).
 *
 * Contract: mono, 16 bits, 8000 or 16000 Hz. No allocation after _new. One
 * thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct conceal;

struct conceal *conceal_new(uint32_t rate_hz);
struct conceal *conceal_free(struct conceal *conceal);
/* What was heard; its beginning is blended with what was made up before. */
void conceal_heard(struct conceal *conceal, int16_t *pcm, size_t samples);
void conceal_fill(struct conceal *conceal, int16_t *pcm, size_t samples);
