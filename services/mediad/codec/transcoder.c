/*
 * transcoder.c - see transcoder.h.
 */
#include "services/mediad/codec/transcoder.h"

#include "lib/base/mem.h"
#include "services/mediad/codec/noise.h"

#include <assert.h>
#include <stdlib.h>

struct transcoder {
	struct decoder *decoder;
	struct encoder *encoder;
	uint32_t rate_hz;
	struct sound sound; /* decoded, and not yet taken */
	bool pause;         /* it is that of a pause */
	int16_t pcm[];
};

static uint32_t best_hz(enum codec codec)
{
	return codec < CODEC_COUNT ? codec_rows[codec].rate_hz : 0;
}

uint32_t transcoder_rate_of(enum codec a, enum codec b)
{
	return best_hz(a) < best_hz(b) ? best_hz(a) : best_hz(b);
}

struct transcoder *transcoder_new(enum codec from, const struct codec_terms *to)
{
	uint32_t rate_hz = transcoder_rate_of(from, to->codec);
	size_t samples = rate_hz / 1000 * DECODER_MS_MAX;
	struct transcoder *made =
		mem_new(1, sizeof(*made) + samples * sizeof(int16_t));

	made->rate_hz = rate_hz;
	made->decoder = decoder_new(from, rate_hz);
	made->encoder = encoder_new(to, rate_hz);
	if (!made->decoder || !made->encoder)
		return transcoder_free(made);
	assert(decoder_rate(made->decoder) == rate_hz);
	assert(encoder_rate(made->encoder) == rate_hz);
	return made;
}

struct transcoder *transcoder_free(struct transcoder *transcoder)
{
	if (!transcoder)
		return NULL;
	decoder_free(transcoder->decoder);
	encoder_free(transcoder->encoder);
	free(transcoder);
	return NULL;
}

uint32_t transcoder_rate(const struct transcoder *transcoder)
{
	return transcoder->rate_hz;
}

static void hold(struct transcoder *transcoder, size_t samples, bool pause)
{
	transcoder->sound = (struct sound){transcoder->pcm, samples};
	transcoder->pause = pause;
}

static size_t samples_of(const struct transcoder *transcoder, unsigned ms)
{
	return transcoder->rate_hz / 1000 *
	       (ms < DECODER_MS_MAX ? ms : DECODER_MS_MAX);
}

bool transcoder_take(struct transcoder *transcoder, enum codec codec,
		     const uint8_t *payload, size_t size)
{
	int samples = decoder_decode(transcoder->decoder, codec, payload, size,
				     transcoder->pcm,
				     samples_of(transcoder, DECODER_MS_MAX));

	if (samples < 0)
		return false;
	hold(transcoder, (size_t)samples, false);
	return true;
}

void transcoder_lost(struct transcoder *transcoder, unsigned ms,
		     const uint8_t *next, size_t size)
{
	size_t samples = samples_of(transcoder, ms);

	if (next)
		decoder_recover(transcoder->decoder, next, size,
				transcoder->pcm, samples);
	else
		decoder_conceal(transcoder->decoder, transcoder->pcm, samples);
	hold(transcoder, samples, false);
}

void transcoder_pause(struct transcoder *transcoder, unsigned ms)
{
	size_t samples = samples_of(transcoder, ms);

	decoder_pause(transcoder->decoder, transcoder->pcm, samples);
	hold(transcoder, samples, encoder_can_pause(transcoder->encoder));
}

bool transcoder_next(struct transcoder *transcoder, uint8_t *out, size_t cap,
		     struct encoded *encoded_out)
{
	struct sound *sound = &transcoder->sound;
	size_t samples = sound->samples;

	if (!transcoder->pause)
		return encoder_next(transcoder->encoder, sound, out, cap,
				    encoded_out);
	sound->samples = 0;
	return samples > 0 &&
	       encoder_pause(transcoder->encoder, samples,
			     noise_level(transcoder->pcm, samples), out, cap,
			     encoded_out);
}
