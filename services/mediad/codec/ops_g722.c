/*
 * ops_g722.c - G.722 at 64 kbit/s (spandsp). Where the other side is narrow
 * anyway, only the lower of its two bands is coded, at 8000 Hz: no filter bank,
 * no resampling, half of the time.
 */
#include "services/mediad/codec/ops.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <spandsp.h>
#include <stdlib.h>

#define BIT_RATE 64000
#define WIDE_HZ 16000

static uint32_t rate(uint32_t wished_hz)
{
	return wished_hz < WIDE_HZ ? 8000 : WIDE_HZ;
}

static int options(uint32_t rate_hz)
{
	return rate_hz == WIDE_HZ ? 0 : G722_SAMPLE_RATE_8000;
}

/* --- in --- */

struct listener {
	g722_decode_state_t *state;
	size_t samples_a_byte;
};

static void *decoder_new(uint32_t rate_hz)
{
	struct listener *listener = mem_new(1, sizeof(*listener));

	listener->state = g722_decode_init(NULL, BIT_RATE, options(rate_hz));
	listener->samples_a_byte = rate_hz == WIDE_HZ ? 2 : 1;
	assert(listener->state);
	return listener;
}

static void decoder_free(void *state)
{
	struct listener *listener = state;

	g722_decode_free(listener->state);
	free(listener);
}

static int decode(void *state, const uint8_t *payload, size_t size,
		  int16_t *pcm, size_t cap)
{
	struct listener *listener = state;

	if (size > cap / listener->samples_a_byte)
		return -1;
	return g722_decode(listener->state, pcm, payload, (int)size);
}

/* --- out --- */

struct speaker {
	g722_encode_state_t *state;
	size_t samples_a_byte;
};

static void *encoder_new(const struct codec_terms *terms, uint32_t rate_hz)
{
	struct speaker *speaker = mem_new(1, sizeof(*speaker));

	(void)terms;
	speaker->state = g722_encode_init(NULL, BIT_RATE, options(rate_hz));
	speaker->samples_a_byte = rate_hz == WIDE_HZ ? 2 : 1;
	assert(speaker->state);
	return speaker;
}

static void encoder_free(void *state)
{
	struct speaker *speaker = state;

	g722_encode_free(speaker->state);
	free(speaker);
}

static size_t encode(void *state, const int16_t *pcm, size_t samples,
		     uint8_t *out, size_t cap)
{
	struct speaker *speaker = state;
	int bytes;

	if (samples / speaker->samples_a_byte > cap)
		return 0;
	bytes = g722_encode(speaker->state, out, pcm, (int)samples);
	return bytes > 0 ? (size_t)bytes : 0;
}

const struct codec_ops ops_g722 = {
	.rate = rate,
	.decoder_new = decoder_new,
	.decoder_free = decoder_free,
	.decode = decode,
	.encoder_new = encoder_new,
	.encoder_free = encoder_free,
	.encode = encode,
};
