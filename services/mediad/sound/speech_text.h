/*
 * speech_text.h - what is said of a text that may hold SSML.
 *
 * Contract: known elements of SSML are taken out; <break> becomes a pause (of
 * 'time', or by 'strength'; 10 s at most), <sub alias> its alias, <say-as> of
 * digits, characters or a telephone number one character after another, the
 * end of <p> half a second. Everything else stays as it stands, a lone < too.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SPEECH_PARTS_MAX 32
#define SPEECH_TEXT_BYTES 8193
#define SPEECH_BREAK_MAX_MS 10000

/* A text, and then a pause. */
struct speech_part {
	size_t at, length; /* inside of 'text' */
	int pause_ms;
};

struct speech {
	char text[SPEECH_TEXT_BYTES];
	unsigned count;
	struct speech_part parts[SPEECH_PARTS_MAX];
};

/* Nothing to say: no parts. Breaks beyond SPEECH_PARTS_MAX are left out. */
void speech_read(const char *text, struct speech *speech_out);
