/*
 * speak.h - the command that speaks a text, word by word.
 *
 * Contract: VOXBUS_TTS_COMMAND is cut at its blanks; {voice}, {language} and
 * {text} are put into the words, never into a shell. A word that begins with
 * the text can be no option: a blank is put before a dash. Voices and
 * languages are letters, digits and . _ + - and begin with no dash. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SPEAK_WORDS_MAX 32
#define SPEAK_LANGUAGE "en-US"

struct speak {
	char *argv[SPEAK_WORDS_MAX + 1];
	bool text_is_input; /* no {text}: it goes to standard input */
};

struct speak_wish {
	const char *text, *voice, *language; /* "" if not named */
};

/* NULL, or what is wrong with the wish or the command. */
const char *speak_read(const char *command, const struct speak_wish *wish,
		       struct speak *speak_out);
void speak_clear(struct speak *speak);
