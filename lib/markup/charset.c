/*
 * charset.c - content types and character sets of documents; see charset.h.
 */
#include "lib/markup/charset.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

static const char *const markup_types[] = {"text/xml", "application/xml",
					   "text/html", NULL};

bool charset_type_is_markup(const char *content_type)
{
	size_t length;
	const char *type =
		str_trim(content_type, strcspn(content_type, ";"), &length);
	for (const char *const *known = markup_types; *known; known++) {
		if (length == strlen(*known) &&
		    strncasecmp(type, *known, length) == 0)
			return true;
	}
	return false;
}

/* The value after 'key' and '=', quotes removed, in text[0..length). */
static bool find_value(const char *text, size_t length, const char *key,
		       char *value_out, size_t size)
{
	size_t key_length = strlen(key);
	for (size_t i = 0; i + key_length < length; i++) {
		if (strncasecmp(text + i, key, key_length) != 0)
			continue;
		size_t at = i + key_length;
		at += strspn(text + at, " \t\r\n");
		if (at >= length || text[at] != '=')
			continue;
		at++;
		at += strspn(text + at, " \t\r\n\"'");
		size_t end = at;
		while (end < length && text[end] &&
		       !strchr(" \t\r\n\"';?", text[end]))
			end++;
		if (at > length)
			return false;
		return str_copy_bytes(value_out, size, text + at, end - at) &&
		       value_out[0];
	}
	return false;
}

static void find_charset(const char *body, size_t size,
			 const char *content_type, char *name_out,
			 size_t name_size)
{
	if (find_value(content_type, strlen(content_type), "charset", name_out,
		       name_size))
		return;
	char head[256]; /* terminated, which a body need not be */
	(void)str_copy_bytes(head, sizeof(head), body,
			     size < sizeof(head) ? size : sizeof(head) - 1);
	const char *end = str_starts(head, "<?xml") ? strstr(head, "?>") : NULL;
	if (!end || !find_value(head, (size_t)(end - head), "encoding",
				name_out, name_size))
		(void)str_copy(name_out, name_size, "utf-8");
}

static char *from_latin1(const char *body, size_t size, size_t *size_out)
{
	char *text = mem_new(size * 2 + 1, 1);
	char *to = text;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)body[i];
		if (c >= 0x80)
			*to++ = (char)(0xC0 | c >> 6);
		*to++ = (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c);
	}
	*size_out = (size_t)(to - text);
	return text;
}

/* Where the longest valid beginning ends. */
static struct place first_bad(const char *text, size_t size)
{
	struct place place = {1, 1};
	size_t at = 0;
	while (at < size) {
		size_t length = 1;
		while (length < 4 && at + length < size &&
		       !str_is_utf8(text + at, length))
			length++;
		if (!str_is_utf8(text + at, length))
			break;
		place.column++;
		if (text[at] == '\n')
			place = (struct place){place.line + 1, 1};
		at += length;
	}
	return place;
}

char *charset_to_utf8(const char *body, size_t size, const char *content_type,
		      struct findings *findings, size_t *size_out)
{
	char name[32] = "";
	if (size >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0) {
		body += 3;
		size -= 3;
	}
	find_charset(body, size, content_type, name, sizeof(name));
	if (str_same(name, "iso-8859-1") || str_same(name, "latin1") ||
	    str_same(name, "iso_8859-1"))
		return from_latin1(body, size, size_out);
	if (!str_same(name, "utf-8") && !str_same(name, "utf8") &&
	    !str_same(name, "us-ascii")) {
		finding_add(findings, NOTE_ERROR, ERR_DOCUMENT_PARSE,
			    (struct place){1, 1},
			    "character set '%s' is not read: write the "
			    "document in UTF-8",
			    name);
		return NULL;
	}
	if (!str_is_utf8(body, size)) {
		finding_add(
			findings, NOTE_ERROR, ERR_DOCUMENT_PARSE,
			first_bad(body, size),
			"not valid UTF-8 here: write the document in UTF-8, "
			"or declare ISO-8859-1");
		return NULL;
	}
	*size_out = size;
	return mem_copy_bytes(body, size);
}
