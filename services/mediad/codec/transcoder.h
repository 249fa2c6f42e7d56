/*
 * transcoder.h - payloads of one codec made into payloads of another: a decoder
 * and an encoder at the rate that suits both, so that nothing need be
 * resampled.
 *
 * Contract: give it what came (or did not), then take packets until there are
 * none:
 *
 *     transcoder_take(transcoder, codec, payload, size);
 *     while (transcoder_next(transcoder, out, sizeof(out), &encoded))
 *             send(…);
 *
 * Packets go out in the length that their side agreed on, whatever they came
 * in. No allocation after _new. One thread at a time.
 */
#pragma once

#include "services/mediad/codec/decoder.h"
#include "services/mediad/codec/encoder.h"

struct transcoder;

/* NULL: a codec that is no sound or is not there. */
struct transcoder *transcoder_new(enum codec from,
				  const struct codec_terms *to);
struct transcoder *transcoder_free(struct transcoder *transcoder);
uint32_t transcoder_rate(const struct transcoder *transcoder);
/* The rate that two codecs meet at. */
uint32_t transcoder_rate_of(enum codec a, enum codec b);
/* False: refused, nothing changed. */
bool transcoder_take(struct transcoder *transcoder, enum codec codec,
		     const uint8_t *payload, size_t size);
/* A packet of so many ms (DECODER_MS_MAX) was lost; 'next' is the one after it
 * if that has come, else NULL. */
void transcoder_lost(struct transcoder *transcoder, unsigned ms,
		     const uint8_t *next, size_t size);
/* So many ms (DECODER_MS_MAX) are a pause that the sender makes. */
void transcoder_pause(struct transcoder *transcoder, unsigned ms);
bool transcoder_next(struct transcoder *transcoder, uint8_t *out, size_t cap,
		     struct encoded *encoded_out);
