/*
 * dtmf.c - digits in the body of an INFO; see dtmf.h.
 */
#include "services/sipgw/dtmf.h"

#include "lib/base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FLASH 16

/* The event's number (RFC 4733 3.2) is its place. */
static const char digits[] = "0123456789*#ABCD";

static enum dtmf read_signal(const char *text, size_t length, char *digit_out)
{
	char word[8];
	int64_t number;
	text = str_trim(text, length, &length);
	if (!str_copy_bytes(word, sizeof(word), text, length) || !*word)
		return DTMF_BAD;
	if (str_same(word, "flash") || str_equal(word, "!"))
		return DTMF_NONE;
	if (word[1] == '\0') {
		char letter = *word >= 'a' && *word <= 'd'
				      ? (char)(*word - 'a' + 'A')
				      : *word;
		if (!strchr(digits, letter))
			return DTMF_BAD;
		*digit_out = letter;
		return DTMF_DIGIT;
	}
	if (!str_number(word, 10, FLASH, &number))
		return DTMF_BAD;
	if (number == FLASH)
		return DTMF_NONE;
	*digit_out = digits[number];
	return DTMF_DIGIT;
}

enum dtmf dtmf_plain(const char *body, size_t length, char *digit_out)
{
	return read_signal(body, length, digit_out);
}

/* A duration that is no number is none: the digit was pressed all the same. */
static int read_duration(const char *text, size_t length)
{
	char word[16];
	int64_t ms;
	text = str_trim(text, length, &length);
	if (str_copy_bytes(word, sizeof(word), text, length) &&
	    str_number(word, 1, DTMF_DURATION_MAX_MS, &ms))
		return (int)ms;
	return 0;
}

static bool is_named(const char *line, size_t length, const char *name)
{
	char word[16];
	line = str_trim(line, length, &length);
	return str_copy_bytes(word, sizeof(word), line, length) &&
	       str_same(word, name);
}

enum dtmf dtmf_relay(const char *body, size_t length, char *digit_out,
		     int *duration_ms_out)
{
	enum dtmf found = DTMF_BAD;
	const char *end = body + length;
	*duration_ms_out = 0;
	while (body < end) {
		size_t left = (size_t)(end - body);
		const char *stop = memchr(body, '\n', left);
		size_t line = stop ? (size_t)(stop - body) : left;
		const char *sign = memchr(body, '=', line);
		if (sign) {
			size_t name = (size_t)(sign - body);
			size_t value = line - name - 1;
			if (is_named(body, name, "Signal"))
				found = read_signal(sign + 1, value, digit_out);
			else if (is_named(body, name, "Duration"))
				*duration_ms_out =
					read_duration(sign + 1, value);
		}
		body += line + (stop ? 1 : 0);
	}
	return found;
}
