/*
 * speaking.c - resampler (if need be), encoder, and numbers of their own for
 * stream_out, which makes them those of the leg's one stream.
 */
#include "services/mediad/speaking.h"

#include "lib/base/cache.h"
#include "lib/base/mem.h"
#include "services/mediad/codec/encoder.h"
#include "services/mediad/codec/noise.h"
#include "services/mediad/codec/resampler.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/leg.h"
#include "services/mediad/relay.h"

#include <stdlib.h>

/* Prompts and tones: what is above 8 kHz is not worth its bits. */
#define RATE_HZ_MAX 16000
/* So long without samples, and what comes next is not its continuation. */
#define GAP_NS 70000000
#define FRAMES_A_SECOND (1000 / SPEAKING_MS)

struct speaking {
	uint32_t from_hz;
	struct encoder *encoder;
	struct resampler *resampler; /* NULL: the encoder takes it as it is */
	uint16_t sequence;
	uint32_t ahead;      /* of the encoder's timestamps: by gaps */
	uint32_t timestamp;  /* of the last packet */
	bool after_gap;      /* the next packet bears the marker */
	int64_t said_ns;     /* when there were samples last; 0: never */
	bool event_known;    /* a press was passed on … */
	uint32_t event;      /* … its timestamp in their clock … */
	uint32_t event_time; /* … and in ours */
};

/* What a packet is made in, which nobody needs afterwards. */
struct workbench {
	int16_t pcm[SPEAKING_SAMPLES_MAX + 16];
	uint8_t data[RTP_HEAD_BYTES + ENCODER_BYTES_MAX];
};

uint32_t speaking_rate(const struct leg *leg)
{
	enum codec codec = leg->terms.codec;
	uint32_t rate_hz = codec < CODEC_COUNT ? codec_rows[codec].rate_hz : 0;

	return rate_hz < RATE_HZ_MAX && rate_hz > 0 ? rate_hz : RATE_HZ_MAX;
}

void speaking_end(struct leg *leg)
{
	struct speaking *speaking = leg->speaking;

	if (!speaking)
		return;
	encoder_free(speaking->encoder);
	resampler_free(speaking->resampler);
	free(speaking);
	leg->speaking = NULL;
}

void speaking_fetch(const struct leg *leg, unsigned step)
{
	const struct speaking *speaking = leg->speaking;

	if (!speaking)
		return;
	if (step == 0)
		cache_fetch(speaking, sizeof(*speaking));
	else if (speaking->encoder)
		encoder_fetch(speaking->encoder);
}

static bool prepare(struct leg *leg, uint32_t rate_hz)
{
	struct speaking *speaking = leg->speaking;
	uint16_t sequence = speaking ? speaking->sequence : 0;

	if (speaking && speaking->from_hz == rate_hz)
		return speaking->encoder != NULL;
	speaking_end(leg);
	stream_out_switch(&leg->out); /* the timestamps begin anew */
	speaking = leg->speaking = mem_new(1, sizeof(*speaking));
	speaking->from_hz = rate_hz;
	speaking->sequence = sequence;
	speaking->encoder = encoder_new(&leg->terms.sound, rate_hz);
	if (!speaking->encoder)
		return false;
	if (encoder_rate(speaking->encoder) != rate_hz)
		speaking->resampler =
			resampler_new(rate_hz, encoder_rate(speaking->encoder));
	return true;
}

static bool may_speak(const struct leg *leg, size_t samples)
{
	return leg->terms.codec != CODEC_NONE && leg->terms.sends &&
	       !press_mutes(leg) && samples <= SPEAKING_SAMPLES_MAX;
}

static uint32_t clock_of(const struct leg *leg)
{
	return codec_rows[leg->terms.codec].clock_hz;
}

/* What passed since there were samples last, in timestamps. */
static uint32_t passed(const struct leg *leg, int64_t now_ns)
{
	return (uint32_t)((now_ns - leg->speaking->said_ns) / 1000 *
			  clock_of(leg) / 1000000);
}

/* A stream that paused goes on where the clock is, not where it was. */
static void mind_gap(struct leg *leg, int64_t now_ns)
{
	struct speaking *speaking = leg->speaking;

	if (speaking->said_ns && now_ns - speaking->said_ns > GAP_NS) {
		speaking->ahead +=
			passed(leg, now_ns) - clock_of(leg) / FRAMES_A_SECOND;
		speaking->after_gap = true;
	}
	speaking->said_ns = now_ns;
}

