/*
 * encoder.h - sound made into the payloads of one stream.
 *
 * Contract: mono, 16 bits, at encoder_rate. Packets are of the agreed length
 * whatever the pieces are that the sound comes in. Timestamps count the
 * codec's RTP clock from 0, over pauses too. No allocation after _new. One
 * thread at a time.
 */
#pragma once

#include "services/mediad/codec/terms.h"

/* Of one payload, whatever the codec: 60 ms of G.711, and Opus at most. */
#define ENCODER_BYTES_MAX 1275

struct encoder;

/* Sound that is still to be taken. */
struct sound {
	const int16_t *pcm;
	size_t samples;
};

struct encoded {
	enum codec codec; /* the encoder's, or CODEC_CN */
	size_t size;
	uint32_t timestamp; /* of its first sample */
	bool starts;        /* the first one, or the first after a pause */
};

/* 'rate_hz' is the rate that the sound has; see decoder_new. NULL: no sound, or
 * the codec is not there. */
struct encoder *encoder_new(const struct codec_terms *terms, uint32_t rate_hz);
struct encoder *encoder_free(struct encoder *encoder);
uint32_t encoder_rate(const struct encoder *encoder);
/* It will encode soon: see cache.h. */
void encoder_fetch(const struct encoder *encoder);
/*
 * Takes from 'sound' until a packet is complete: true, it is in 'out' (give it
 * ENCODER_BYTES_MAX) and is to be sent. False: all was taken.
 *
 *     while (encoder_next(encoder, &sound, out, sizeof(out), &encoded))
 *             send(…);
 */
bool encoder_next(struct encoder *encoder, struct sound *sound, uint8_t *out,
		  size_t cap, struct encoded *encoded_out);
/* Whether a pause can be said to the other side; otherwise give its noise to
 * encoder_next. */
bool encoder_can_pause(const struct encoder *encoder);
/*
 * So many samples of a pause, as loud as 'level_db' below overload. True: a
 * packet that says so is in 'out'.
 */
bool encoder_pause(struct encoder *encoder, size_t samples, unsigned level_db,
		   uint8_t *out, size_t cap, struct encoded *encoded_out);
/* The other side reports that so many of a hundred packets do not arrive. */
void encoder_expect_loss(struct encoder *encoder, unsigned percent);
