/*
 * wav_fuzz.c - any bytes where a recording's head should be.
 */
#include "services/mediad/record/wav.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[WAV_HEAD_BYTES];
	struct wav wav;

	if (!wav_look(data, size, &wav))
		return 0;
	wav_head(&wav, head);
	if (memcmp(head, data, sizeof(head)) != 0 || wav_ms(&wav) < 0)
		abort();
	return 0;
}
