/*
 * wave.h - a tone with its cadence, made once, played frame by frame.
 *
 * Contract: wave_frame returns a borrowed frame of G711_FRAME_MAX bytes for
 * the n-th 20 ms of a tone. Nothing is computed on the way: a steady tone
 * repeats after few frames, and those are kept. wave_init must have been called
 * once. Any thread afterwards.
 */
#pragma once

#include "services/mediad/g711.h"

#include <stdint.h>

#define WAVE_FRAME_MS 20

void wave_init(void);
/* Ringback: 440 and 480 Hz, 2 s on, 4 s off (ANSI T1.401, North America). */
const uint8_t *wave_ringback(enum codec codec, uint32_t frame);
