/*
 * ops.h - what a codec must be able to do for decoder.c and encoder.c, which
 * are its only callers.
 *
 * Contract: 'samples' and 'cap' count at the rate the state was made for. Sizes
 * that come from the network are checked by 'decode' before any library sees
 * them. No allocation but in the _new functions. One thread at a time per
 * state.
 */
#pragma once

#include "services/mediad/codec/terms.h"

struct codec_ops {
	/* The rate it works at when this one is wished for. */
	uint32_t (*rate)(uint32_t wished_hz);

	void *(*decoder_new)(uint32_t rate_hz);
	void (*decoder_free)(void *state);
	/* Returns the samples, or -1: no payload of this codec, or too long. */
	int (*decode)(void *state, const uint8_t *payload, size_t size,
		      int16_t *pcm, size_t cap);
	/* Sound for a packet that was lost; NULL: what all codecs can use. */
	void (*conceal)(void *state, int16_t *pcm, size_t samples);
	/* The same, out of the packet that came after it; NULL: it cannot. */
	bool (*recover)(void *state, const uint8_t *next, size_t size,
			int16_t *pcm, size_t samples);
	/* The last payload began a pause that the sender makes. NULL: only
	 * CODEC_CN does; otherwise 'conceal' is how it sounds. */
	bool (*pauses)(const void *state);

	void *(*encoder_new)(const struct codec_terms *terms, uint32_t rate_hz);
	void (*encoder_free)(void *state);
	/* Bytes; 0: it need not be sent. */
	size_t (*encode)(void *state, const int16_t *pcm, size_t samples,
			 uint8_t *out, size_t cap);
	/* So many of a hundred packets do not arrive; NULL: never mind. */
	void (*expect_loss)(void *state, unsigned percent);
	/* A packet that describes noise of so many dB below overload; NULL: it
	 * has none of its own. */
	size_t (*noise)(unsigned level_db, uint8_t *out, size_t cap);
};

/* NULL: the codec is no sound, or its module is not there. */
const struct codec_ops *codec_ops(enum codec codec);

extern const struct codec_ops ops_pcmu, ops_pcma, ops_g722, ops_opus;
/* NULL until the module is loaded. */
const struct codec_ops *ops_g729(void);
