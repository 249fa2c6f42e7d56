/*
 * hearing.c - see hearing.h.
 */
#include "services/mediad/hearing.h"

#include "lib/base/cache.h"
#include "lib/base/mem.h"
#include "services/mediad/codec/decoder.h"
#include "services/mediad/digits/tap.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/receive/jitter.h"
#include "services/mediad/speaking.h"
#include "services/mediad/tick.h"

#include <stdlib.h>
#include <string.h>

#define TURNS_MAX 16    /* of the jitter buffer in one tick */
#define QUIET_LEVEL 200 /* of samples that nobody would miss */
#define BLEND_MS 5
#define REST_AFTER_TICKS (1000 / TICK_MS)
#define BLEND_SAMPLES_MAX (48 * BLEND_MS)
#define US_PER_MS 1000
#define NS_PER_SECOND 1000000000

/* Memory is taken when the first packet comes: a leg that is silent, as on
 * hold, has none but this. */
struct hearing {
	enum codec codec;
	uint32_t wished_hz;
	struct decoder *decoder;
	uint32_t rate_hz;
	bool quiet;        /* the last 20 ms were */
	bool pause;        /* what is held is noise of a pause */
	size_t frame;      /* samples of a tick */
	size_t held, room; /* of 'pcm' */
	int16_t *pcm;      /* the worker's, during a tick … */
	int16_t *rest;     /* … and what was held after it */
	size_t rest_room;
	int16_t *late;    /* a frame that is held back; NULL: none is */
	size_t blend;     /* samples of 'spare' that lead to what comes next */
	size_t concealed; /* samples */
	unsigned ticks_left;   /* without a sound; 0: it rests */
	struct jitter *jitter; /* NULL: no packet has come yet */
	uint8_t codec_of[128]; /* of payload types, as they were agreed */
	int16_t spare[BLEND_SAMPLES_MAX];
};

bool hearing_begin(struct leg *leg, enum codec codec, uint32_t rate_hz)
{
	struct hearing *hearing = leg->hearing;
	uint32_t real_hz = decoder_rate_of(codec, rate_hz);

	if (hearing && hearing->codec == codec && hearing->wished_hz == rate_hz)
		return true;
	hearing_end(leg);
	if (!real_hz)
		return false;
	hearing = mem_new(1, sizeof(*hearing));
	hearing->codec = codec;
	hearing->wished_hz = rate_hz;
	hearing->rate_hz = real_hz;
	hearing->frame = real_hz / 1000 * TICK_MS;
	hearing->room = real_hz / 1000 * HEARING_ROOM_MS;
	leg->hearing = hearing;
	return true;
}

static void prepare(struct hearing *hearing)
{
	hearing->decoder = decoder_new(hearing->codec, hearing->wished_hz);
	hearing->jitter = mem_new(1, sizeof(*hearing->jitter));
	jitter_init(hearing->jitter, codec_rows[hearing->codec].clock_hz);
}

void hearing_end(struct leg *leg)
{
	struct hearing *hearing = leg->hearing;

	if (!hearing)
		return;
	hearing_count(leg);
	decoder_free(hearing->decoder);
	if (hearing->jitter)
		jitter_free(hearing->jitter);
	free(hearing->jitter);
	free(hearing->late);
	free(hearing->rest);
	free(hearing);
	leg->hearing = NULL;
}

void hearing_restart(struct leg *leg)
{
	struct hearing *hearing = leg->hearing;

	if (hearing && hearing->jitter)
		jitter_restart(hearing->jitter,
			       codec_rows[hearing->codec].clock_hz);
}

void hearing_take(struct leg *leg, const struct rtp_packet *packet,
		  enum codec codec, int64_t now_ns)
{
	struct hearing *hearing = leg->hearing;
	bool sound = codec == hearing->codec || codec == CODEC_CN;

	if (!hearing->jitter)
		prepare(hearing);
	hearing->codec_of[packet->pt] = (uint8_t)codec;
	jitter_put(hearing->jitter, packet, sound, now_ns);
	if (hearing->ticks_left == 0) {
		hearing->ticks_left = REST_AFTER_TICKS;
		leg_review(leg);
	}
}

