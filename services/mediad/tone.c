/*
 * tone.c - the pause of the cadence is sent as silence: a stream that stops
 * looks to many devices like a fault.
 */
#include "services/mediad/tone.h"

#include "services/mediad/leg.h"
#include "services/mediad/relay.h"
#include "services/mediad/speaking.h"
#include "services/mediad/wave.h"

#include <string.h>

/* A leg of G.711 is sent the frames as they are kept. */
static void send_frame(struct leg *leg, enum codec codec, uint32_t frame,
		       int64_t now_ns)
{
	uint8_t data[RTP_HEAD_BYTES + G711_FRAME_MAX];
	struct rtp_packet packet = {.pt = leg->terms.send_pt[codec],
				    .sequence = (uint16_t)frame,
				    .timestamp = frame * G711_FRAME_MAX,
				    .payload = data + RTP_HEAD_BYTES,
				    .size = G711_FRAME_MAX};

	memcpy(packet.payload, wave_frame(leg->ring, codec, frame),
	       G711_FRAME_MAX);
	relay_send(leg, &packet, now_ns);
}

void tone_play(struct leg *leg, int64_t now_ns)
{
	enum codec codec = leg->terms.codec;
	uint32_t frame = leg->tone_frame++;
	bool overheard = !list_empty(&leg->overhearers);
	bool plain = codec <= CODEC_PCMA;
	int16_t pcm[G711_FRAME_MAX];

	if (codec == CODEC_NONE || !leg->terms.sends)
		return;
	if (plain)
		send_frame(leg, codec, frame, now_ns);
	if (plain && !overheard)
		return;
	g711_decode_ulaw(wave_frame(leg->ring, CODEC_PCMU, frame),
			 G711_FRAME_MAX, pcm);
	if (!plain)
		speaking_say(leg, pcm, G711_FRAME_MAX, CODEC_CLOCK_HZ, now_ns);
	leg_told(leg, pcm, G711_FRAME_MAX, CODEC_CLOCK_HZ, now_ns);
}

void tone_start(struct leg *leg)
{
	leg->tone_frame = 0;
	if (!leg->ring)
		leg->ring = wave_of("");
}
