/*
 * rtp.h - one RTP packet (RFC 3550, section 5.1) in memory.
 *
 * Contract: rtp_parse checks every length against the datagram's; the payload
 * points into it. rtp_head writes a plain header of RTP_HEAD_BYTES: no CSRC, no
 * extension, no padding. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEAD_BYTES 12
#define RTP_PACKET_MAX 1500

struct rtp_packet {
	bool marker;
	uint8_t pt;
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t ssrc;
	uint8_t *payload; /* at least RTP_HEAD_BYTES into the datagram */
	size_t size;      /* of the payload, padding left out */
};

/* False: no RTP, and nothing is to be read from 'packet_out'. */
bool rtp_parse(uint8_t *data, size_t size, struct rtp_packet *packet_out);
/* Where the payload begins; 0: no header of RTP's fits into 'size'. */
size_t rtp_head_size(const uint8_t *data, size_t size);
/* Big-endian fields at any address; RTCP uses them too. */
uint16_t rtp_read16(const uint8_t *from);
uint32_t rtp_read32(const uint8_t *from);
void rtp_write16(uint8_t *to, uint16_t number);
void rtp_write32(uint8_t *to, uint32_t number);
void rtp_head(const struct rtp_packet *packet, uint8_t *to);
