/*
 * press.c - the row of keys.c into the leg's stream.
 */
#include "services/mediad/digits/press.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "services/mediad/digits/keys.h"
#include "services/mediad/digits/tones.h"
#include "services/mediad/leg.h"
#include "services/mediad/relay.h"
#include "services/mediad/speaking.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(by_event, "media_digits_sent_total", "form=\"event\"",
	       "Keys that were pressed for the other side.")
METRIC_COUNTER(by_tone, "media_digits_sent_total", "form=\"tone\"",
	       "Keys that were pressed for the other side.")

struct press {
	struct keys keys;
	bool mutes;         /* its key is what is sent … */
	bool speaking;      /* … and this is it */
	uint32_t timestamp; /* of the key's beginning */
	uint32_t rate_hz;
	char names[PRESS_NAMES][40]; /* of rows */
	unsigned named;
};

static uint8_t event_pt(const struct leg *leg)
{
	if (leg->terms.event >= CODEC_COUNT)
		return CODEC_PT_NONE;
	return leg->terms.send_pt[leg->terms.event];
}

/* Of durations: that of the events, which need not be the sound's. */
static uint32_t clock_of(const struct leg *leg)
{
	enum codec event = leg->terms.event;

	return codec_rows[event < CODEC_COUNT ? event : leg->terms.codec]
		.clock_hz;
}

bool press_by_event(const struct leg *leg)
{
	return event_pt(leg) != CODEC_PT_NONE;
}

bool press_busy(const struct leg *leg)
{
	return leg->press && keys_busy(&leg->press->keys);
}

bool press_mutes(const struct leg *leg)
{
	return leg->press && leg->press->mutes && !leg->press->speaking;
}

/* What follows is another feed of the leg's one stream. */
static void set_mutes(struct leg *leg, bool mutes)
{
	if (leg->press->mutes == mutes)
		return;
	leg->press->mutes = mutes;
	stream_out_switch(&leg->out);
}

static struct press *press_of(struct leg *leg)
{
	if (!leg->press)
		leg->press = mem_new(1, sizeof(*leg->press));
	return leg->press;
}

bool press_key(struct leg *leg, char key, unsigned ms)
{
	bool first;

	if (leg->terms.codec >= CODEC_COUNT || !keys_is_key(key))
		return false;
	first = !keys_busy(&press_of(leg)->keys);
	if (!keys_press(&leg->press->keys, key, ms))
		return false;
	if (first)
		set_mutes(leg, key != KEYS_PAUSE);
	leg_review(leg); /* it must be ticked */
	return true;
}

/* True: it is new. */
static bool take_name(struct press *press, const char *name)
{
	for (unsigned i = 0; i < PRESS_NAMES; i++)
		if (str_equal(press->names[i], name))
			return false;
	str_copy(press->names[press->named % PRESS_NAMES],
		 sizeof(press->names[0]), name);
	press->named++;
	return true;
}

bool press_row(struct leg *leg, const char *name, const char *row)
{
	if (leg->terms.codec >= CODEC_COUNT)
		return false;
	if (!take_name(press_of(leg), name))
		return true;
	for (; *row; row++) {
		bool pause = *row == 'w' || *row == 'W';
		unsigned ms = *row == 'w' ? 500 : *row == 'W' ? 1000 : PRESS_MS;
		char key = pause ? KEYS_PAUSE : *row;

		if (keys_is_key(key) && !press_key(leg, key, ms))
			return false;
	}
	return true;
}

void press_up(struct leg *leg)
{
	if (leg->press)
		keys_up(&leg->press->keys);
}

void press_free(struct leg *leg)
{
	free(leg->press);
	leg->press = NULL;
}

/* Timestamps of the stream are the sound's. */
static uint32_t in_stream(const struct leg *leg, uint32_t duration)
{
	return (uint32_t)((uint64_t)duration *
			  codec_rows[leg->terms.codec].clock_hz /
			  clock_of(leg));
}

static void send_event(struct leg *leg, const struct keys_step *step,
		       int64_t now_ns)
{
	struct press *press = leg->press;
	uint8_t data[RTP_HEAD_BYTES + sizeof(step->event)];
	struct rtp_packet packet = {
		.pt = event_pt(leg),
		.marker = step->segment_first,
		.timestamp = press->timestamp + in_stream(leg, step->timestamp),
		.payload = data + RTP_HEAD_BYTES,
		.size = sizeof(step->event)};

	memcpy(packet.payload, step->event, sizeof(step->event));
	relay_append(leg, &packet, now_ns);
}

static void send_sound(struct leg *leg, const struct keys_step *step, bool tone,
		       int64_t now_ns)
{
	struct press *press = leg->press;
	int16_t pcm[SPEAKING_SAMPLES_MAX] = {0};
	size_t samples;

	if (step->first || press->rate_hz == 0)
		press->rate_hz = speaking_rate(leg);
	samples = press->rate_hz / 1000 * KEYS_TICK_MS;
	if (tone)
		(void)tones_make(step->key, press->rate_hz,
				 (uint64_t)step->sound_ms * press->rate_hz /
					 1000,
				 pcm, samples);
	press->speaking = true;
	speaking_say(leg, pcm, samples, press->rate_hz, now_ns);
	press->speaking = false;
}

static void send_step(struct leg *leg, enum keys_turn turn,
		      const struct keys_step *step, int64_t now_ns)
{
	bool event = press_by_event(leg);

	set_mutes(leg, step->key != KEYS_PAUSE);
	if (step->key == KEYS_PAUSE)
		return;
	if (step->first) {
		metric_add(event ? &by_event : &by_tone, 1);
		leg->press->timestamp = stream_out_clock(&leg->out, now_ns);
	}
	if (!event)
		send_sound(leg, step, turn == KEYS_SOUND, now_ns);
	else if (turn != KEYS_SILENCE)
		send_event(leg, step, now_ns);
}

void press_tick(struct leg *leg, int64_t now_ns)
{
	struct press *press = leg->press;
	struct keys_step step;
	enum keys_turn turn;

	if (!press || (!keys_busy(&press->keys) && !press->mutes) ||
	    leg->terms.codec >= CODEC_COUNT)
		return;
	turn = keys_next(&press->keys, clock_of(leg), &step);
	if (turn != KEYS_NOTHING) {
		send_step(leg, turn, &step, now_ns);
		return;
	}
	set_mutes(leg, false);
	leg_review(leg);
}
