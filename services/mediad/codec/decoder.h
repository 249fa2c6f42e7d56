/*
 * decoder.h - payloads of one stream made into sound, whatever is missing.
 *
 * Contract: mono, 16 bits, at decoder_rate. Every size that came from the
 * network is checked before a codec's library sees it. 'pcm' has room for
 * 'cap' samples; DECODER_MS_MAX of sound always is enough for one payload. No
 * allocation after _new. One thread at a time.
 */
#pragma once

#include "services/mediad/codec/terms.h"

#define DECODER_MS_MAX 120
#define DECODER_SAMPLES_MAX (48 * DECODER_MS_MAX)
#define DECODER_CONCEAL_MS 100 /* made up in a row; then there is silence */

struct decoder;

/*
 * 'rate_hz' is the rate its listeners would like: Opus decodes to it, G.722 to
 * 8000 or 16000, the others to 8000. NULL: no sound, or the codec is not there.
 */
struct decoder *decoder_new(enum codec codec, uint32_t rate_hz);
struct decoder *decoder_free(struct decoder *decoder);
uint32_t decoder_rate(const struct decoder *decoder);
/* The rate it would have. */
uint32_t decoder_rate_of(enum codec codec, uint32_t rate_hz);

/* It will decode soon: what it needs is asked for, in steps from 0 on (see
 * cache.h). */
void decoder_fetch(const struct decoder *decoder, unsigned step);
/* A payload, of the codec or (CODEC_CN) of comfort noise, which makes no sound
 * by itself: 0. Returns the samples; -1: refused, nothing changed. */
int decoder_decode(struct decoder *decoder, enum codec codec,
		   const uint8_t *payload, size_t size, int16_t *pcm,
		   size_t cap);
/* Sound for as many samples as a lost packet had. */
void decoder_conceal(struct decoder *decoder, int16_t *pcm, size_t samples);
/* The same, if the packet after it is there already: Opus may hold in it what
 * was lost. That packet is decoded afterwards, as always. */
void decoder_recover(struct decoder *decoder, const uint8_t *next, size_t size,
		     int16_t *pcm, size_t samples);
/* Sound for a pause that the sender made on purpose: comfort noise if it
 * described one. */
void decoder_pause(struct decoder *decoder, int16_t *pcm, size_t samples);
/* The sender is known to be in a pause: its last packet said so. */
bool decoder_pauses(const struct decoder *decoder);
