/*
 * speech_text_fuzz.c - whatever a document wants said is read within bounds.
 */
#include "services/mediad/sound/speech_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct speech speech;
	char *text = calloc(1, size + 1);

	memcpy(text, data, size);
	speech_read(text, &speech);
	for (unsigned i = 0; i < speech.count; i++) {
		const struct speech_part *part = &speech.parts[i];

		if (part->at + part->length >= SPEECH_TEXT_BYTES ||
		    part->pause_ms < 0 || part->pause_ms > SPEECH_BREAK_MAX_MS)
			abort();
	}
	free(text);
	return 0;
}
