/*
 * ops_g729.c - G.729 out of its module: payloads of RFC 3551, 4.5.6, which are
 * frames of speech with, at their end, at most one that describes silence
 * (annex B).
 *
 * We never judge by ourselves that somebody is silent: that detector takes
 * steady tones for noise. What came as a pause goes on as one.
 */
#include "services/mediad/codec/module.h"
#include "services/mediad/codec/ops.h"
#include "services/mediad/codec/setup.h"

#include "lib/base/mem.h"

#include <stdlib.h>

#define SAMPLES CODEC_MODULE_SAMPLES
#define SPEECH CODEC_MODULE_SPEECH
#define NOISE CODEC_MODULE_NOISE

static uint32_t rate(uint32_t wished_hz)
{
	(void)wished_hz;
	return 8000;
}

struct listener {
	void *state;
	bool pauses; /* the last frame described silence */
};

static void *decoder_new(uint32_t rate_hz)
{
	struct listener *listener = mem_new(1, sizeof(*listener));

	(void)rate_hz;
	listener->state = setup_module()->decoder_new();
	return listener;
}

static void decoder_free(void *state)
{
	struct listener *listener = state;

	setup_module()->decoder_free(listener->state);
	free(listener);
}

static int decode(void *state, const uint8_t *payload, size_t size,
		  int16_t *pcm, size_t cap)
{
	struct listener *listener = state;
	size_t frames = size / SPEECH, rest = size % SPEECH, done = 0;

	if (size == 0 || (rest != 0 && rest != NOISE) ||
	    (frames + (rest != 0)) * SAMPLES > cap)
		return -1;
	while (done < frames * SAMPLES) {
		setup_module()->decode(listener->state, payload, SPEECH,
				       pcm + done);
		payload += SPEECH;
		done += SAMPLES;
	}
	if (rest) {
		setup_module()->decode(listener->state, payload, NOISE,
				       pcm + done);
		done += SAMPLES;
	}
	listener->pauses = rest != 0;
	return (int)done;
}

static void conceal(void *state, int16_t *pcm, size_t samples)
{
	struct listener *listener = state;

	for (; samples >= SAMPLES; samples -= SAMPLES, pcm += SAMPLES)
		setup_module()->decode(listener->state, NULL, 0, pcm);
	for (size_t i = 0; i < samples; i++)
		pcm[i] = 0;
}

static bool pauses(const void *state)
{
	const struct listener *listener = state;

	return listener->pauses;
}

static void *encoder_new(const struct codec_terms *terms, uint32_t rate_hz)
{
	(void)terms;
	(void)rate_hz;
	return setup_module()->encoder_new();
}

static void encoder_free(void *state)
{
	setup_module()->encoder_free(state);
}

static size_t encode(void *state, const int16_t *pcm, size_t samples,
		     uint8_t *out, size_t cap)
{
	size_t bytes = 0;

	for (; samples >= SAMPLES && bytes + SPEECH <= cap;
	     samples -= SAMPLES, pcm += SAMPLES, bytes += SPEECH)
		setup_module()->encode(state, pcm, out + bytes);
	return bytes;
}

static size_t noise(unsigned level_db, uint8_t *out, size_t cap)
{
	if (cap < NOISE)
		return 0;
	setup_module()->noise(level_db, out);
	return NOISE;
}

const struct codec_ops *ops_g729(void)
{
	static const struct codec_ops ops = {
		.rate = rate,
		.decoder_new = decoder_new,
		.decoder_free = decoder_free,
		.decode = decode,
		.conceal = conceal,
		.pauses = pauses,
		.encoder_new = encoder_new,
		.encoder_free = encoder_free,
		.encode = encode,
		.noise = noise,
	};

	return setup_module() ? &ops : NULL;
}
