/*
 * first.c - see first.h. One port, several protocols: RFC 7983, section 7, and
 * RFC 5761, section 4, for RTP and RTCP.
 */
#include "services/mediad/secure/first.h"

static const struct {
	uint8_t from, to;
	enum first is;
} ranges[] = {
	{128, 191, FIRST_RTP},                     /* the usual case first */
	{20, 63, FIRST_DTLS},  {0, 3, FIRST_STUN}, /* STUN */
	{16, 19, FIRST_STUN},                      /* ZRTP */
	{64, 79, FIRST_STUN},                      /* TURN */
};

enum first first_of(const uint8_t *data, size_t size)
{
	if (size == 0)
		return FIRST_OTHER;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (data[0] < ranges[i].from || data[0] > ranges[i].to)
			continue;
		if (ranges[i].is == FIRST_RTP && size > 1 && data[1] >= 192 &&
		    data[1] <= 223)
			return FIRST_RTCP;
		return ranges[i].is;
	}
	return FIRST_OTHER;
}
