/*
 * rtp_test.c - headers with everything that a header may have.
 */
#include "services/mediad/rtp.h"

#include "lib/test/test.h"

#include <string.h>

static struct rtp_packet packet;

TEST(a_plain_packet_is_read_and_written_back)
{
	uint8_t data[RTP_HEAD_BYTES + 2] = {0x80, 0x88, 0x12, 0x34, 0x01,
					    0x02, 0x03, 0x04, 0xde, 0xad,
					    0xbe, 0xef, 7,    8};
	uint8_t again[RTP_HEAD_BYTES];

	CHECK(rtp_parse(data, sizeof(data), &packet));
	CHECK(packet.marker);
	CHECK_INT(packet.pt, 8);
	CHECK_INT(packet.sequence, 0x1234);
	CHECK_INT(packet.timestamp, 0x01020304);
	CHECK_INT(packet.ssrc, 0xdeadbeef);
	CHECK_INT(packet.size, 2);
	CHECK_INT(packet.payload[1], 8);
	rtp_head(&packet, again);
	CHECK(memcmp(again, data, RTP_HEAD_BYTES) == 0);
}

TEST(csrc_extension_and_padding_are_left_out)
{
	uint8_t data[40] = {0x80 | 0x20 | 0x10 | 2, 0};

	data[20 + 3] = 1; /* an extension of one word */
	data[28] = 0x55;  /* the payload */
	data[sizeof(data) - 1] = 11;
	CHECK(rtp_parse(data, sizeof(data), &packet));
	CHECK(packet.payload == data + 28);
	CHECK_INT(packet.size, 1);
}

TEST(what_is_shorter_than_its_header_says_is_refused)
{
	uint8_t data[32] = {0x80};

	CHECK(!rtp_parse(data, 11, &packet));
	CHECK(rtp_parse(data, 12, &packet));
	CHECK_INT(packet.size, 0);
	data[0] = 0x8f; /* 15 CSRCs */
	CHECK(!rtp_parse(data, 32, &packet));
	data[0] = 0x90; /* an extension whose head does not fit … */
	CHECK(!rtp_parse(data, 15, &packet));
	data[14] = 0xff; /* … or whose words do not */
	CHECK(!rtp_parse(data, 32, &packet));
}

TEST(padding_that_exceeds_the_payload_is_refused)
{
	uint8_t data[16] = {0xa0};

	CHECK(!rtp_parse(data, 16, &packet)); /* of 0 bytes */
	data[15] = 5;
	CHECK(!rtp_parse(data, 16, &packet));
	data[15] = 4;
	CHECK(rtp_parse(data, 16, &packet));
	CHECK_INT(packet.size, 0);
}

TEST(other_versions_and_giants_are_refused)
{
	static uint8_t data[RTP_PACKET_MAX + 1] = {0x80};

	CHECK(rtp_parse(data, RTP_PACKET_MAX, &packet));
	CHECK(!rtp_parse(data, RTP_PACKET_MAX + 1, &packet));
	data[0] = 0x40;
	CHECK(!rtp_parse(data, 100, &packet));
	data[0] = 0; /* STUN begins so */
	CHECK(!rtp_parse(data, 100, &packet));
}

TEST_MAIN()
