/*
 * rtcp.c - compound packets, read with every length checked against the part
 * and the part against the datagram.
 */
#include "services/mediad/receive/rtcp.h"

#include <string.h>

enum { TYPE_SR = 200, TYPE_RR = 201, TYPE_SDES = 202, TYPE_XR = 207 };

/* Blocks of an XR. */
enum { BLOCK_RRTR = 4, BLOCK_DLRR = 5, BLOCK_VOIP = 7 };

#define VERSION 2
#define BIT_PADDING 0x20
#define PART_HEAD 8 /* header and SSRC */
#define SENDER_BYTES 20
#define BLOCK_BYTES 24
#define XR_BLOCK_HEAD 4
#define RRTR_BYTES 12
#define DLRR_BYTES 16 /* with one answer */
#define DLRR_ANSWER_BYTES 12
#define VOIP_BYTES 36
#define VOIP_UNKNOWN 127
#define VOIP_GMIN 16
#define VOIP_ADAPTIVE 0xb0    /* enhanced concealment, adaptive buffer */
#define NTP_EPOCH 2208988800u /* seconds from 1900 to 1970 */

static uint64_t ntp(int64_t wall_ms)
{
	uint64_t seconds = (uint64_t)(wall_ms / 1000) + NTP_EPOCH;
	uint64_t fraction = ((uint64_t)(wall_ms % 1000) << 32) / 1000;

	return seconds << 32 | fraction;
}

uint32_t rtcp_ntp_middle(int64_t wall_ms)
{
	return (uint32_t)(ntp(wall_ms) >> 16);
}

/* 'part' has at least 'size' bytes: the whole of an SR or RR. */
static bool read_report(const uint8_t *part, size_t size, uint32_t our_ssrc,
			struct rtcp_news *news)
{
	unsigned blocks = part[0] & 0x1f;
	size_t at = PART_HEAD;

	if (part[1] == TYPE_SR) {
		if (size < PART_HEAD + SENDER_BYTES)
			return false;
		news->sender_report = true;
		news->ntp_middle = rtp_read32(part + 10);
		at += SENDER_BYTES;
	}
	if (at + (size_t)blocks * BLOCK_BYTES > size)
		return false;
	for (unsigned i = 0; i < blocks; i++, at += BLOCK_BYTES) {
		if (rtp_read32(part + at) != our_ssrc)
			continue;
		news->about_us = true;
		news->fraction_lost = part[at + 4];
		/* Negative where packets came twice: nothing is lost then. */
		news->lost = rtp_read32(part + at + 4) & 0xffffff;
		if (news->lost & 0x800000)
			news->lost = 0;
		news->jitter = rtp_read32(part + at + 12);
		news->last_report = rtp_read32(part + at + 16);
		news->since_report = rtp_read32(part + at + 20);
	}
	return true;
}

static void read_dlrr(const uint8_t *block, size_t size, uint32_t our_ssrc,
		      struct rtcp_news *news)
{
	for (size_t at = XR_BLOCK_HEAD; at + DLRR_ANSWER_BYTES <= size;
	     at += DLRR_ANSWER_BYTES) {
		if (rtp_read32(block + at) != our_ssrc)
			continue;
		news->echo_last = rtp_read32(block + at + 4);
		news->echo_since = rtp_read32(block + at + 8);
	}
}

static void read_voip(const uint8_t *block, size_t size, uint32_t our_ssrc,
		      struct rtcp_news *news)
{
	if (size < VOIP_BYTES || rtp_read32(block + 4) != our_ssrc)
		return;
	news->voip = true;
	news->voip_loss = block[8];
	news->voip_discard = block[9];
	news->voip_r = block[24];
	news->voip_mos = block[26];
}

static void read_xr_block(const uint8_t *block, size_t size, uint32_t our_ssrc,
			  struct rtcp_news *news)
{
	if (block[0] == BLOCK_RRTR && size >= RRTR_BYTES) {
		news->asks = true;
		news->asks_middle = rtp_read32(block + 6);
	} else if (block[0] == BLOCK_DLRR) {
		read_dlrr(block, size, our_ssrc, news);
	} else if (block[0] == BLOCK_VOIP) {
		read_voip(block, size, our_ssrc, news);
	}
}

