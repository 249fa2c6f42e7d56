/*
 * wave.c - the only sounds that mediad makes by itself today: ringing tones, by
 * country (waves.def).
 *
 * A tone of whole frequencies repeats after a second: 50 frames of it are kept,
 * made when a country is first asked for.
 */
#include "services/mediad/wave.h"

#include "lib/base/mem.h"
#include "lib/runtime/thread.h"

#include <math.h>
#include <string.h>

#define FRAMES (1000 / WAVE_FRAME_MS)
/* One of two at -19 dBm0, one alone at -16; a full-scale sine is +3.14 dBm0. */
#define LEVEL_DB (-19.0 - 3.14)
#define LEVEL_ALONE_DB (-16.0 - 3.14)

struct sound {
	uint8_t on[2][FRAMES][G711_FRAME_MAX]; /* by codec */
};

struct wave {
	const char *country;
	int hz, second_hz, modulation_hz;
	uint32_t on, off, on_again, off_again; /* ms */
	struct sound *sound; /* NULL as long as nobody asked */
};

static struct wave waves[] = {
#define WAVE(country, hz, second, modulation, on, off, on_again, off_again)    \
	{country, hz, second, modulation, on, off, on_again, off_again, NULL},
#include "services/mediad/waves.def"
#undef WAVE
};

static uint8_t silence[2][G711_FRAME_MAX];
static struct lock *making; /* of sounds, when they are first asked for */

static double value(const struct wave *wave, int at)
{
	const double turn = 2 * acos(-1.0) / CODEC_CLOCK_HZ;
	double level = wave->second_hz ? LEVEL_DB : LEVEL_ALONE_DB;
	double sum = sin(wave->hz * turn * at);

	if (wave->second_hz)
		sum += sin(wave->second_hz * turn * at);
	if (wave->modulation_hz)
		sum *= (1 + sin(wave->modulation_hz * turn * at)) / 2;
	return 32767 * pow(10, level / 20) * sum;
}

static void make(struct wave *wave)
{
	wave->sound = mem_new(1, sizeof(*wave->sound));
	for (int i = 0; i < FRAMES * G711_FRAME_MAX; i++) {
		int16_t sample = (int16_t)lround(value(wave, i));
		int frame = i / G711_FRAME_MAX, at = i % G711_FRAME_MAX;

		wave->sound->on[CODEC_PCMU][frame][at] = g711_ulaw(sample);
		wave->sound->on[CODEC_PCMA][frame][at] = g711_alaw(sample);
	}
}

void wave_init(void)
{
	if (making)
		return;
	making = lock_new();
	memset(silence[CODEC_PCMU], g711_ulaw(0), G711_FRAME_MAX);
	memset(silence[CODEC_PCMA], g711_alaw(0), G711_FRAME_MAX);
	(void)wave_of("");
}

const struct wave *wave_of(const char *country)
{
	size_t i = sizeof(waves) / sizeof(waves[0]);

	while (--i > 0) {
		if (strcmp(waves[i].country, country) == 0)
			break;
	}
	lock_take(making);
	if (!waves[i].sound)
		make(&waves[i]);
	lock_give(making);
	return &waves[i];
}

const uint8_t *wave_frame(const struct wave *wave, enum codec codec,
			  uint32_t frame)
{
	uint32_t first = wave->on + wave->off;
	uint32_t at = frame * WAVE_FRAME_MS %
		      (first + wave->on_again + wave->off_again);

	return at < wave->on || (at >= first && at < first + wave->on_again)
		       ? wave->sound->on[codec][frame % FRAMES]
		       : silence[codec];
}
