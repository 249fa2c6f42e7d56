/*
 * codec.c - the table of codecs. Another codec is another row here, and what
 * turns its frames into the others'.
 */
#include "services/mediad/codec.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

const struct codec_row codec_rows[CODEC_COUNT] = {
	[CODEC_PCMU] = {"PCMU", 0, true, true},
	[CODEC_PCMA] = {"PCMA", 8, true, true},
	[CODEC_EVENT] = {"telephone-event", 101, false, false},
};

static enum codec by_name(const char *name, size_t length)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (strlen(codec_rows[i].name) == length &&
		    strncasecmp(codec_rows[i].name, name, length) == 0)
			return (enum codec)i;
	return CODEC_NONE;
}

enum codec codec_find(const char *name, size_t length, uint32_t clock_hz,
		      uint32_t channels)
{
	if (clock_hz != CODEC_CLOCK_HZ || channels != 1)
		return CODEC_NONE;
	return by_name(name, length);
}

enum codec codec_static(uint8_t pt)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (codec_rows[i].pt_is_static && codec_rows[i].pt == pt)
			return (enum codec)i;
	return CODEC_NONE;
}

unsigned codec_list(const char *text, enum codec *codecs_out)
{
	unsigned count = 0;

	if (!text || !text[0])
		text = "PCMU,PCMA";
	for (;;) {
		size_t length;
		size_t span = strcspn(text, ",");
		const char *word = str_trim(text, span, &length);
		enum codec codec = by_name(word, length);

		if (codec == CODEC_NONE || !codec_rows[codec].audio)
			return 0;
		for (unsigned i = 0; i < count; i++)
			if (codecs_out[i] == codec)
				return 0;
		codecs_out[count++] = codec;
		text += span;
		if (!*text)
			return count;
		text++;
	}
}