static void send_one(struct leg *leg, const struct encoded *encoded,
		     uint8_t *payload, int64_t now_ns)
{
	struct speaking *speaking = leg->speaking;
	struct rtp_packet packet = {
		.pt = leg->terms.send_pt[encoded->codec],
		.sequence = speaking->sequence,
		.timestamp = encoded->timestamp + speaking->ahead,
		.marker = encoded->starts || speaking->after_gap,
		.payload = payload,
		.size = encoded->size};

	if (packet.pt == CODEC_PT_NONE)
		return;
	speaking->sequence++;
	speaking->after_gap = false;
	speaking->timestamp = packet.timestamp;
	relay_send(leg, &packet, now_ns);
}

static struct sound as_encoder_wants(struct speaking *speaking,
				     struct workbench *bench,
				     const int16_t *pcm, size_t samples)
{
	size_t room = sizeof(bench->pcm) / sizeof(bench->pcm[0]);

	if (!speaking->resampler)
		return (struct sound){pcm, samples};
	return (struct sound){bench->pcm,
			      resampler_run(speaking->resampler, pcm, samples,
					    bench->pcm, room)};
}

void speaking_say(struct leg *leg, const int16_t *pcm, size_t samples,
		  uint32_t rate_hz, int64_t now_ns)
{
	struct encoded encoded;
	struct workbench bench;
	uint8_t *payload = bench.data + RTP_HEAD_BYTES;
	struct sound sound;

	if (!may_speak(leg, samples) || !prepare(leg, rate_hz))
		return;
	mind_gap(leg, now_ns);
	sound = as_encoder_wants(leg->speaking, &bench, pcm, samples);
	while (encoder_next(leg->speaking->encoder, &sound, payload,
			    ENCODER_BYTES_MAX, &encoded))
		send_one(leg, &encoded, payload, now_ns);
}

void speaking_pause(struct leg *leg, const int16_t *pcm, size_t samples,
		    uint32_t rate_hz, int64_t now_ns)
{
	struct encoded encoded;
	struct workbench bench;
	uint8_t *payload = bench.data + RTP_HEAD_BYTES;
	struct sound sound;

	if (!may_speak(leg, samples) || !prepare(leg, rate_hz))
		return;
	if (!encoder_can_pause(leg->speaking->encoder)) {
		speaking_say(leg, pcm, samples, rate_hz, now_ns);
		return;
	}
	mind_gap(leg, now_ns);
	sound = as_encoder_wants(leg->speaking, &bench, pcm, samples);
	if (encoder_pause(leg->speaking->encoder, sound.samples,
			  noise_level(sound.pcm, sound.samples), payload,
			  ENCODER_BYTES_MAX, &encoded))
		send_one(leg, &encoded, payload, now_ns);
}

/* Where a press begins: now, if nothing was said meanwhile. */
static void begin_event(struct leg *leg, uint32_t timestamp, int64_t now_ns)
{
	struct speaking *speaking = leg->speaking;
	uint32_t by = clock_of(leg) / FRAMES_A_SECOND;

	if (speaking->said_ns && passed(leg, now_ns) > by)
		by = passed(leg, now_ns);
	speaking->event_known = true;
	speaking->event = timestamp;
	speaking->event_time = speaking->timestamp + by;
}

void speaking_event(struct leg *leg, struct rtp_packet *packet,
		    uint32_t clock_hz, int64_t now_ns)
{
	struct speaking *speaking;

	if (!may_speak(leg, 0) ||
	    !prepare(leg, leg->speaking ? leg->speaking->from_hz
					: speaking_rate(leg)))
		return;
	speaking = leg->speaking;
	if (!speaking->event_known || speaking->event != packet->timestamp)
		begin_event(leg, packet->timestamp, now_ns);
	digits_rescale(packet, clock_hz, codec_rows[leg->terms.event].clock_hz);
	packet->timestamp = speaking->event_time;
	packet->sequence = speaking->sequence++;
	relay_send(leg, packet, now_ns);
}

void speaking_expect_loss(struct leg *leg, unsigned percent)
{
	if (leg->speaking && leg->speaking->encoder)
		encoder_expect_loss(leg->speaking->encoder, percent);
}
