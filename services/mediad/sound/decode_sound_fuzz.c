/*
 * decode_sound_fuzz.c - whatever a customer's file holds, what comes out of it
 * keeps its limits. The first byte is the hint.
 */
#include "services/mediad/sound/decode.h"

#include "services/mediad/sound/child.h"

#include <stdlib.h>
#include <unistd.h>

#define RATE 8000
#define SECONDS 3

static size_t given;

static bool count(void *owner, const int16_t *pcm, size_t samples)
{
	(void)owner, (void)pcm;
	given += samples;
	if (given > RATE * SECONDS)
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decode decode = {.file = child_file("fuzz"),
				.rate_hz = RATE,
				.seconds_max = SECONDS,
				.output = count};

	if (size > 1 && write(decode.file, data + 1, size - 1) >= 0) {
		decode.hint = (enum decode_hint)(data[0] % (DECODE_GSM + 1));
		given = 0;
		lseek(decode.file, 0, SEEK_SET);
		(void)decode_run(&decode);
	}
	close(decode.file);
	return 0;
}
