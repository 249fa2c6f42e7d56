/*
 * first_test.c - one byte of each range, and its neighbours.
 */
#include "services/mediad/secure/first.h"

#include "lib/test/test.h"

static enum first first(uint8_t a, uint8_t b)
{
	uint8_t data[] = {a, b};

	return first_of(data, sizeof(data));
}

TEST(the_first_byte_tells_the_protocol)
{
	CHECK_INT(first(0, 0), FIRST_STUN);
	CHECK_INT(first(3, 0), FIRST_STUN);
	CHECK_INT(first(4, 0), FIRST_OTHER);
	CHECK_INT(first(15, 0), FIRST_OTHER);
	CHECK_INT(first(16, 0), FIRST_STUN);
	CHECK_INT(first(20, 0), FIRST_DTLS);
	CHECK_INT(first(63, 0), FIRST_DTLS);
	CHECK_INT(first(64, 0), FIRST_STUN);
	CHECK_INT(first(80, 0), FIRST_OTHER);
	CHECK_INT(first(127, 0), FIRST_OTHER);
	CHECK_INT(first(128, 0), FIRST_RTP);
	CHECK_INT(first(191, 0), FIRST_RTP);
	CHECK_INT(first(192, 0), FIRST_OTHER);
	CHECK_INT(first(255, 0), FIRST_OTHER);
}

TEST(the_second_byte_parts_rtp_from_rtcp)
{
	CHECK_INT(first(128, 191), FIRST_RTP);
	CHECK_INT(first(128, 192), FIRST_RTCP);
	CHECK_INT(first(129, 201), FIRST_RTCP);
	CHECK_INT(first(128, 223), FIRST_RTCP);
	CHECK_INT(first(128, 224), FIRST_RTP);
}

TEST(a_datagram_of_one_byte_or_none_is_told_too)
{
	uint8_t byte = 128;

	CHECK_INT(first_of(&byte, 1), FIRST_RTP);
	CHECK_INT(first_of(&byte, 0), FIRST_OTHER);
}

TEST_MAIN()
