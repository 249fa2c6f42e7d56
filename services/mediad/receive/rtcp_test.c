/*
 * rtcp_test.c - what we write is read back; what is malformed is not read.
 */
#include "services/mediad/receive/rtcp.h"

#include "lib/test/test.h"

#include <string.h>

#define MS 1000000LL

static struct stream_in in;
static struct stream_out out;
static uint8_t data[RTCP_WRITE_BYTES];
static struct rtcp_news news;

static size_t written(bool sent, bool heard)
{
	struct rtcp_report report = {.out = &out,
				     .in = &in,
				     .sent = sent,
				     .now_ns = 5000 * MS,
				     .wall_ms = 1700000000500,
				     .ntp_middle = 0x11223344,
				     .heard_ns = 3500 * MS,
				     .cname = "00112233aabbccdd@voxbus"};

	memset(&in, 0, sizeof(in));
	stream_out_init(&out);
	if (heard) {
		in.started = true;
		in.ssrc = 42;
		in.base = 10;
		in.newest = 29;
		in.received = 15;
		in.jitter = 33 << 4;
	}
	return rtcp_write(&report, data);
}

TEST(a_sender_report_has_blocks_and_a_name)
{
	size_t size = written(true, true);

	CHECK_INT(size % 4, 0);
	CHECK(size <= RTCP_WRITE_BYTES);
	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK(news.sender_report);
	CHECK(news.about_us);
	CHECK_INT(news.fraction_lost, 64); /* 5 of 20 */
	CHECK_INT(news.jitter, 33);
	CHECK_INT(news.last_report, 0x11223344);
	CHECK_INT(news.since_report, 3 << 15); /* 1.5 s */
	CHECK_INT(news.ntp_middle, rtcp_ntp_middle(1700000000500));
	CHECK_INT(rtp_read32(data + 8), 1700000000u + 2208988800u);
	CHECK_INT(data[52 + 1], 202);
	CHECK(memcmp(data + 52 + 10, "00112233aabbccdd@voxbus", 23) == 0);
}

TEST(the_fraction_counts_since_the_last_report_only)
{
	struct rtcp_report report = {.out = &out, .in = &in, .cname = "c"};
	size_t size;

	written(false, true);
	in.newest = 39;
	in.received += 10;
	size = rtcp_write(&report, data);
	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK(!news.sender_report);
	CHECK_INT(news.fraction_lost, 0);
	CHECK_INT(rtp_read32(data + 12) & 0xffffff, 5);
}

TEST(a_report_without_anything_heard_has_no_block)
{
	size_t size = written(true, false);

	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK(news.sender_report && !news.about_us);
	size = written(false, false);
	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK(!news.sender_report);
}

TEST(the_datagram_of_four_bytes_is_refused)
{
	uint8_t tiny[4] = {0x80, 201, 0, 0};

	CHECK(!rtcp_parse(tiny, 4, 42, &news));
	CHECK(!rtcp_parse(tiny, 0, 42, &news));
}

TEST(lengths_that_lie_are_refused)
{
	size_t size = written(true, true);

	for (size_t cut = 1; cut < size; cut++)
		CHECK(!rtcp_parse(data, size - cut, 42, &news) ||
		      size - cut == 52);
	data[3] = (uint8_t)(data[3] + 1);
	CHECK(!rtcp_parse(data, size, 42, &news));
	written(true, true);
	data[0] = 0x80 | 31; /* more blocks than there are */
	CHECK(!rtcp_parse(data, size, 42, &news));
	written(true, true);
	data[0] = 0x82;
	CHECK(!rtcp_parse(data, size, 42, &news));
	written(true, true);
	data[1] = 203; /* a BYE alone is no report */
	CHECK(!rtcp_parse(data, size, 42, &news));
	written(true, true);
	data[0] = 0x41;
	CHECK(!rtcp_parse(data, size, 42, &news));
}

