/*
 * rtp.c - header in, header out.
 */
#include "services/mediad/rtp.h"

#define VERSION 2
#define BIT_PADDING 0x20
#define BIT_EXTENSION 0x10
#define BIT_MARKER 0x80

uint16_t rtp_read16(const uint8_t *from)
{
	return (uint16_t)(from[0] << 8 | from[1]);
}

uint32_t rtp_read32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
	       (uint32_t)from[2] << 8 | from[3];
}

void rtp_write16(uint8_t *to, uint16_t number)
{
	to[0] = (uint8_t)(number >> 8);
	to[1] = (uint8_t)number;
}

void rtp_write32(uint8_t *to, uint32_t number)
{
	rtp_write16(to, (uint16_t)(number >> 16));
	rtp_write16(to + 2, (uint16_t)number);
}

size_t rtp_head_size(const uint8_t *data, size_t size)
{
	size_t head;

	if (size < RTP_HEAD_BYTES || data[0] >> 6 != VERSION)
		return 0;
	head = RTP_HEAD_BYTES + 4u * (data[0] & 0x0f);
	if (!(data[0] & BIT_EXTENSION))
		return head <= size ? head : 0;
	if (head + 4 > size)
		return 0;
	head += 4 + 4u * rtp_read16(data + head + 2);
	return head <= size ? head : 0;
}

bool rtp_parse(uint8_t *data, size_t size, struct rtp_packet *packet_out)
{
	size_t head, padding = 0;

	if (size > RTP_PACKET_MAX)
		return false;
	head = rtp_head_size(data, size);
	if (!head)
		return false;
	if (data[0] & BIT_PADDING) {
		padding = data[size - 1];
		if (padding == 0 || padding > size - head)
			return false;
	}
	packet_out->marker = data[1] & BIT_MARKER;
	packet_out->pt = data[1] & 0x7f;
	packet_out->sequence = rtp_read16(data + 2);
	packet_out->timestamp = rtp_read32(data + 4);
	packet_out->ssrc = rtp_read32(data + 8);
	packet_out->payload = data + head;
	packet_out->size = size - head - padding;
	return true;
}

void rtp_head(const struct rtp_packet *packet, uint8_t *to)
{
	to[0] = VERSION << 6;
	to[1] = (uint8_t)((packet->marker ? BIT_MARKER : 0) | packet->pt);
	rtp_write16(to + 2, packet->sequence);
	rtp_write32(to + 4, packet->timestamp);
	rtp_write32(to + 8, packet->ssrc);
}
