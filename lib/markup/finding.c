/*
 * finding.c - a bounded list of what is wrong; see finding.h.
 */
#include "lib/markup/finding.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 character at 'text', 0 if there is none. */
static size_t character(const char *text)
{
	size_t left = strnlen(text, 4);
	for (size_t length = 1; length <= left; length++) {
		if (str_is_utf8(text, length))
			return length;
	}
	return 0;
}

void finding_make_printable(char *text)
{
	while (*text) {
		size_t length = character(text);
		unsigned char c = (unsigned char)*text;
		if (length == 0 || c < 0x20 || c == 0x7f) {
			*text = c == '\n' || c == '\t' ? ' ' : '?';
			length = 1;
		}
		text += length;
	}
}

static struct finding *room(struct findings *findings, enum note_level level)
{
	if (findings->count < FINDINGS_MAX)
		return &findings->list[findings->count++];
	findings->dropped++;
	for (unsigned i = FINDINGS_MAX; level == NOTE_ERROR && i-- > 0;) {
		if (findings->list[i].level == NOTE_WARNING) {
			free(findings->list[i].text);
			return &findings->list[i];
		}
	}
	return NULL;
}

void finding_add(struct findings *findings, enum note_level level, int code,
		 struct place place, const char *format, ...)
{
	char text[FINDING_TEXT_BYTES];
	va_list arguments;
	struct finding *finding = room(findings, level);
	if (!finding)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	finding_make_printable(text);
	*finding = (struct finding){level, code, place.line, place.column,
				    mem_copy_text(text)};
}

void findings_clear(struct findings *findings)
{
	for (unsigned i = 0; i < findings->count; i++)
		free(findings->list[i].text);
	memset(findings, 0, sizeof(*findings));
}

bool findings_have_error(const struct findings *findings)
{
	for (unsigned i = 0; i < findings->count; i++) {
		if (findings->list[i].level == NOTE_ERROR)
			return true;
	}
	return false;
}
