/*
 * wave.c - the only sound that mediad makes by itself today.
 *
 * 440 Hz and 480 Hz are multiples of 40 Hz, so their sum repeats after 25 ms;
 * five frames of 20 ms are four such periods. The whole tone is 800 bytes.
 */
#include "services/mediad/wave.h"

#include <math.h>
#include <string.h>

#define FRAMES 5
#define ON_FRAMES (2000 / WAVE_FRAME_MS)
#define CADENCE_FRAMES (6000 / WAVE_FRAME_MS)
/* Each of the two at -19 dBm0; a full-scale sine is +3.14 dBm0. */
#define LEVEL_DB (-19.0 - 3.14)

static struct {
	uint8_t on[FRAMES][G711_FRAME_MAX];
	uint8_t off[G711_FRAME_MAX];
} waves[2];

void wave_init(void)
{
	const double turn = 2 * acos(-1.0) / CODEC_CLOCK_HZ;
	const double size = 32767 * pow(10, LEVEL_DB / 20);

	for (int i = 0; i < FRAMES * G711_FRAME_MAX; i++) {
		int16_t sample = (int16_t)lround(
			size * (sin(440 * turn * i) + sin(480 * turn * i)));
		int frame = i / G711_FRAME_MAX, at = i % G711_FRAME_MAX;

		waves[CODEC_PCMU].on[frame][at] = g711_ulaw(sample);
		waves[CODEC_PCMA].on[frame][at] = g711_alaw(sample);
	}
	memset(waves[CODEC_PCMU].off, g711_ulaw(0), G711_FRAME_MAX);
	memset(waves[CODEC_PCMA].off, g711_alaw(0), G711_FRAME_MAX);
}

const uint8_t *wave_ringback(enum codec codec, uint32_t frame)
{
	uint32_t at = frame % CADENCE_FRAMES;

	return at < ON_FRAMES ? waves[codec].on[at % FRAMES] : waves[codec].off;
}
