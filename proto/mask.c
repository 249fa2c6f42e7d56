/*
 * mask.c - takes passwords out of URIs and documents, keys out of SDPs; see
 * mask.h.
 *
 * No XML parser: a document on the record may be broken, and it is masked all
 * the same. The scanner knows as much of XML as it takes to find an attribute:
 * its name, "=", and a quote, straight or typographic.
 */
#include "proto/mask.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define MASK "***"

static const struct scheme {
	const char *prefix;
	const char
		*ends; /* characters that end the part where userinfo can be */
} schemes[] = {
	{"http://", "/?#<>\"' \t\r\n"},
	{"https://", "/?#<>\"' \t\r\n"},
	{"sip:", "?<>\"' \t\r\n"},
	{"sips:", "?<>\"' \t\r\n"},
};

/* Where the password of a URI that starts at 'text' stands; false: it has none.
 */
static bool find_password(const char *text, const char **from, const char **to)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t skip = strlen(schemes[i].prefix);
		if (strncasecmp(text, schemes[i].prefix, skip) != 0)
			continue;
		const char *user = text + skip;
		size_t length = strcspn(user, schemes[i].ends);
		const char *at = memrchr(user, '@', length);
		const char *colon =
			at ? memchr(user, ':', (size_t)(at - user)) : NULL;
		if (!colon || colon + 1 == at)
			return false;
		*from = colon + 1;
		*to = at;
		return true;
	}
	return false;
}

static const char *const quotes[] = {"\"",           "'",
				     "\xe2\x80\x9c", "\xe2\x80\x9d",
				     "\xe2\x80\x98", "\xe2\x80\x99"};

static size_t quote_at(const char *text)
{
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
		if (str_starts(text, quotes[i]))
			return strlen(quotes[i]);
	return 0;
}

static const char *skip_space(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* The value of password="…" at 'text'; a straight quote ends at its like. */
static bool find_attribute(const char *text, const char **from, const char **to)
{
	static const char name[] = "password";
	if (strncasecmp(text, name, sizeof(name) - 1) != 0)
		return false;
	text = skip_space(text + sizeof(name) - 1);
	if (*text != '=')
		return false;
	text = skip_space(text + 1);
	size_t opening = quote_at(text);
	if (!opening)
		return false;
	*from = text + opening;
	for (const char *end = *from; *end && *end != '<'; end++) {
		bool closes = opening == 1 ? *end == *text : quote_at(end) > 1;
		if (closes) {
			*to = end;
			return *to > *from;
		}
	}
	return false;
}

static char *mask(const char *text, bool document)
{
	struct buf masked = BUF_INIT(SIZE_MAX / 4);
	bool in_word = false;
	while (*text) {
		const char *from, *to;
		bool found = !in_word &&
			     (find_password(text, &from, &to) ||
			      (document && find_attribute(text, &from, &to)));
		if (found) {
			buf_add(&masked, text, (size_t)(from - text));
			buf_add_text(&masked, MASK);
			text = to;
		}
		in_word = isalnum((unsigned char)*text);
		if (*text)
			buf_add(&masked, text++, 1);
	}
	return buf_take(&masked);
}

char *mask_sdp(const char *text)
{
	static const char word[] = "inline:";
	struct buf masked = BUF_INIT(SIZE_MAX / 4);

	while (*text) {
		if (strncasecmp(text, word, sizeof(word) - 1) == 0) {
			buf_add(&masked, text, sizeof(word) - 1);
			text += sizeof(word) - 1;
			if (*text && !isspace((unsigned char)*text))
				buf_add_text(&masked, MASK);
			text += strcspn(text, " \t\r\n");
		} else {
			buf_add(&masked, text++, 1);
		}
	}
	return buf_take(&masked);
}

char *mask_uris(const char *text)
{
	return mask(text, false);
}

char *mask_document(const char *text)
{
	return mask(text, true);
}
