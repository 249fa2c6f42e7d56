/*
 * ops_opus.c - Opus (libopus). It codes at the rate of whoever is on the other
 * side: RTP's clock is 48000 in any case (RFC 7587, 4.1), and a narrow sound
 * gains nothing from a wide code. Sound is mono here; two channels that come
 * are mixed by the decoder.
 */
#include "services/mediad/codec/ops.h"

#include "lib/base/mem.h"
#include "services/mediad/codec/setup.h"
#include "services/mediad/codec/sparse.h"

#include <assert.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#define DTX_BYTES 2 /* a frame of so few need not be sent */
#define FRAME_MAX_MS 120

static uint32_t rate(uint32_t wished_hz)
{
	if (wished_hz <= 8000)
		return 8000;
	return wished_hz <= 16000 ? 16000 : 48000;
}

/* --- in --- */

struct listener {
	OpusDecoder *state;
	uint32_t rate_hz;
	bool pauses; /* the last packet was one of DTX */
};

static void *decoder_new(uint32_t rate_hz)
{
	size_t head = sizeof(struct listener);
	struct listener *listener =
		mem_new(1, head + (size_t)opus_decoder_get_size(1));
	int error;

	listener->state = (OpusDecoder *)(listener + 1);
	listener->rate_hz = rate_hz;
	error = opus_decoder_init(listener->state, (opus_int32)rate_hz, 1);
	assert(error == OPUS_OK);
	(void)error;
	sparse_trim(listener->state, (size_t)opus_decoder_get_size(1));
	return listener;
}

static int decode(void *state, const uint8_t *payload, size_t size,
		  int16_t *pcm, size_t cap)
{
	struct listener *listener = state;
	int samples;

	if (size == 0 || size > INT32_MAX)
		return -1;
	samples = opus_packet_get_nb_samples(payload, (opus_int32)size,
					     (opus_int32)listener->rate_hz);
	if (samples <= 0 || (size_t)samples > cap)
		return -1;
	samples = opus_decode(listener->state, payload, (opus_int32)size, pcm,
			      samples, 0);
	if (samples < 0)
		return -1;
	listener->pauses = size <= DTX_BYTES;
	return samples;
}

/* libopus conceals by steps of 2.5 ms, up to a packet's length. */
static void conceal(void *state, int16_t *pcm, size_t samples)
{
	struct listener *listener = state;
	size_t step = listener->rate_hz / 400;
	size_t most = listener->rate_hz / 1000 * FRAME_MAX_MS;

	while (samples >= step) {
		size_t wanted = samples < most ? samples : most;
		int given;

		wanted -= wanted % step;
		given = opus_decode(listener->state, NULL, 0, pcm, (int)wanted,
				    0);
		if (given <= 0)
			break;
		pcm += given;
		samples -= (size_t)given;
	}
	memset(pcm, 0, samples * sizeof(*pcm));
}

static bool recover(void *state, const uint8_t *next, size_t size, int16_t *pcm,
		    size_t samples)
{
	struct listener *listener = state;

	if (size == 0 || size > INT32_MAX ||
	    samples % (listener->rate_hz / 400) || samples > INT32_MAX ||
	    opus_packet_get_nb_samples(next, (opus_int32)size,
				       (opus_int32)listener->rate_hz) <= 0)
		return false;
	return opus_decode(listener->state, next, (opus_int32)size, pcm,
			   (int)samples, 1) == (int)samples;
}

static bool pauses(const void *state)
{
	const struct listener *listener = state;

	return listener->pauses;
}

/* --- out --- */

struct speaker {
	OpusEncoder *state;
};

/* Speech is good at these, and costs little. */
static opus_int32 bit_rate(uint32_t rate_hz, uint32_t most)
{
	opus_int32 rate_b = rate_hz == 8000    ? 20000
			    : rate_hz == 16000 ? 28000
					       : 40000;

	return most && (opus_int32)most < rate_b ? (opus_int32)most : rate_b;
}

static opus_int32 bandwidth(uint32_t playback_hz)
{
	static const struct {
		uint32_t hz;
		opus_int32 bandwidth;
	} rows[] = {
		{8000, OPUS_BANDWIDTH_NARROWBAND},
		{12000, OPUS_BANDWIDTH_MEDIUMBAND},
		{16000, OPUS_BANDWIDTH_WIDEBAND},
		{24000, OPUS_BANDWIDTH_SUPERWIDEBAND},
	};

	for (size_t i = 0; playback_hz && i < sizeof(rows) / sizeof(rows[0]);
	     i++)
		if (playback_hz <= rows[i].hz)
			return rows[i].bandwidth;
	return OPUS_BANDWIDTH_FULLBAND;
}

static void *encoder_new(const struct codec_terms *terms, uint32_t rate_hz)
{
	const struct codec_fmtp *fmtp = &terms->fmtp;
	size_t head = sizeof(struct speaker);
	struct speaker *speaker =
		mem_new(1, head + (size_t)opus_encoder_get_size(1));
	OpusEncoder *state = (OpusEncoder *)(speaker + 1);
	int error = opus_encoder_init(state, (opus_int32)rate_hz, 1,
				      OPUS_APPLICATION_VOIP);

	assert(error == OPUS_OK);
	(void)error;
	opus_encoder_ctl(state, OPUS_SET_COMPLEXITY(setup_opus_complexity()));
	opus_encoder_ctl(
		state, OPUS_SET_BITRATE(bit_rate(rate_hz, fmtp->bitrate_max)));
	opus_encoder_ctl(state,
			 OPUS_SET_MAX_BANDWIDTH(bandwidth(fmtp->playback_hz)));
	opus_encoder_ctl(state, OPUS_SET_INBAND_FEC(fmtp->fec));
	opus_encoder_ctl(state, OPUS_SET_DTX(fmtp->dtx));
	opus_encoder_ctl(state, OPUS_SET_VBR(!fmtp->cbr));
	sparse_trim(state, (size_t)opus_encoder_get_size(1));
	speaker->state = state;
	return speaker;
}

static size_t encode(void *state, const int16_t *pcm, size_t samples,
		     uint8_t *out, size_t cap)
{
	struct speaker *speaker = state;
	int bytes = opus_encode(speaker->state, pcm, (int)samples, out,
				cap > INT32_MAX ? INT32_MAX : (opus_int32)cap);

	return bytes > DTX_BYTES ? (size_t)bytes : 0;
}

static void expect_loss(void *state, unsigned percent)
{
	struct speaker *speaker = state;

	opus_encoder_ctl(
		speaker->state,
		OPUS_SET_PACKET_LOSS_PERC(percent > 100 ? 100 : percent));
}

const struct codec_ops ops_opus = {
	.rate = rate,
	.decoder_new = decoder_new,
	.decoder_free = free,
	.decode = decode,
	.conceal = conceal,
	.recover = recover,
	.pauses = pauses,
	.encoder_new = encoder_new,
	.encoder_free = free,
	.encode = encode,
	.expect_loss = expect_loss,
};
