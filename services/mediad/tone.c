/*
 * tone.c - the pause of the cadence is sent as silence: a stream that stops
 * looks to many devices like a fault.
 */
#include "services/mediad/tone.h"

#include "services/mediad/leg.h"
#include "services/mediad/relay.h"
#include "services/mediad/wave.h"

#include <string.h>

void tone_play(struct leg *leg, int64_t now_ns)
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

void tone_start(struct leg *leg)
{
	leg->tone_frame = 0;
	if (!leg->ring)
		leg->ring = wave_of("");
}