TEST(too_many_parts_are_refused)
{
	uint8_t parts[8 * (RTCP_PARTS_MAX + 1)];

	for (size_t i = 0; i < sizeof(parts); i += 8)
		memcpy(parts + i, "\x80\xc9\0\1\0\0\0\0", 8);
	CHECK(rtcp_parse(parts, 8 * RTCP_PARTS_MAX, 42, &news));
	CHECK(!rtcp_parse(parts, sizeof(parts), 42, &news));
}

TEST(padding_is_allowed_in_the_last_part_only)
{
	uint8_t parts[24] = {0x80, 201, 0, 1, 0,    0,   0, 1, 0xa0, 202, 0, 1,
			     0,    0,   0, 4, 0x80, 202, 0, 1, 0,    0,   0, 0};

	CHECK(rtcp_parse(parts, 16, 42, &news));
	CHECK(!rtcp_parse(parts, 24, 42, &news));
	parts[15] = 8;
	CHECK(!rtcp_parse(parts, 16, 42, &news));
	parts[15] = 3;
	CHECK(!rtcp_parse(parts, 16, 42, &news));
}

/* The place of the XR: all of it but its head. */
static uint8_t *block_of(size_t size, unsigned type)
{
	for (size_t at = 0; at < size; at += 4u * (data[at + 3] + 1u))
		if (data[at + 1] == 207)
			for (size_t b = at + 8; b < size;
			     b += 4u * (data[b + 3] + 1u))
				if (data[b] == type)
					return data + b;
	return NULL;
}

TEST(who_only_listens_asks_for_the_round_trip)
{
	size_t size = written(false, true);
	const uint8_t *block = block_of(size, 4);

	CHECK(block != NULL);
	CHECK_INT(rtp_read32(block + 4), 1700000000u + 2208988800u);
	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK(news.asks);
	CHECK_INT(news.asks_middle, rtcp_ntp_middle(1700000000500));
	size = written(true, true);
	CHECK(!block_of(size, 4));
	CHECK(!block_of(size, 5));
	CHECK(!block_of(size, 7));
}

TEST(a_report_says_how_good_it_sounds_and_answers_what_was_asked)
{
	struct rtcp_voip voip = {.loss = 13,
				 .discard = 2,
				 .round_trip_ms = 80,
				 .r_factor = 88,
				 .mos_tenths = 42,
				 .buffer_ms = 60,
				 .buffer_max_ms = 120};
	struct rtcp_report report = {.out = &out,
				     .in = &in,
				     .sent = true,
				     .now_ns = 5000 * MS,
				     .cname = "00112233aabbccdd@voxbus",
				     .asked_middle = 0x55667788,
				     .asked_ns = 4750 * MS,
				     .voip = &voip};
	size_t size;

	written(true, true);
	size = rtcp_write(&report, data);
	CHECK(size <= RTCP_WRITE_BYTES);
	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK_INT(news.echo_last, 0x55667788);
	CHECK_INT(news.echo_since, 1 << 14);
	CHECK(news.voip);
	CHECK_INT(news.voip_loss, 13);
	CHECK_INT(news.voip_discard, 2);
	CHECK_INT(news.voip_r, 88);
	CHECK_INT(news.voip_mos, 42);
	CHECK_INT(rtp_read16(block_of(size, 7) + 16), 80);
	CHECK(rtcp_parse(data, size, 43, &news)); /* about somebody else */
	CHECK(!news.voip && !news.echo_last && !news.about_us);
}

TEST(blocks_of_an_xr_that_lie_are_refused)
{
	size_t size = written(false, true);
	uint8_t *block = block_of(size, 4);

	block[3] = 3;
	CHECK(!rtcp_parse(data, size, 42, &news));
	block[2] = 0xff;
	CHECK(!rtcp_parse(data, size, 42, &news));
	block[2] = 0;
	block[3] = 2;
	block[0] = 99; /* unknown: left out */
	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK(!news.asks);
}

TEST(what_they_lost_is_never_below_nothing)
{
	size_t size = written(true, true);

	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK_INT(news.lost, 5);
	data[33] = 0xff; /* -65531 */
	CHECK(rtcp_parse(data, size, 42, &news));
	CHECK_INT(news.lost, 0);
}

TEST_MAIN()
