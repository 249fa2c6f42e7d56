/*
 * subject.c - URLs "nats:subject"; see subject.h.
 */
#include "lib/base/subject.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define SCHEME "nats:"

bool subject_is_url(const char *url)
{
	return strncasecmp(url, SCHEME, strlen(SCHEME)) == 0;
}

static bool is_token_byte(char c)
{
	unsigned char byte = (unsigned char)c;
	return byte < 0x80 && (isalnum(byte) || byte == '-' || byte == '_');
}

static size_t tokens(const char *text)
{
	size_t length = 0;
	for (;;) {
		size_t begin = length;
		while (is_token_byte(text[length]))
			length++;
		if (length == begin)
			return 0;
		if (text[length] != '.')
			return length;
		length++;
	}
}

size_t subject_in_url(const char *url)
{
	if (!subject_is_url(url))
		return 0;
	const char *subject = url + strlen(SCHEME);
	size_t length = tokens(subject);
	const char *rest = subject + length;
	if (length > SUBJECT_MAX || !strchr("?#", *rest))
		return 0;
	for (; *rest; rest++)
		if ((unsigned char)*rest <= 0x20 || (unsigned char)*rest > 0x7e)
			return 0;
	return length;
}
