/*
 * encoder.c - what all codecs have in common on the way out: packets of the
 * agreed length, timestamps, pauses.
 */
#include "services/mediad/codec/encoder.h"

#include "lib/base/cache.h"
#include "lib/base/mem.h"
#include "services/mediad/codec/noise.h"
#include "services/mediad/codec/ops.h"

#include <stdlib.h>
#include <string.h>

#define PAUSE_EVERY_MS 200 /* a pause is described again, for who lost it … */
#define PAUSE_STEP_DB 3    /* … and when it sounds different */

struct encoder {
	struct codec_terms terms;
	const struct codec_ops *ops;
	void *state;
	uint32_t rate_hz;
	uint64_t position; /* of the next sample, at rate_hz */
	bool speaks;       /* the packet before was sound */
	bool pauses;
	uint64_t pause_told; /* position at which it was described */
	unsigned pause_db;
	size_t frame, held; /* samples of a packet, and of the unfinished one */
	int16_t pcm[];
};

struct encoder *encoder_new(const struct codec_terms *terms, uint32_t rate_hz)
{
	const struct codec_ops *ops = codec_ops(terms->codec);
	struct encoder *encoder;
	uint32_t real_hz;
	size_t frame;

	if (!ops)
		return NULL;
	real_hz = ops->rate(rate_hz);
	frame = real_hz / 1000 * codec_ptime(terms->codec, terms->ptime_ms, 0);
	encoder = mem_new(1, sizeof(*encoder) + frame * sizeof(int16_t));
	encoder->terms = *terms;
	encoder->ops = ops;
	encoder->rate_hz = real_hz;
	encoder->frame = frame;
	if (ops->encoder_new)
		encoder->state = ops->encoder_new(terms, real_hz);
	return encoder;
}

struct encoder *encoder_free(struct encoder *encoder)
{
	if (!encoder)
		return NULL;
	if (encoder->ops->encoder_free)
		encoder->ops->encoder_free(encoder->state);
	free(encoder);
	return NULL;
}

uint32_t encoder_rate(const struct encoder *encoder)
{
	return encoder->rate_hz;
}

void encoder_fetch(const struct encoder *encoder)
{
	cache_fetch(encoder, sizeof(*encoder));
}

static uint32_t timestamp(const struct encoder *encoder)
{
	return (uint32_t)(encoder->position *
			  codec_rows[encoder->terms.codec].clock_hz /
			  encoder->rate_hz);
}

/* A whole frame: from where it lies, or out of the pieces it came in. */
static const int16_t *collect(struct encoder *encoder, struct sound *sound)
{
	size_t wanted = encoder->frame - encoder->held;
	size_t taken = sound->samples < wanted ? sound->samples : wanted;
	const int16_t *from = sound->pcm;

	sound->pcm += taken;
	sound->samples -= taken;
	if (taken == encoder->frame)
		return from;
	memcpy(encoder->pcm + encoder->held, from, taken * sizeof(*from));
	encoder->held += taken;
	if (encoder->held < encoder->frame)
		return NULL;
	encoder->held = 0;
	return encoder->pcm;
}

bool encoder_next(struct encoder *encoder, struct sound *sound, uint8_t *out,
		  size_t cap, struct encoded *encoded_out)
{
	const int16_t *frame;

	encoder->pauses = false;
	while (sound->samples > 0 && (frame = collect(encoder, sound))) {
		size_t size = encoder->ops->encode(encoder->state, frame,
						   encoder->frame, out, cap);

		*encoded_out = (struct encoded){.codec = encoder->terms.codec,
						.size = size,
						.timestamp = timestamp(encoder),
						.starts = !encoder->speaks};
		encoder->position += encoder->frame;
		encoder->speaks = size > 0;
		if (size > 0)
			return true;
	}
	return false;
}

bool encoder_can_pause(const struct encoder *encoder)
{
	const struct codec_terms *terms = &encoder->terms;

	if (encoder->ops->noise)
		return !terms->fmtp.annexb_no;
	return terms->noise && codec_takes_noise(terms->codec);
}

static bool is_due(const struct encoder *encoder, unsigned level_db)
{
	uint64_t since = encoder->position - encoder->pause_told;

	return !encoder->pauses ||
	       abs((int)level_db - (int)encoder->pause_db) >= PAUSE_STEP_DB ||
	       since >= encoder->rate_hz / 1000 * PAUSE_EVERY_MS;
}

bool encoder_pause(struct encoder *encoder, size_t samples, unsigned level_db,
		   uint8_t *out, size_t cap, struct encoded *encoded_out)
{
	bool due = is_due(encoder, level_db);

	if (!encoder->pauses) /* what was said last is short of a packet */
		encoder->position += encoder->held;
	encoder->held = 0;
	if (due) {
		bool own = encoder->ops->noise != NULL;

		*encoded_out = (struct encoded){
			.codec = own ? encoder->terms.codec : CODEC_CN,
			.timestamp = timestamp(encoder)};
		encoded_out->size =
			own ? encoder->ops->noise(level_db, out, cap)
			    : noise_write(level_db, out, cap);
		encoder->pause_told = encoder->position;
		encoder->pause_db = level_db;
	}
	encoder->pauses = true;
	encoder->speaks = false;
	encoder->position += samples;
	return due && encoded_out->size > 0;
}

void encoder_expect_loss(struct encoder *encoder, unsigned percent)
{
	if (encoder->ops->expect_loss)
		encoder->ops->expect_loss(encoder->state, percent);
}
