/*
 * first_fuzz.c - any datagram: what the first bytes say is one thing alone, and
 * what is taken for RTP or RTCP meets keys that it was not made with.
 */
#include "services/mediad/secure/first.h"
#include "services/mediad/secure/seal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[SEAL_PACKET_MAX + SEAL_ROOM];
	static const struct suite_keys keys = {.suite = SUITE_CM_128_80};
	static struct seal *seal;
	enum first first = first_of(data, size);
	enum seal_verdict verdict = SEAL_FORGED;

	if (!seal && (!seal_start() || !(seal = seal_new(&keys, false))))
		abort();
	if (size > SEAL_PACKET_MAX)
		return 0;
	memcpy(copy, data, size);
	if (first == FIRST_RTP)
		verdict = seal_open_rtp(seal, copy, &size);
	if (first == FIRST_RTCP)
		verdict = seal_open_rtcp(seal, copy, &size);
	if (verdict == SEAL_GOOD)
		abort();
	return 0;
}
