/*
 * g729.c - G.729 with annexes A and B for mediad, by the library bcg729.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * This file and the shared object that is made of it are under the GNU General
 * Public License, as bcg729 is; nothing else of voxbus is (README.md).
 */
#include "services/mediad/codec/module.h"

#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
#include <stdbool.h>

/*
 * Annex B's frame of silence: a predictor's bit, 5 and 4 bits of spectrum, 5 of
 * loudness in steps of 2 dB, a bit of padding. The spectrum is that which the
 * library's own encoder gives to white hiss.
 */
#define HISS 0x3440
#define LOUDNESS_SHIFT 1
#define LOUDNESS_MAX 31
#define LOUDNESS_STEP_DB 2
#define LOUDEST_DB 19 /* below overload, of LOUDNESS_MAX */

static void *encoder_new(void)
{
	return initBcg729EncoderChannel(false);
}

static void encoder_free(void *state)
{
	closeBcg729EncoderChannel(state);
}

static void encode(void *state, const int16_t *pcm, uint8_t *out)
{
	uint8_t size = 0;

	bcg729Encoder(state, pcm, out, &size);
}

static void noise(unsigned level_db, uint8_t *out)
{
	unsigned steps = level_db > LOUDEST_DB
				 ? (level_db - LOUDEST_DB) / LOUDNESS_STEP_DB
				 : 0;
	unsigned loudness = steps < LOUDNESS_MAX ? LOUDNESS_MAX - steps : 0;
	unsigned frame = HISS | loudness << LOUDNESS_SHIFT;

	out[0] = (uint8_t)(frame >> 8);
	out[1] = (uint8_t)(frame & 0xff);
}

static void *decoder_new(void)
{
	return initBcg729DecoderChannel();
}

static void decoder_free(void *state)
{
	closeBcg729DecoderChannel(state);
}

static void decode(void *state, const uint8_t *frame, size_t size, int16_t *pcm)
{
	/* Without a pointer it goes on with its silence if it is in one. */
	bcg729Decoder(state, size ? frame : NULL, (uint8_t)size, size == 0,
		      size == CODEC_MODULE_NOISE, 0, pcm);
}

const struct codec_module voxbus_codec_module;

const struct codec_module voxbus_codec_module = {
	.version = CODEC_MODULE_VERSION,
	.name = "bcg729 (GPL-3.0-or-later)",
	.encoder_new = encoder_new,
	.encoder_free = encoder_free,
	.encode = encode,
	.noise = noise,
	.decoder_new = decoder_new,
	.decoder_free = decoder_free,
	.decode = decode,
};
