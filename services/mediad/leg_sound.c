/*
 * leg_sound.c - who hears whom: a leg's source, its ears, its bridge, and what
 * of that needs samples.
 */
#include "services/mediad/leg.h"

#include "lib/base/cache.h"
#include "lib/base/clock.h"
#include "services/mediad/codec/transcoder.h"
#include "services/mediad/digits/press.h"
#include "services/mediad/digits/tap.h"
#include "services/mediad/hearing.h"
#include "services/mediad/media.h"
#include "services/mediad/session.h"
#include "services/mediad/speaking.h"
#include "services/mediad/tick.h"
#include "services/mediad/tone.h"

#include <assert.h>
#include <string.h>

#define NS_PER_MS 1000000
#define SPEAKING_RATE_MAX 16000 /* no phone's voice is better by more */
#define CODEC_CHANGE_MS 200

void leg_feed(struct leg *leg, enum leg_source source)
{
	struct leg_voice *voice = leg->voice;

	if (leg->source == source)
		return;
	leg->source = source;
	leg->voice = NULL;
	stream_out_switch(&leg->out);
	if (source == LEG_TONE)
		tone_start(leg);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
	if (voice)
		voice->over(voice, leg->voice_ended);
}

static enum leg_source without_voice(const struct leg *leg)
{
	return leg->peer ? LEG_BRIDGED : LEG_SILENT;
}

void leg_play(struct leg *leg, struct leg_voice *voice)
{
	leg->voice_ended = false;
	leg_feed(leg, without_voice(leg)); /* ends the one before */
	leg_feed(leg, LEG_PLAYED);
	leg->voice = voice;
}

void leg_play_end(struct leg *leg)
{
	if (leg->source == LEG_PLAYED)
		leg_feed(leg, without_voice(leg));
}

void leg_listen(struct leg *leg, struct leg_ear *ear)
{
	list_add_tail(&leg->ears, &ear->link);
	leg_review(leg);
}

void leg_listen_end(struct leg *leg, struct leg_ear *ear)
{
	list_remove(&ear->link);
	leg_review(leg);
}

void leg_overhear(struct leg *leg, struct leg_ear *ear)
{
	list_add_tail(&leg->overhearers, &ear->link);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
}

void leg_overhear_end(struct leg *leg, struct leg_ear *ear)
{
	list_remove(&ear->link);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
}

/* The leg that hears this one's other side; NULL: none does. */
static struct leg *hearer(const struct leg *leg)
{
	struct leg *peer = leg->peer;

	return peer && peer->source == LEG_BRIDGED ? peer : NULL;
}

bool leg_is_listened_to(const struct leg *leg)
{
	const struct leg *peer = hearer(leg);

	return !list_empty(&leg->ears) ||
	       (peer && !list_empty(&peer->overhearers));
}

static void hand_round(struct list *ears, const int16_t *pcm, size_t samples,
		       uint32_t rate_hz, int64_t now_ns)
{
	list_each (link, ears) {
		struct leg_ear *ear = list_of(link, struct leg_ear, link);

		ear->heard(ear, pcm, samples, rate_hz, now_ns);
	}
}

void leg_said(struct leg *leg, const int16_t *pcm, size_t samples,
	      uint32_t rate_hz, int64_t now_ns)
{
	struct leg *peer = hearer(leg);

	hand_round(&leg->ears, pcm, samples, rate_hz, now_ns);
	if (peer)
		leg_told(peer, pcm, samples, rate_hz, now_ns);
}

void leg_told(struct leg *leg, const int16_t *pcm, size_t samples,
	      uint32_t rate_hz, int64_t now_ns)
{
	hand_round(&leg->overhearers, pcm, samples, rate_hz, now_ns);
}

/* Whether 'peer' can be sent packets of this codec as they are, or nearly. */
static bool takes_packets(const struct leg *peer, enum codec codec)
{
	return peer->terms.send_pt[codec] != CODEC_PT_NONE ||
	       (codec <= CODEC_PCMA && peer->terms.codec <= CODEC_PCMA);
}

static bool is_transcoded(const struct leg *leg)
{
	const struct leg *peer = hearer(leg);

	return peer && leg->heard < CODEC_COUNT &&
	       peer->terms.codec < CODEC_COUNT &&
	       (!takes_packets(peer, leg->heard) || tap_carries(leg) ||
		(leg->pauses && !takes_packets(peer, CODEC_CN)));
}

/* What suits whoever hears it best, without resampling. */
static uint32_t hearers_rate(const struct leg *leg)
{
	uint32_t rate_hz = codec_rows[leg->heard].rate_hz;

	if (leg->transcoded)
		rate_hz =
			transcoder_rate_of(leg->heard, leg->peer->terms.codec);
	return rate_hz < SPEAKING_RATE_MAX ? rate_hz : SPEAKING_RATE_MAX;
}

static void review_hearing(struct leg *leg)
{
	bool transcoded = is_transcoded(leg);

	/* From packets of theirs to packets of ours, or back. */
	if (transcoded != leg->transcoded && leg->peer)
		stream_out_switch(&leg->peer->out);
	leg->transcoded = transcoded;
	if (leg->heard < CODEC_COUNT && (transcoded || leg_is_listened_to(leg)))
		(void)hearing_begin(leg, leg->heard, hearers_rate(leg));
	else
		hearing_end(leg);
}

