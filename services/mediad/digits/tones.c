/*
 * tones.c - the only place of this room that knows spandsp.
 */
#include "services/mediad/digits/tones.h"

#include "lib/base/mem.h"
#include "services/mediad/codec/resampler.h"

#include <math.h>
#include <spandsp.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 8000
#define PIECE 160
/* Until a key is believed, and until its end is: two of spandsp's blocks. */
#define SEEN_MS 25
#define LOW_AMPLITUDE 7232.0  /* -10 dBm0 */
#define HIGH_AMPLITUDE 9104.0 /* -8 dBm0 */

struct tones {
	dtmf_rx_state_t *detector;
	struct resampler *resampler; /* NULL: it is RATE_HZ */
	char key;                    /* down; 0: none */
	uint64_t now, since;         /* samples */
	struct tones_news news;
};

static void let_go(struct tones *tones)
{
	tones->news.up = true;
	tones->news.up_key = tones->key;
	tones->news.duration_ms =
		(uint32_t)((tones->now - tones->since) / (RATE_HZ / 1000));
	tones->key = 0;
}

static void on_change(void *owner, int code, int level, int delay)
{
	struct tones *tones = owner;

	(void)level;
	(void)delay;
	if (tones->key)
		let_go(tones);
	if (code == 0)
		return;
	tones->key = (char)code;
	tones->since = tones->now - SEEN_MS * RATE_HZ / 1000;
	tones->news.down = true;
	tones->news.key = tones->key;
}

struct tones *tones_new(uint32_t rate_hz)
{
	struct tones *tones = mem_new(1, sizeof(*tones));

	tones->detector = dtmf_rx_init(NULL, NULL, NULL);
	if (!tones->detector)
		abort();
	dtmf_rx_set_realtime_callback(tones->detector, on_change, tones);
	tones->now = RATE_HZ;
	if (rate_hz != RATE_HZ)
		tones->resampler = resampler_new(rate_hz, RATE_HZ);
	return tones;
}

struct tones *tones_free(struct tones *tones)
{
	if (tones) {
		dtmf_rx_free(tones->detector);
		resampler_free(tones->resampler);
		free(tones);
	}
	return NULL;
}

static void detect(struct tones *tones, const int16_t *pcm, size_t samples)
{
	while (samples > 0) {
		size_t piece = samples < PIECE ? samples : PIECE;

		tones->now += piece;
		(void)dtmf_rx(tones->detector, pcm, (int)piece);
		pcm += piece;
		samples -= piece;
	}
}

bool tones_find(struct tones *tones, const int16_t *pcm, size_t samples,
		struct tones_news *news_out)
{
	int16_t room[8 * PIECE];

	memset(&tones->news, 0, sizeof(tones->news));
	if (tones->resampler) {
		samples = resampler_run(tones->resampler, pcm, samples, room,
					sizeof(room) / sizeof(*room));
		pcm = room;
	}
	detect(tones, pcm, samples);
	*news_out = tones->news;
	return tones->news.down || tones->news.up;
}

/* --- made --- */

static bool pitches(char key, double *low_out, double *high_out)
{
	static const double low[] = {697, 770, 852, 941};
	static const double high[] = {1209, 1336, 1477, 1633};
	static const char keys[] = "123A456B789C*0#D";
	const char *at = key ? strchr(keys, key) : NULL;

	if (!at)
		return false;
	*low_out = low[(at - keys) / 4];
	*high_out = high[(at - keys) % 4];
	return true;
}

bool tones_make(char key, uint32_t rate_hz, uint64_t at, int16_t *pcm,
		size_t samples)
{
	double low, high, turn = 2 * M_PI / rate_hz;

	if (!pitches(key, &low, &high))
		return false;
	for (size_t i = 0; i < samples; i++, at++)
		pcm[i] =
			(int16_t)(LOW_AMPLITUDE * sin(turn * low * (double)at) +
				  HIGH_AMPLITUDE *
					  sin(turn * high * (double)at));
	return true;
}
