/*
 * resampler.c - see resampler.h. The quality is chosen by its cost: at 3 a
 * 20 ms frame takes a few microseconds and what is mirrored lies 60 dB down,
 * which no codec of ours lets through.
 */
#include "services/mediad/codec/resampler.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>

#define QUALITY_LIVE 3
#define QUALITY_FINE 8
#define RATE_LO 4000
#define RATE_HI 192000

struct resampler {
	SpeexResamplerState *state;
};

static struct resampler *make(uint32_t from_hz, uint32_t to_hz, int quality)
{
	struct resampler *resampler = mem_new(1, sizeof(*resampler));
	int error;

	resampler->state =
		speex_resampler_init(1, from_hz, to_hz, quality, &error);
	assert(resampler->state);
	return resampler;
}

struct resampler *resampler_new(uint32_t from_hz, uint32_t to_hz)
{
	return make(from_hz, to_hz, QUALITY_LIVE);
}

struct resampler *resampler_new_fine(uint32_t from_hz, uint32_t to_hz)
{
	if (from_hz < RATE_LO || from_hz > RATE_HI || to_hz < RATE_LO ||
	    to_hz > RATE_HI)
		return NULL;
	return make(from_hz, to_hz, QUALITY_FINE);
}

struct resampler *resampler_free(struct resampler *resampler)
{
	if (!resampler)
		return NULL;
	speex_resampler_destroy(resampler->state);
	free(resampler);
	return NULL;
}

size_t resampler_run(struct resampler *resampler, const int16_t *in,
		     size_t samples, int16_t *out, size_t cap)
{
	size_t written = 0;

	while (samples > 0) {
		spx_uint32_t taken = (spx_uint32_t)samples;
		spx_uint32_t given = (spx_uint32_t)(cap - written);

		speex_resampler_process_int(resampler->state, 0, in, &taken,
					    out + written, &given);
		written += given;
		if (taken == 0 && given == 0)
			break;
		in += taken;
		samples -= taken;
	}
	return written;
}
