/*
 * rtp_fuzz.c - datagrams in a row through everything that reads them: each is
 * an octet that says how, one that says how long, and that many bytes.
 */
#include "services/mediad/digits/digits.h"
#include "services/mediad/codec/g711.h"
#include "services/mediad/receive/rtcp.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed_digits(struct digits *digits, const struct rtp_packet *packet)
{
	struct digits_press press[DIGITS_AT_ONCE];
	unsigned count = packet->marker ? digits_lapse(digits, packet, press)
					: digits_take(digits, packet, press);

	if (count > DIGITS_AT_ONCE)
		abort();
	for (unsigned i = 0; i < count; i++)
		if (!strchr("0123456789*#ABCD", press[i].digit))
			abort();
}

static void feed_rtp(struct stream_in *in, struct stream_out *out,
		     struct digits *digits, uint8_t *data, size_t size,
		     int64_t now_ns)
{
	struct rtp_packet packet;

	if (!rtp_parse(data, size, &packet))
		return;
	if (packet.payload < data + RTP_HEAD_BYTES ||
	    packet.payload + packet.size > data + size)
		abort();
	feed_digits(digits, &packet);
	if (stream_in_take(in, &packet, now_ns) == STREAM_RESTART)
		stream_out_switch(out);
	if (packet.pt > 100)
		stream_out_skip(out, &packet);
	else if (stream_out_place(out, &packet, now_ns))
		rtp_head(&packet, packet.payload - RTP_HEAD_BYTES);
	g711_recode(CODEC_PCMU, CODEC_PCMA, packet.payload, packet.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream_in in = {0};
	struct stream_out out;
	struct digits digits = {0};
	struct rtcp_news news;
	uint8_t report[RTCP_WRITE_BYTES];
	uint8_t *block = malloc(BLOCK_BYTES);
	int64_t now_ns = 1;

	stream_out_init(&out);
	while (block && size >= 2) {
		uint8_t how = data[0];
		size_t length = data[1] < size - 2 ? data[1] : size - 2;
		/* Flush with the block's end, so that one byte too far is
		 * seen. */
		uint8_t *copy = block + BLOCK_BYTES - length;

		memcpy(copy, data + 2, length);
		now_ns += (int64_t)how << (how & 31);
		if (how & 1)
			(void)rtcp_parse(copy, length, in.ssrc, &news);
		else
			feed_rtp(&in, &out, &digits, copy, length, now_ns);
		data += 2 + length;
		size -= 2 + length;
	}
	free(block);
	if (rtcp_write(&(struct rtcp_report){.out = &out,
					     .in = &in,
					     .sent = true,
					     .now_ns = now_ns,
					     .cname = "c"},
		       report) > sizeof(report))
		abort();
	return 0;
}
