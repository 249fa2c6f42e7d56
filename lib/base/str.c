/*
 * str.c - bounded strings and strict number parsing; see str.h.
 */
#include "lib/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool str_copy_bytes(char *to, size_t size, const char *from, size_t length)
{
	if (length >= size) {
		to[0] = '\0';
		return false;
	}
	if (length)
		memcpy(to, from, length);
	to[length] = '\0';
	return true;
}

bool str_copy(char *to, size_t size, const char *from)
{
	return str_copy_bytes(to, size, from, from ? strlen(from) : 0);
}

bool str_format(char *to, size_t size, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(to, size, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= size) {
		to[0] = '\0';
		return false;
	}
	return true;
}

bool str_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool str_same(const char *a, const char *b)
{
	return a && b ? strcasecmp(a, b) == 0 : a == b;
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);
	return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

bool str_number(const char *text, int64_t lo, int64_t hi, int64_t *number_out)
{
	if (!text)
		return false;
	bool minus = *text == '-';
	const char *digit = text + minus;
	int64_t number = 0;
	if (!*digit)
		return false;
	for (; *digit; digit++) {
		if (*digit < '0' || *digit > '9')
			return false;
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *digit - '0', &number))
			return false;
	}
	if (minus)
		number = -number;
	if (number < lo || number > hi)
		return false;
	*number_out = number;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

const char *str_trim(const char *text, size_t length, size_t *length_out)
{
	while (length && is_space(*text)) {
		text++;
		length--;
	}
	while (length && is_space(text[length - 1]))
		length--;
	*length_out = length;
	return text;
}

/* RFC 3629 section 4. */
size_t str_utf8_length(const char *text, size_t left)
{
	const unsigned char *s = (const unsigned char *)text;
	if (!left)
		return 0;
	if (s[0] < 0x80)
		return s[0] ? 1 : 0;
	size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || length > left)
		return 0;
	unsigned char lo = 0x80, hi = 0xbf;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool str_is_utf8(const char *text, size_t length)
{
	while (length) {
		size_t step = str_utf8_length(text, length);
		if (!step)
			return false;
		text += step;
		length -= step;
	}
	return true;
}

int str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20); /* ASCII's lower case */
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

int str_distance(const char *a, const char *b)
{
	int row[STR_NEAR_MAX + 1];
	size_t columns = strlen(b);
	if (columns > STR_NEAR_MAX || strlen(a) > STR_NEAR_MAX)
		return STR_FAR;
	for (size_t j = 0; j <= columns; j++)
		row[j] = (int)j;
	for (size_t i = 1; a[i - 1]; i++) {
		int diagonal = row[0];
		row[0] = (int)i;
		for (size_t j = 1; j <= columns; j++) {
			int same = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = least(same, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[columns];
}