/* In the order of the pointers that lead to it. */
void hearing_fetch(const struct leg *leg, unsigned step)
{
	const struct hearing *hearing = leg->hearing;

	if (!hearing || step == 0)
		return;
	if (step == 1)
		cache_fetch(hearing, offsetof(struct hearing, codec_of));
	else if (!hearing->jitter)
		return;
	else if (step == 2)
		cache_fetch(hearing->jitter, offsetof(struct jitter, slots));
	else
		jitter_fetch(hearing->jitter);
	if (step > 1)
		decoder_fetch(hearing->decoder, step - 2);
}

bool hearing_rests(const struct leg *leg)
{
	return !leg->hearing || leg->hearing->ticks_left == 0;
}

/* --- out of the buffer --- */

static uint32_t in_timestamps(const struct hearing *hearing, size_t samples)
{
	return (uint32_t)((uint64_t)samples *
			  codec_rows[hearing->codec].clock_hz /
			  hearing->rate_hz);
}

static size_t in_samples(const struct hearing *hearing, uint32_t timestamps)
{
	size_t samples = (size_t)((uint64_t)timestamps * hearing->rate_hz /
				  codec_rows[hearing->codec].clock_hz);
	size_t room = hearing->room - hearing->held;

	return samples < room ? samples : room;
}

/* So that what was left out leaves no click. */
static void blend(struct hearing *hearing, int16_t *pcm, size_t samples)
{
	size_t count = hearing->blend < samples ? hearing->blend : samples;

	for (size_t i = 0; i < count; i++) {
		int32_t from = hearing->spare[i], to = pcm[i];

		pcm[i] = (int16_t)(from +
				   (to - from) * (int32_t)i / (int32_t)count);
	}
	hearing->blend = 0;
}

static void keep_spare(struct hearing *hearing, const int16_t *pcm,
		       size_t samples)
{
	size_t most = hearing->rate_hz / 1000 * BLEND_MS;

	if (hearing->blend > 0) /* two in a row: from the first */
		return;
	hearing->blend = samples < most ? samples : most;
	memcpy(hearing->spare, pcm, hearing->blend * sizeof(pcm[0]));
}

static void decode(struct hearing *hearing, const struct jitter_packet *packet)
{
	int16_t *to = hearing->pcm + hearing->held;
	int samples = decoder_decode(hearing->decoder,
				     (enum codec)hearing->codec_of[packet->pt],
				     packet->payload, packet->size, to,
				     hearing->room - hearing->held);

	if (samples < 0) { /* its sender's fault: as good as lost */
		samples =
			(int)in_samples(hearing, jitter_step(hearing->jitter));
		decoder_conceal(hearing->decoder, to, (size_t)samples);
		hearing->concealed += (size_t)samples;
	}
	jitter_played(hearing->jitter, in_timestamps(hearing, (size_t)samples));
	if (packet->spare) {
		keep_spare(hearing, to, (size_t)samples);
		return;
	}
	blend(hearing, to, (size_t)samples);
	hearing->held += (size_t)samples;
}

/* 'packet' is room for the one after it. */
static void make_up(struct hearing *hearing, struct jitter_packet *packet)
{
	int16_t *to = hearing->pcm + hearing->held;
	size_t samples = in_samples(hearing, jitter_step(hearing->jitter));

	if (jitter_look(hearing->jitter, packet))
		decoder_recover(hearing->decoder, packet->payload, packet->size,
				to, samples);
	else
		decoder_conceal(hearing->decoder, to, samples);
	hearing->concealed += samples;
	hearing->held += samples;
}

static void conceal_rest(struct hearing *hearing)
{
	size_t samples = hearing->frame - hearing->held;

	decoder_conceal(hearing->decoder, hearing->pcm + hearing->held,
			samples);
	hearing->concealed += samples;
	hearing->held = hearing->frame;
}

/* False: nothing is being said, and no noise of it is known. */
static bool fill_pause(struct hearing *hearing)
{
	bool rest = hearing->held > 0;

	if (!rest && !decoder_pauses(hearing->decoder))
		return false;
	decoder_pause(hearing->decoder, hearing->pcm + hearing->held,
		      hearing->frame - hearing->held);
	hearing->held = hearing->frame;
	hearing->pause = !rest;
	return true;
}

