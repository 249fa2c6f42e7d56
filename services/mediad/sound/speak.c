/*
 * speak.c - words of a command, and a table of voices; see speak.h.
 */
#include "services/mediad/sound/speak.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_BYTES 16384

static const struct {
	const char *name, *voice;
} voices[] = {
#define VOICE(name, voice) {name, voice},
#include "services/mediad/sound/voices.def"
#undef VOICE
};

static bool fits(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	return length && pattern[length - 1] == '*'
		       ? strncasecmp(pattern, name, length - 1) == 0
		       : str_same(pattern, name);
}

static bool is_flite(const char *command)
{
	size_t length = strcspn(command, " ");

	return length >= 5 && memcmp(command + length - 5, "flite", 5) == 0;
}

static const char *voice_of(const char *command, const char *name)
{
	size_t i = 0;

	if (!is_flite(command))
		return *name ? name : "woman";
	while (!fits(voices[i].name, name)) /* the last one fits */
		i++;
	return voices[i].voice;
}

static bool is_name(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._+-";

	return *name != '-' && strspn(name, good) == strlen(name);
}

/* One word with its places filled; true if the text is in it. */
static bool fill(struct buf *to, const char *word, size_t length,
		 const struct speak_wish *wish)
{
	const struct {
		const char *place, *value;
	} rows[] = {{"{voice}", wish->voice},
		    {"{language}", wish->language},
		    {"{text}", wish->text}};
	const char *end = word + length;
	bool has_text = false;

	while (word < end) {
		size_t at, skip = 1;

		for (at = 0; at < 3; at++) {
			skip = strlen(rows[at].place);
			if (skip <= (size_t)(end - word) &&
			    memcmp(word, rows[at].place, skip) == 0)
				break;
		}
		if (at == 3) {
			buf_add(to, word++, 1);
			continue;
		}
		if (at == 2 && !to->length && *wish->text == '-')
			buf_add_text(to, " ");
		buf_add_text(to, rows[at].value);
		has_text = has_text || at == 2;
		word += skip;
	}
	return has_text;
}

static bool add_word(struct speak *speak, unsigned at, const char *word,
		     size_t length, const struct speak_wish *wish)
{
	struct buf text = BUF_INIT(WORD_BYTES);

	if (fill(&text, word, length, wish))
		speak->text_is_input = false;
	speak->argv[at] = mem_copy_text(buf_text(&text));
	buf_free(&text);
	return !text.full;
}

const char *speak_read(const char *command, const struct speak_wish *wish,
		       struct speak *speak_out)
{
	struct speak_wish real = *wish;
	unsigned count = 0;

	memset(speak_out, 0, sizeof(*speak_out));
	speak_out->text_is_input = true;
	if (!is_name(wish->voice))
		return "the voice's name has characters that no voice has";
	if (!is_name(wish->language))
		return "the language's name has characters that no language "
		       "has";
	real.voice = voice_of(command, wish->voice);
	if (!*real.language)
		real.language = SPEAK_LANGUAGE;
	for (command += strspn(command, " "); *command;
	     command += strspn(command, " ")) {
		size_t length = strcspn(command, " ");

		if (count == SPEAK_WORDS_MAX ||
		    !add_word(speak_out, count++, command, length, &real))
			return "VOXBUS_TTS_COMMAND has too many words";
		command += length;
	}
	return count ? NULL : "VOXBUS_TTS_COMMAND is empty";
}

void speak_clear(struct speak *speak)
{
	for (unsigned i = 0; i < SPEAK_WORDS_MAX; i++)
		free(speak->argv[i]);
	memset(speak, 0, sizeof(*speak));
}