/* 'part' is the whole of an XR, padding and all. */
static bool read_xr(const uint8_t *part, size_t size, uint32_t our_ssrc,
		    struct rtcp_news *news)
{
	size_t at = PART_HEAD;

	if (size < PART_HEAD)
		return false;
	if (part[0] & BIT_PADDING)
		size -= part[size - 1];
	while (at + XR_BLOCK_HEAD <= size) {
		size_t block = 4u * (rtp_read16(part + at + 2) + 1u);

		if (block > size - at)
			return false;
		read_xr_block(part + at, block, our_ssrc, news);
		at += block;
	}
	return true;
}

/* The size of the part at 'data', or 0 when it is none. */
static size_t part_size(const uint8_t *data, size_t size)
{
	size_t part;

	if (size < 4 || data[0] >> 6 != VERSION)
		return 0;
	part = 4u * (rtp_read16(data + 2) + 1u);
	if (part > size)
		return 0;
	/* Only the last part may be padded. */
	if (data[0] & BIT_PADDING &&
	    (part != size || data[size - 1] == 0 || data[size - 1] % 4 != 0 ||
	     data[size - 1] > part - 4))
		return 0;
	return part;
}

static bool is_report(const uint8_t *part)
{
	return part[1] == TYPE_SR || part[1] == TYPE_RR;
}

bool rtcp_parse(const uint8_t *data, size_t size, uint32_t our_ssrc,
		struct rtcp_news *news_out)
{
	struct rtcp_news news;
	size_t at = 0;

	memset(&news, 0, sizeof(news));
	if (size > RTCP_PACKET_MAX || size < PART_HEAD)
		return false;
	for (unsigned parts = 0; at < size; parts++) {
		size_t part = part_size(data + at, size - at);

		if (part == 0 || parts == RTCP_PARTS_MAX)
			return false;
		if (parts == 0 && !is_report(data))
			return false;
		if (is_report(data + at) &&
		    (part < PART_HEAD ||
		     !read_report(data + at, part, our_ssrc, &news)))
			return false;
		if (data[at + 1] == TYPE_XR &&
		    !read_xr(data + at, part, our_ssrc, &news))
			return false;
		at += part;
	}
	*news_out = news;
	return true;
}

static void write_head(uint8_t *to, unsigned count, unsigned type, size_t size)
{
	to[0] = (uint8_t)(VERSION << 6 | count);
	to[1] = (uint8_t)type;
	rtp_write16(to + 2, (uint16_t)(size / 4 - 1));
}

static size_t write_sender(const struct rtcp_report *report, uint8_t *to)
{
	uint64_t now = ntp(report->wall_ms);

	rtp_write32(to, (uint32_t)(now >> 32));
	rtp_write32(to + 4, (uint32_t)now);
	rtp_write32(to + 8, stream_out_clock(report->out, report->now_ns));
	rtp_write32(to + 12, report->out->packets);
	rtp_write32(to + 16, report->out->octets);
	return SENDER_BYTES;
}

static uint32_t in_65536ths(int64_t ns)
{
	return (uint32_t)((ns / 1000 << 16) / 1000000);
}

/* RFC 3550, A.3: of 256, since the last report. */
static uint8_t fraction_lost(struct stream_in *in)
{
	uint32_t expected = in->cycles + in->newest - in->base + 1;
	uint32_t expected_now = expected - in->expected_prior;
	uint32_t received_now = in->received - in->received_prior;

	in->expected_prior = expected;
	in->received_prior = in->received;
	if (expected_now == 0 || received_now >= expected_now)
		return 0;
	return (uint8_t)(((uint64_t)(expected_now - received_now) << 8) /
			 expected_now);
}

static size_t write_block(const struct rtcp_report *report, uint8_t *to)
{
	struct stream_in *in = report->in;
	uint64_t lost = stream_in_lost(in) - in->lost_before;
	int64_t since_ns = report->now_ns - report->heard_ns;

	rtp_write32(to, in->ssrc);
	/* 24 bits of cumulative loss; it stops at its greatest value. */
	rtp_write32(to + 4, lost > 0x7fffff ? 0x7fffff : (uint32_t)lost);
	to[4] = fraction_lost(in);
	rtp_write32(to + 8, in->cycles + in->newest);
	rtp_write32(to + 12, in->jitter >> 4);
	rtp_write32(to + 16, report->ntp_middle);
	rtp_write32(to + 20, report->ntp_middle ? in_65536ths(since_ns) : 0);
	return BLOCK_BYTES;
}