void leg_hears_pause(struct leg *leg)
{
	if (leg->pauses)
		return;
	leg->pauses = true;
	leg_review(leg);
}

void leg_review(struct leg *leg)
{
	bool spoken_to = leg->source == LEG_TONE || leg->source == LEG_PLAYED;

	review_hearing(leg);
	if (spoken_to || !hearing_rests(leg) || press_busy(leg))
		tick_add(leg);
	else
		tick_remove(leg);
}

void leg_renew(struct leg *leg)
{
	enum codec codec = leg->terms.codec;

	leg->heard = codec;
	leg->pauses = false;
	speaking_end(leg);
	hearing_end(leg);
	tap_review(leg);
	leg_review(leg);
	if (leg->peer)
		leg_review(leg->peer);
}

bool leg_hears_codec(struct leg *leg, enum codec codec, int64_t now_ms)
{
	if (now_ms - leg->heard_ms < CODEC_CHANGE_MS)
		return false;
	leg->heard_ms = now_ms;
	leg->heard = codec;
	leg_review(leg);
	return true;
}

/* The next 20 ms of what is played to it. */
static void play_voice(struct leg *leg, int64_t now_ns)
{
	int16_t pcm[SPEAKING_SAMPLES_MAX];
	uint32_t rate_hz = speaking_rate(leg);
	size_t frame = rate_hz / 1000 * TICK_MS;
	size_t samples;

	if (leg->terms.codec == CODEC_NONE || !leg->voice)
		return; /* nobody is there yet to hear its beginning */
	samples = leg->voice->next(leg->voice, pcm, frame, rate_hz);
	if (samples > 0) {
		memset(pcm + samples, 0, (frame - samples) * sizeof(pcm[0]));
		speaking_say(leg, pcm, frame, rate_hz, now_ns);
		leg_told(leg, pcm, frame, rate_hz, now_ns);
	}
	if (samples < frame) {
		leg->voice_ended = true;
		leg_feed(leg, without_voice(leg));
	}
}

/* Who is spoken to by the leg's tick. */
static void fetch_peer(const struct leg *peer, unsigned step)
{
	if (step == 1) {
		cache_fetch(&peer->terms, CACHE_LINE);
		cache_fetch(&peer->latch, sizeof(peer->latch));
		cache_fetch(&peer->out, sizeof(peer->out));
		cache_fetch(&peer->sockets, sizeof(peer->sockets));
		cache_fetch(&peer->source, CACHE_LINE * 2);
	} else if (step > 1) {
		speaking_fetch(peer, step - 2);
	}
}

void leg_fetch(const struct leg *leg, unsigned step)
{
	if (step == 0) {
		cache_fetch(&leg->source, CACHE_LINE * 2);
		cache_fetch(&leg->ears, CACHE_LINE);
		return;
	}
	hearing_fetch(leg, step);
	if (leg->peer && leg->transcoded)
		fetch_peer(leg->peer, step);
}

void leg_tick(struct leg *leg, int64_t now_ns)
{
	press_tick(leg, now_ns);
	if (leg->source == LEG_TONE)
		tone_play(leg, now_ns);
	else if (leg->source == LEG_PLAYED)
		play_voice(leg, now_ns);
	if (!hearing_rests(leg))
		hearing_tick(leg, now_ns);
}

void leg_unbridge(struct leg *leg)
{
	struct leg *pair[] = {leg, leg->peer};

	pair[0]->peer = pair[1]->peer = NULL;
	press_up(pair[0]);
	press_up(pair[1]);
	for (int i = 0; i < 2; i++) {
		if (pair[i]->source == LEG_BRIDGED)
			leg_feed(pair[i], LEG_SILENT);
		leg_review(pair[i]);
	}
}

void leg_expect(struct leg *leg)
{
	leg->expected_ms = clock_mono_ms();
	leg->silence_told = false;
}

static void set_early(struct leg *leg, bool early)
{
	if (leg->early && !early)
		leg_expect(leg);
	leg->early = early;
}

void leg_bridge(struct leg *a, struct leg *b, bool early)
{
	assert(a != b);
	set_early(a, early);
	set_early(b, early);
	if (a->peer != b) {
		if (a->peer)
			leg_unbridge(a);
		if (b->peer)
			leg_unbridge(b);
		a->peer = b;
		b->peer = a;
		leg_expect(a);
		leg_expect(b);
	}
	leg_feed(a, LEG_BRIDGED);
	leg_feed(b, LEG_BRIDGED);
	leg_review(a);
	leg_review(b);
}

int64_t leg_silence_ms(const struct leg *leg, int64_t now_ms)
{
	/* Each packet moves this on: its time, within a burst's second. */
	int64_t since_ms = leg->rate_ns / NS_PER_MS;

	if (!leg->peer || leg->early || !leg->terms.hears || !leg->terms.sends)
		return 0;
	if (since_ms < leg->expected_ms)
		since_ms = leg->expected_ms;
	return now_ms > since_ms ? now_ms - since_ms : 0;
}
