/*
 * json.c - reads JSON text in place; see json.h.
 */
#include "tools/voxctl/json.h"

#include "lib/base/str.h"

#include <string.h>

struct json json_of(const char *text, size_t size)
{
	size_t length;
	const char *start = str_trim(text, size, &length);
	return (struct json){start, length};
}

static size_t skip_space(struct json json, size_t at)
{
	while (at < json.size && strchr(" \t\r\n", json.text[at]) &&
	       json.text[at])
		at++;
	return at;
}

/* Each returns where the value ends, or 0 if it is none (none ends at 0). */
static size_t skip_string(struct json json, size_t at)
{
	for (at++; at < json.size; at++) {
		unsigned char c = (unsigned char)json.text[at];
		if (c == '"')
			return at + 1;
		if (c < 0x20)
			return 0;
		if (c == '\\')
			at++;
	}
	return 0;
}

static size_t skip_plain(struct json json, size_t at)
{
	size_t start = at;
	while (at < json.size && json.text[at] &&
	       strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE",
		      json.text[at]))
		at++;
	return at > start ? at : 0;
}

/* Over one scalar, or one bracket: depth changes by what was met. */
static size_t skip_token(struct json json, size_t at, int *depth)
{
	switch (json.text[at]) {
	case '"': return skip_string(json, at);
	case '{':
	case '[': ++*depth; return at + 1;
	case '}':
	case ']': --*depth; return at + 1;
	case ',':
	case ':': return *depth ? at + 1 : 0;
	default: return skip_plain(json, at);
	}
}

static size_t skip_value(struct json json, size_t at)
{
	int depth = 0;
	do {
		at = skip_space(json, at);
		if (at >= json.size)
			return 0;
		at = skip_token(json, at, &depth);
		if (!at || depth < 0 || depth > JSON_DEPTH_MAX)
			return 0;
	} while (depth);
	return at;
}

bool json_is_valid(struct json value)
{
	size_t end = skip_value(value, 0);
	return end && skip_space(value, end) == value.size;
}

bool json_is(struct json value, char first)
{
	return value.size && value.text[0] == first;
}

static bool take(struct json from, size_t *at, struct json *value_out)
{
	size_t start = skip_space(from, *at), end = skip_value(from, start);
	if (!end)
		return false;
	*value_out = (struct json){from.text + start, end - start};
	*at = skip_space(from, end);
	return true;
}

bool json_next(struct json container, size_t *cursor, struct json *key_out,
	       struct json *value_out)
{
	bool object = json_is(container, '{');
	size_t at = *cursor ? *cursor : 1;
	if (!object && !json_is(container, '['))
		return false;
	at = skip_space(container, at);
	if (*cursor && at < container.size && container.text[at] == ',')
		at++;
	*key_out = (struct json){"", 0};
	if (object) {
		if (!take(container, &at, key_out) || !json_is(*key_out, '"') ||
		    at >= container.size || container.text[at] != ':')
			return false;
		at++;
	}
	if (!take(container, &at, value_out))
		return false;
	*cursor = at;
	return true;
}

bool json_get(struct json object, const char *name, struct json *value_out)
{
	struct json key, value;
	size_t cursor = 0, length = strlen(name);
	while (json_is(object, '{') &&
	       json_next(object, &cursor, &key, &value)) {
		if (key.size == length + 2 &&
		    memcmp(key.text + 1, name, length) == 0) {
			*value_out = value;
			return true;
		}
	}
	return false;
}

static int hex4(const char *text)
{
	int number = 0;
	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit)
			return -1;
		number = number * 16 + (int)((digit - digits) % 16);
	}
	return number;
}

static size_t put_utf8(unsigned code, char *to)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (char)(0xe0 | code >> 12);
		to[1] = (char)(0x80 | (code >> 6 & 0x3f));
		to[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | code >> 18);
	to[1] = (char)(0x80 | (code >> 12 & 0x3f));
	to[2] = (char)(0x80 | (code >> 6 & 0x3f));
	to[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* The character after "\u", a surrogate pair as one; advances 'at' past it. */
static int unicode(struct json value, size_t *at)
{
	if (*at + 4 >= value.size)
		return -1;
	int code = hex4(value.text + *at);
	*at += 4;
	if (code < 0xd800 || code > 0xdbff)
		return code;
	if (*at + 6 >= value.size || value.text[*at] != '\\' ||
	    value.text[*at + 1] != 'u')
		return -1;
	int low = hex4(value.text + *at + 2);
	*at += 6;
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* What follows a backslash; 0 bytes: it is no escape. */
static size_t unescape(struct json value, size_t *at, char *to)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	char c = value.text[(*at)++];
	const char *known = c ? strchr(names, c) : NULL;
	if (known) {
		*to = means[known - names];
		return 1;
	}
	int code = c == 'u' ? unicode(value, at) : -1;
	return code > 0 ? put_utf8((unsigned)code, to) : 0;
}

bool json_text(struct json value, char *to, size_t size)
{
	size_t length = 0, at = 1;
	to[0] = '\0';
	if (!json_is(value, '"') || value.size < 2)
		return false;
	while (at < value.size - 1) {
		char piece[4] = {value.text[at++]};
		size_t bytes = 1;
		if (piece[0] == '\\')
			bytes = unescape(value, &at, piece);
		if (!bytes || length + bytes >= size) {
			to[0] = '\0';
			return false;
		}
		memcpy(to + length, piece, bytes);
		length += bytes;
	}
	to[length] = '\0';
	return true;
}

bool json_number(struct json value, int64_t *number_out)
{
	char digits[24];
	return str_copy_bytes(digits, sizeof(digits), value.text, value.size) &&
	       str_number(digits, INT64_MIN, INT64_MAX, number_out);
}
