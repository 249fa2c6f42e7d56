/*
 * video_test.c - reports and feedback from one leg's names to the other's.
 */
#include "services/mediad/video.h"

#include "lib/test/test.h"
#include "services/mediad/rtp.h"

#include <string.h>

#define OWN 0x11111111u
#define OTHER 0x22222222u

/* Head, then words as they are. */
static size_t part(uint8_t *to, unsigned count, unsigned type,
		   const uint32_t *words, size_t word_count)
{
	to[0] = (uint8_t)(0x80 | count);
	to[1] = (uint8_t)type;
	rtp_write16(to + 2, (uint16_t)word_count);
	for (size_t i = 0; i < word_count; i++)
		rtp_write32(to + 4 + 4 * i, words[i]);
	return 4 + 4 * word_count;
}

TEST(feedback_names_the_stream_as_its_sender_does)
{
	uint8_t data[256];
	const uint32_t pli[] = {0xaaaa0000, 0xbbbb0000};
	const uint32_t fir[] = {0xaaaa0000, 0, 0xbbbb0000, 0x07000000};
	const uint32_t nack[] = {0xaaaa0000, 0xbbbb0000, 0x00050003};
	size_t size = part(data, 1, 206, pli, 2);

	size += part(data + size, 4, 206, fir, 4);
	size += part(data + size, 1, 205, nack, 3);
	CHECK_INT(video_map_rtcp(data, size, OWN, OTHER), size);
	CHECK_INT(rtp_read32(data + 4), 0xaaaa0000 ^ OWN);
	CHECK_INT(rtp_read32(data + 8), 0xbbbb0000 ^ OTHER);
	CHECK_INT(rtp_read32(data + 12 + 8), 0);
	CHECK_INT(rtp_read32(data + 12 + 12), 0xbbbb0000 ^ OTHER);
	CHECK_INT(rtp_read32(data + 12 + 16), 0x07000000);
	CHECK_INT(rtp_read32(data + 32 + 8), 0xbbbb0000 ^ OTHER);
	CHECK_INT(rtp_read32(data + 32 + 12), 0x00050003);
}

TEST(reports_keep_their_figures_and_change_their_names)
{
	uint8_t data[256];
	uint32_t sr[12] = {0xaaaa0000, 1, 2, 3, 4, 5, 0xbbbb0000, 6, 7, 8, 9};
	uint32_t rr[7] = {0xaaaa0000, 0xbbbb0000, 6, 7, 8, 9, 10};
	const uint32_t name[] = {0xaaaa0000, 0x01017800};
	const uint32_t bye[] = {0xaaaa0000};
	size_t size = part(data, 1, 200, sr, 12);
	size_t at = size;

	size += part(data + size, 1, 201, rr, 7);
	size += part(data + size, 1, 202, name, 2);
	size += part(data + size, 1, 203, bye, 1);
	CHECK_INT(video_map_rtcp(data, size, OWN, OTHER), size);
	CHECK_INT(rtp_read32(data + 4), 0xaaaa0000 ^ OWN);
	CHECK_INT(rtp_read32(data + 8), 1);
	CHECK_INT(rtp_read32(data + 28), 0xbbbb0000 ^ OTHER);
	CHECK_INT(rtp_read32(data + at + 8), 0xbbbb0000 ^ OTHER);
	CHECK_INT(rtp_read32(data + at + 32 + 4), 0xaaaa0000 ^ OWN);
	CHECK_INT(rtp_read32(data + at + 32 + 12 + 4), 0xaaaa0000 ^ OWN);
}

TEST(what_nobody_knows_is_left_out_and_the_rest_goes_on)
{
	uint8_t data[256];
	const uint32_t pli[] = {0xaaaa0000, 0xbbbb0000};
	const uint32_t remb[] = {0xaaaa0000, 0, 0x52454d42, 0x01000000,
				 0xbbbb0000};
	size_t size = part(data, 15, 206, remb, 5);

	size += part(data + size, 0, 207, pli, 1);
	size += part(data + size, 1, 206, pli, 2);
	CHECK_INT(video_map_rtcp(data, size, OWN, OTHER), 12);
	CHECK_INT(data[0], 0x81);
	CHECK_INT(rtp_read32(data + 4), 0xaaaa0000 ^ OWN);
}

TEST(lengths_that_lie_are_refused)
{
	uint8_t data[256];
	uint32_t rr[7] = {0xaaaa0000, 0xbbbb0000, 6, 7, 8, 9, 10};
	size_t size = part(data, 1, 201, rr, 7);

	CHECK_INT(video_map_rtcp(data, size - 4, OWN, OTHER), 0);
	CHECK_INT(video_map_rtcp(data, size + 2, OWN, OTHER), 0);
	data[0] = 0x82; /* two blocks, and there is one */
	CHECK_INT(video_map_rtcp(data, size, OWN, OTHER), 0);
	data[0] = 0x01;
	CHECK_INT(video_map_rtcp(data, size, OWN, OTHER), 0);
	CHECK_INT(video_map_rtcp(data, 3, OWN, OTHER), 0);
}

TEST_MAIN()
