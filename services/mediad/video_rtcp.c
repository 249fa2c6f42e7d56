/*
 * video_rtcp.c - reports and feedback about pictures, from one leg's names of
 * the streams to the other's. What has names that we do not know the places of
 * is left out: bandwidth estimates and extended reports are between a sender
 * and whoever is next to it.
 */
#include "services/mediad/rtp.h"
#include "services/mediad/video.h"

#include <string.h>

#define PARTS_MAX 16
#define PART_HEAD 4
#define BLOCK_BYTES 24 /* of a report */
#define FIR_BYTES 8

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_RTPFB = 205,
	RTCP_PSFB = 206
};

#define NACK 1 /* of RTPFB */
#define PLI 1  /* of PSFB … */
#define FIR 4

struct part {
	uint8_t *data;
	size_t size;
	unsigned count; /* or the feedback's format */
	uint32_t own, other;
};

static void turn(uint8_t *at, uint32_t mask)
{
	rtp_write32(at, rtp_read32(at) ^ mask);
}

/* Whose stream it is: told by the sender, of itself. */
static bool turn_sender(const struct part *part)
{
	if (part->size < PART_HEAD + 4)
		return false;
	turn(part->data + PART_HEAD, part->own);
	return true;
}

static bool turn_blocks(const struct part *part, size_t head)
{
	if (part->size < head + part->count * BLOCK_BYTES || !turn_sender(part))
		return false;
	for (unsigned i = 0; i < part->count; i++)
		turn(part->data + head + i * BLOCK_BYTES, part->other);
	return true;
}

static bool map_sr(const struct part *part)
{
	return turn_blocks(part, 28);
}

static bool map_rr(const struct part *part)
{
	return turn_blocks(part, 8);
}

/* One name is usual; the places of more of them are not fixed. */
static bool map_sdes(const struct part *part)
{
	return part->count == 1 && turn_sender(part);
}

static bool map_bye(const struct part *part)
{
	if (part->size < PART_HEAD + part->count * 4)
		return false;
	for (unsigned i = 0; i < part->count; i++)
		turn(part->data + PART_HEAD + i * 4, part->own);
	return part->count > 0;
}

static bool map_feedback(const struct part *part)
{
	if (part->size < PART_HEAD + 8 || !turn_sender(part))
		return false;
	turn(part->data + PART_HEAD + 4, part->other);
	return true;
}

static bool map_rtpfb(const struct part *part)
{
	return part->count == NACK && map_feedback(part);
}

/* FIR names the stream in its entries, and 0 in its head (RFC 5104, 4.3.1). */
static bool map_fir(const struct part *part)
{
	if (part->size < PART_HEAD + 8 + FIR_BYTES || !turn_sender(part))
		return false;
	for (size_t at = PART_HEAD + 8; at + FIR_BYTES <= part->size;
	     at += FIR_BYTES)
		turn(part->data + at, part->other);
	return true;
}

static bool map_psfb(const struct part *part)
{
	if (part->count == FIR)
		return map_fir(part);
	return part->count == PLI && map_feedback(part);
}

static const struct {
	enum rtcp_type type;
	bool (*map)(const struct part *part);
} maps[] = {
	{RTCP_SR, map_sr},   {RTCP_RR, map_rr},       {RTCP_SDES, map_sdes},
	{RTCP_BYE, map_bye}, {RTCP_RTPFB, map_rtpfb}, {RTCP_PSFB, map_psfb},
};

static bool map_part(const struct part *part)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		if (part->data[1] == maps[i].type)
			return maps[i].map(part);
	return false;
}

size_t video_map_rtcp(uint8_t *data, size_t size, uint32_t own, uint32_t other)
{
	size_t at = 0, kept = 0;

	for (int i = 0; i < PARTS_MAX && at + PART_HEAD <= size; i++) {
		struct part part = {.data = data + at,
				    .count = data[at] & 31,
				    .own = own,
				    .other = other};

		part.size = PART_HEAD + 4 * (size_t)rtp_read16(data + at + 2);
		if (data[at] >> 6 != 2 || part.size > size - at)
			return 0;
		at += part.size;
		/* Padding would have to stand at the end of what is left. */
		if (part.data[0] & 0x20 || !map_part(&part))
			continue;
		memmove(data + kept, part.data, part.size);
		kept += part.size;
	}
	return at == size ? kept : 0;
}
