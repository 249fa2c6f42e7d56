/*
 * ops_g711.c - PCMU and PCMA as codecs: a byte a sample, no state.
 */
#include "services/mediad/codec/g711.h"
#include "services/mediad/codec/ops.h"

static uint32_t rate(uint32_t wished_hz)
{
	(void)wished_hz;
	return 8000;
}

static int decode_ulaw(void *state, const uint8_t *payload, size_t size,
		       int16_t *pcm, size_t cap)
{
	(void)state;
	if (size > cap)
		return -1;
	g711_decode_ulaw(payload, size, pcm);
	return (int)size;
}

static int decode_alaw(void *state, const uint8_t *payload, size_t size,
		       int16_t *pcm, size_t cap)
{
	(void)state;
	if (size > cap)
		return -1;
	g711_decode_alaw(payload, size, pcm);
	return (int)size;
}

static size_t encode_ulaw(void *state, const int16_t *pcm, size_t samples,
			  uint8_t *out, size_t cap)
{
	(void)state;
	if (samples > cap)
		return 0;
	g711_encode_ulaw(pcm, samples, out);
	return samples;
}

static size_t encode_alaw(void *state, const int16_t *pcm, size_t samples,
			  uint8_t *out, size_t cap)
{
	(void)state;
	if (samples > cap)
		return 0;
	g711_encode_alaw(pcm, samples, out);
	return samples;
}

const struct codec_ops ops_pcmu = {
	.rate = rate, .decode = decode_ulaw, .encode = encode_ulaw};
const struct codec_ops ops_pcma = {
	.rate = rate, .decode = decode_alaw, .encode = encode_alaw};