/* 20 ms of sound at the front of 'pcm'; false: there is none. */
static bool collect(struct hearing *hearing, int64_t now_ns)
{
	struct jitter_packet packet;

	hearing->pause = false;
	for (int i = 0; i < TURNS_MAX && hearing->held < hearing->frame; i++) {
		/* It will be heard after what is held. */
		int64_t then_ns = now_ns + (int64_t)hearing->held *
						   NS_PER_SECOND /
						   hearing->rate_hz;

		switch (jitter_get(hearing->jitter, hearing->quiet, then_ns,
				   &packet)) {
		case JITTER_PACKET: decode(hearing, &packet); break;
		case JITTER_LOST: make_up(hearing, &packet); break;
		case JITTER_WAIT:
			if (decoder_pauses(hearing->decoder))
				return fill_pause(hearing);
			conceal_rest(hearing);
			break;
		case JITTER_PAUSE: return fill_pause(hearing);
		}
	}
	return hearing->held >= hearing->frame;
}

static bool is_quiet(const struct hearing *hearing)
{
	for (size_t i = 0; i < hearing->frame; i += 4)
		if (abs(hearing->pcm[i]) > QUIET_LEVEL)
			return false;
	return true;
}

/* A key that is carried over is known 40 ms after it began: with 20 ms held
 * back, too little of it is left to be heard as a key. */
static const int16_t *hold_back(struct hearing *hearing, int16_t *room)
{
	size_t bytes = hearing->frame * sizeof(hearing->pcm[0]);

	if (!hearing->late)
		hearing->late = mem_new(hearing->frame, sizeof(int16_t));
	memcpy(room, hearing->late, bytes);
	memcpy(hearing->late, hearing->pcm, bytes);
	return room;
}

static void say_to(struct leg *peer, struct hearing *hearing, bool held_back,
		   int64_t now_ns)
{
	int16_t room[SPEAKING_SAMPLES_MAX];
	const int16_t *pcm =
		held_back ? hold_back(hearing, room) : hearing->pcm;

	if (hearing->pause)
		speaking_pause(peer, pcm, hearing->frame, hearing->rate_hz,
			       now_ns);
	else
		speaking_say(peer, pcm, hearing->frame, hearing->rate_hz,
			     now_ns);
}

/* Ears first: one of them may find what the peer is not to hear. */
static void hand_on(struct leg *leg, int64_t now_ns)
{
	struct hearing *hearing = leg->hearing;

	if (leg_is_listened_to(leg))
		leg_said(leg, hearing->pcm, hearing->frame, hearing->rate_hz,
			 now_ns);
	if (leg->hearing == hearing && leg->transcoded && leg->peer)
		say_to(leg->peer, hearing, tap_carries(leg), now_ns);
}

/* What is held lies with the leg between ticks: nothing, as a rule, for a
 * packet is a tick's. */
static void put_away(struct hearing *hearing, size_t from)
{
	hearing->held -= from;
	if (hearing->held > hearing->rest_room) {
		hearing->rest_room = hearing->held;
		hearing->rest = mem_grow(hearing->rest,
					 hearing->held * sizeof(int16_t));
	}
	if (hearing->held > 0)
		memcpy(hearing->rest, hearing->pcm + from,
		       hearing->held * sizeof(int16_t));
}

static void take_up(struct hearing *hearing, int16_t *room)
{
	hearing->pcm = room;
	if (hearing->held > 0)
		memcpy(room, hearing->rest, hearing->held * sizeof(int16_t));
}

void hearing_tick(struct leg *leg, int64_t now_ns)
{
	struct hearing *hearing = leg->hearing;

	take_up(hearing, leg->media->heard);
	if (!collect(hearing, now_ns)) {
		put_away(hearing, 0);
		hearing->quiet = true;
		if (hearing->ticks_left > 0 && --hearing->ticks_left == 0)
			leg_review(leg);
		return;
	}
	hearing->ticks_left = REST_AFTER_TICKS;
	hearing->quiet = is_quiet(hearing);
	hand_on(leg, now_ns);
	if (leg->hearing == hearing) /* no ear has ended it */
		put_away(hearing, hearing->frame);
}

void hearing_count(struct leg *leg)
{
	struct hearing *hearing = leg->hearing;

	if (!hearing || !hearing->jitter)
		return;
	quality_heard(&leg->quality, &hearing->jitter->counts);
	quality_concealed(&leg->quality, (uint64_t)hearing->concealed *
						 US_PER_MS * US_PER_MS /
						 hearing->rate_hz);
	hearing->concealed = 0;
}

int64_t hearing_wait_ms(const struct leg *leg)
{
	const struct hearing *hearing = leg->hearing;

	return hearing && hearing->jitter
		       ? delay_wanted_us(&hearing->jitter->delay) / US_PER_MS
		       : 0;
}
