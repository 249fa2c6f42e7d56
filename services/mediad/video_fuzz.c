/*
 * video_fuzz.c - any datagram as RTCP about pictures: mapped there and back, it
 * is what it was.
 */
#include "services/mediad/video.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t once[2048], twice[2048];
	size_t kept;

	if (size > sizeof(once))
		return 0;
	memcpy(once, data, size);
	kept = video_map_rtcp(once, size, 0, 0);
	if (kept > size)
		abort();
	memcpy(twice, once, kept);
	if (video_map_rtcp(twice, kept, 0x5a5a5a5a, 0xa5a5a5a5) != kept ||
	    video_map_rtcp(twice, kept, 0x5a5a5a5a, 0xa5a5a5a5) != kept ||
	    memcmp(once, twice, kept) != 0)
		abort();
	return 0;
}
