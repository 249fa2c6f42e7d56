/*
 * codec.c - the table of codecs. Another codec is another row here, and what
 * turns its frames into the others'.
 */
#include "services/mediad/codec/codec.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

const struct codec_row codec_rows[CODEC_COUNT] = {
	[CODEC_PCMU] = {"PCMU", "PCMU/8000", 0, true, true, 8000, 1, 8000},
	[CODEC_PCMA] = {"PCMA", "PCMA/8000", 8, true, true, 8000, 1, 8000},
	/* RFC 3551, 4.5.2: its clock is 8000 by mistake, for ever. */
	[CODEC_G722] = {"G722", "G722/8000", 9, true, true, 8000, 1, 16000},
	[CODEC_OPUS] = {"OPUS", "opus/48000/2", 96, false, true, 48000, 2,
			48000},
	[CODEC_G729] = {"G729", "G729/8000", 18, true, true, 8000, 1, 8000},
	[CODEC_CN] = {"CN", "CN/8000", 13, true, false, 8000, 1, 0},
	[CODEC_EVENT] = {"telephone-event", "telephone-event/8000", 101, false,
			 false, 8000, 1, 0},
	[CODEC_EVENT_48] = {"telephone-event", "telephone-event/48000", 100,
			    false, false, 48000, 1, 0},
};

static bool there[CODEC_COUNT] = {
	[CODEC_PCMU] = true, [CODEC_PCMA] = true, [CODEC_EVENT] = true};

bool codec_is_there(enum codec codec)
{
	return codec < CODEC_COUNT && there[codec];
}

void codec_enable(enum codec codec, bool is_there)
{
	there[codec] = is_there;
}

static bool is_named(enum codec codec, const char *name, size_t length)
{
	return strlen(codec_rows[codec].name) == length &&
	       strncasecmp(codec_rows[codec].name, name, length) == 0;
}

enum codec codec_find(const char *name, size_t length, uint32_t clock_hz,
		      uint32_t channels)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (there[i] && codec_rows[i].clock_hz == clock_hz &&
		    codec_rows[i].channels == channels &&
		    is_named((enum codec)i, name, length))
			return (enum codec)i;
	return CODEC_NONE;
}

enum codec codec_static(uint8_t pt)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (there[i] && codec_rows[i].pt_is_static &&
		    codec_rows[i].pt == pt)
			return (enum codec)i;
	return CODEC_NONE;
}

enum codec codec_event_of(enum codec audio)
{
	return audio == CODEC_OPUS ? CODEC_EVENT_48 : CODEC_EVENT;
}

bool codec_is_event(enum codec codec)
{
	return codec == CODEC_EVENT || codec == CODEC_EVENT_48;
}

bool codec_takes_noise(enum codec audio)
{
	return audio == CODEC_PCMU || audio == CODEC_PCMA ||
	       audio == CODEC_G722;
}

static enum codec audio_named(const char *name, size_t length)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (codec_rows[i].audio &&
		    is_named((enum codec)i, name, length))
			return (enum codec)i;
	return CODEC_NONE;
}

unsigned codec_list(const char *text, enum codec *codecs_out)
{
	unsigned count = 0, seen = 0;

	if (!text || !text[0])
		text = "PCMU,PCMA";
	for (;;) {
		size_t length;
		size_t span = strcspn(text, ",");
		const char *word = str_trim(text, span, &length);
		enum codec codec = audio_named(word, length);

		if (codec == CODEC_NONE || seen & 1u << codec)
			return 0;
		seen |= 1u << codec;
		if (there[codec])
			codecs_out[count++] = codec;
		text += span;
		if (!*text)
			return count;
		text++;
	}
}