static size_t write_sdes(const struct rtcp_report *report, uint8_t *to)
{
	size_t length = strlen(report->cname);
	/* Item, an end mark, and on to the next multiple of four. */
	size_t size = (PART_HEAD + 2 + length + 1 + 3) & ~(size_t)3;

	memset(to, 0, size);
	write_head(to, 1, TYPE_SDES, size);
	rtp_write32(to + 4, report->out->ssrc);
	to[8] = 1; /* CNAME */
	to[9] = (uint8_t)length;
	memcpy(to + 10, report->cname, length);
	return size;
}

/* --- XR --- */

static void write_block_head(uint8_t *to, unsigned type, size_t size)
{
	to[0] = (uint8_t)type;
	to[1] = 0;
	rtp_write16(to + 2, (uint16_t)(size / 4 - 1));
}

static size_t write_rrtr(const struct rtcp_report *report, uint8_t *to)
{
	uint64_t now = ntp(report->wall_ms);

	write_block_head(to, BLOCK_RRTR, RRTR_BYTES);
	rtp_write32(to + 4, (uint32_t)(now >> 32));
	rtp_write32(to + 8, (uint32_t)now);
	return RRTR_BYTES;
}

static size_t write_dlrr(const struct rtcp_report *report, uint8_t *to)
{
	write_block_head(to, BLOCK_DLRR, DLRR_BYTES);
	rtp_write32(to + 4, report->in->ssrc);
	rtp_write32(to + 8, report->asked_middle);
	rtp_write32(to + 12, in_65536ths(report->now_ns - report->asked_ns));
	return DLRR_BYTES;
}

/* Bursts are not told from gaps: all that is lost counts as a gap's. */
static size_t write_voip(const struct rtcp_report *report, uint8_t *to)
{
	const struct rtcp_voip *voip = report->voip;

	memset(to, 0, VOIP_BYTES);
	write_block_head(to, BLOCK_VOIP, VOIP_BYTES);
	rtp_write32(to + 4, report->in->ssrc);
	to[8] = voip->loss;
	to[9] = voip->discard;
	to[11] = voip->loss;
	rtp_write16(to + 16, voip->round_trip_ms);
	rtp_write16(to + 18, voip->buffer_ms);
	to[20] = to[21] = to[22] = VOIP_UNKNOWN;
	to[23] = VOIP_GMIN;
	to[24] = voip->r_factor;
	to[25] = VOIP_UNKNOWN;
	to[26] = to[27] = voip->mos_tenths;
	to[28] = VOIP_ADAPTIVE;
	rtp_write16(to + 30, voip->buffer_ms);
	rtp_write16(to + 32, voip->buffer_max_ms);
	rtp_write16(to + 34, voip->buffer_max_ms);
	return VOIP_BYTES;
}

static size_t write_xr(const struct rtcp_report *report, uint8_t *to)
{
	bool heard = report->in->started;
	size_t size = PART_HEAD;

	if (!report->sent)
		size += write_rrtr(report, to + size);
	if (heard && report->asked_middle)
		size += write_dlrr(report, to + size);
	if (heard && report->voip)
		size += write_voip(report, to + size);
	if (size == PART_HEAD)
		return 0;
	write_head(to, 0, TYPE_XR, size);
	rtp_write32(to + 4, report->out->ssrc);
	return size;
}

size_t rtcp_write(const struct rtcp_report *report, uint8_t *to)
{
	bool heard = report->in->started;
	size_t size = PART_HEAD;

	rtp_write32(to + 4, report->out->ssrc);
	if (report->sent)
		size += write_sender(report, to + size);
	if (heard)
		size += write_block(report, to + size);
	write_head(to, heard, report->sent ? TYPE_SR : TYPE_RR, size);
	size += write_sdes(report, to + size);
	return size + write_xr(report, to + size);
}
