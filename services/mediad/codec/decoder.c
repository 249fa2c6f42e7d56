/*
 * decoder.c - what all codecs have in common on the way in: concealment for
 * those that have none of their own, its end after 100 ms, and comfort noise.
 */
#include "services/mediad/codec/decoder.h"

#include "lib/base/cache.h"
#include "lib/base/mem.h"
#include "services/mediad/codec/conceal.h"
#include "services/mediad/codec/noise.h"
#include "services/mediad/codec/ops.h"

#include <stdlib.h>
#include <string.h>

struct decoder {
	enum codec codec;
	const struct codec_ops *ops;
	void *state;
	uint32_t rate_hz;
	size_t concealed; /* samples in a row */
	bool pauses;
	struct conceal *own; /* NULL: the codec conceals by itself */
	struct noise noise;
};

#define FETCHED 512 /* of the sound before, and of a codec's state */

uint32_t decoder_rate_of(enum codec codec, uint32_t rate_hz)
{
	const struct codec_ops *ops = codec_ops(codec);

	return ops ? ops->rate(rate_hz) : 0;
}

struct decoder *decoder_new(enum codec codec, uint32_t rate_hz)
{
	const struct codec_ops *ops = codec_ops(codec);
	struct decoder *decoder;

	if (!ops)
		return NULL;
	decoder = mem_new(1, sizeof(*decoder));
	decoder->codec = codec;
	decoder->ops = ops;
	decoder->rate_hz = ops->rate(rate_hz);
	if (ops->decoder_new)
		decoder->state = ops->decoder_new(decoder->rate_hz);
	if (!ops->conceal)
		decoder->own = conceal_new(decoder->rate_hz);
	return decoder;
}

struct decoder *decoder_free(struct decoder *decoder)
{
	if (!decoder)
		return NULL;
	conceal_free(decoder->own);
	if (decoder->ops->decoder_free)
		decoder->ops->decoder_free(decoder->state);
	free(decoder);
	return NULL;
}

uint32_t decoder_rate(const struct decoder *decoder)
{
	return decoder->rate_hz;
}

void decoder_fetch(const struct decoder *decoder, unsigned step)
{
	if (step == 0) {
		cache_fetch(decoder, offsetof(struct decoder, noise));
		return;
	}
	if (decoder->own)
		cache_fetch(decoder->own, FETCHED);
	if (decoder->state)
		cache_fetch(decoder->state, CACHE_LINE);
}

bool decoder_pauses(const struct decoder *decoder)
{
	return decoder->pauses;
}

int decoder_decode(struct decoder *decoder, enum codec codec,
		   const uint8_t *payload, size_t size, int16_t *pcm,
		   size_t cap)
{
	size_t most = decoder->rate_hz / 1000 * DECODER_MS_MAX;
	int samples;

	if (codec == CODEC_CN) {
		if (!codec_takes_noise(decoder->codec) ||
		    !noise_read(&decoder->noise, payload, size))
			return -1;
		decoder->pauses = true;
		return 0;
	}
	if (codec != decoder->codec || size == 0)
		return -1;
	samples = decoder->ops->decode(decoder->state, payload, size, pcm,
				       cap < most ? cap : most);
	if (samples < 0)
		return -1;
	if (decoder->own)
		conceal_heard(decoder->own, pcm, (size_t)samples);
	decoder->pauses =
		decoder->ops->pauses && decoder->ops->pauses(decoder->state);
	decoder->concealed = 0;
	return samples;
}

/* What of 'samples' may still be made up. */
static size_t to_conceal(struct decoder *decoder, size_t samples)
{
	size_t most = decoder->rate_hz / 1000 * DECODER_CONCEAL_MS;
	size_t left = decoder->concealed < most ? most - decoder->concealed : 0;

	decoder->concealed += samples < left ? samples : left;
	return samples < left ? samples : left;
}

void decoder_conceal(struct decoder *decoder, int16_t *pcm, size_t samples)
{
	size_t made = to_conceal(decoder, samples);

	if (decoder->own)
		conceal_fill(decoder->own, pcm, made);
	else
		decoder->ops->conceal(decoder->state, pcm, made);
	memset(pcm + made, 0, (samples - made) * sizeof(*pcm));
}

void decoder_recover(struct decoder *decoder, const uint8_t *next, size_t size,
		     int16_t *pcm, size_t samples)
{
	if (!decoder->ops->recover ||
	    !decoder->ops->recover(decoder->state, next, size, pcm, samples))
		decoder_conceal(decoder, pcm, samples);
}

void decoder_pause(struct decoder *decoder, int16_t *pcm, size_t samples)
{
	if (!decoder->pauses)
		memset(pcm, 0, samples * sizeof(*pcm));
	else if (decoder->ops->pauses)
		decoder->ops->conceal(decoder->state, pcm, samples);
	else
		noise_make(&decoder->noise, pcm, samples);
}
