/*
 * tone.h - plays ringing tones to legs, a frame a tick.
 *
 * Contract: called by leg.c alone. The worker's thread.
 */
#pragma once

#include <stdint.h>

struct leg;

void tone_start(struct leg *leg);
void tone_play(struct leg *leg, int64_t now_ns);
