/*
 * wave.h - ringing tones with their cadence, made once, played frame by frame.
 *
 * Contract: wave_frame returns a borrowed frame of G711_FRAME_MAX bytes for
 * the n-th 20 ms of a tone. Nothing is computed on the way: a steady tone
 * repeats after a second, and that is kept. wave_init is called by the main
 * thread before there are others; then any thread.
 */
#pragma once

#include "services/mediad/codec/g711.h"

#include <stdint.h>

#define WAVE_FRAME_MS 20

struct wave;

void wave_init(void);
/*
 * The ringing tone of a country as Dial's ringTone names it. Never NULL: "" and
 * unknown ones are North America's (440 and 480 Hz, 2 s on, 4 s off).
 */
const struct wave *wave_of(const char *country);
const uint8_t *wave_frame(const struct wave *wave, enum codec codec,
			  uint32_t frame);
