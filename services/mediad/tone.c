/*
 * tone.c - one timer, a frame to each leg in the list. The pause of the cadence
 * is sent as silence: a stream that stops looks to many devices like a fault.
 */
#include "services/mediad/tone.h"

#include "lib/base/clock.h"
#include "services/mediad/leg.h"
#include "services/mediad/media.h"
#include "services/mediad/relay.h"
#include "services/mediad/wave.h"

#include <string.h>

/* After a stall, frames that nobody can use any more are left out. */
#define BEHIND_FRAMES_MAX 3

static void play_to(struct leg *leg, int64_t now_ns)
{
	uint8_t data[RTP_HEAD_BYTES + G711_FRAME_MAX];
	enum codec codec = leg->terms.codec;
	uint32_t frame = leg->tone_frame++;
	struct rtp_packet packet;

	if (codec == CODEC_NONE || !leg->terms.sends)
		return;
	packet = (struct rtp_packet){.pt = leg->terms.send_pt[codec],
				     .sequence = (uint16_t)frame,
				     .timestamp = frame * G711_FRAME_MAX,
				     .payload = data + RTP_HEAD_BYTES,
				     .size = G711_FRAME_MAX};
	memcpy(packet.payload, wave_frame(leg->ring, codec, frame),
	       G711_FRAME_MAX);
	relay_send(leg, &packet, now_ns);
}

unsigned tone_play(struct media *media)
{
	int64_t now_ms = clock_mono_ms(), now_ns = clock_mono_ns();
	unsigned frames = 0;

	if (now_ms - media->tone_due_ms > BEHIND_FRAMES_MAX * WAVE_FRAME_MS)
		media->tone_due_ms = now_ms;
	for (; media->tone_due_ms <= now_ms; frames++) {
		media->tone_due_ms += WAVE_FRAME_MS;
		list_each (link, &media->tones)
			play_to(list_of(link, struct leg, tone_link), now_ns);
	}
	return frames;
}

static void schedule(struct media *media)
{
	int64_t delay_ms = media->tone_due_ms - clock_mono_ms();

	loop_timer_start(media->loop, &media->tone_timer,
			 delay_ms > 0 ? delay_ms : 0);
}

static void on_due(struct loop_timer *timer)
{
	struct media *media = timer->owner;

	tone_play(media);
	schedule(media);
}

void tone_init(struct media *media)
{
	wave_init();
	list_init(&media->tones);
	media->tone_timer.due = on_due;
	media->tone_timer.owner = media;
}

void tone_start(struct leg *leg)
{
	struct media *media = leg->media;

	leg->tone_frame = 0;
	if (!leg->ring)
		leg->ring = wave_of("");
	if (list_empty(&media->tones)) {
		media->tone_due_ms = clock_mono_ms();
		schedule(media);
	}
	list_add_tail(&media->tones, &leg->tone_link);
}

void tone_stop(struct leg *leg)
{
	list_remove(&leg->tone_link);
	if (list_empty(&leg->media->tones))
		loop_timer_stop(leg->media->loop, &leg->media->tone_timer);
}
