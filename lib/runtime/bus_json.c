/*
 * bus_json.c - reads single values out of JSON; see bus_json.h.
 */
#include "lib/runtime/bus_json.h"

#include "lib/base/str.h"

#include <string.h>

#define DEPTH_MAX 16

struct scan {
	const char *at;
	const char *end;
};

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && *scan->at &&
	       strchr(" \t\r\n", *scan->at))
		scan->at++;
}

static bool take(struct scan *scan, char c)
{
	skip_space(scan);
	if (scan->at >= scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

/* Gives the inside of a string, escapes untouched. */
static bool take_text(struct scan *scan, const char **text, size_t *length)
{
	if (!take(scan, '"'))
		return false;
	*text = scan->at;
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\' && scan->at + 1 < scan->end) {
			scan->at++;
		} else if (*scan->at == '"') {
			*length = (size_t)(scan->at - *text);
			scan->at++;
			return true;
		}
	}
	return false;
}

/* A number or one of the three words. */
static bool take_word(struct scan *scan, const char **text, size_t *length)
{
	skip_space(scan);
	*text = scan->at;
	while (scan->at < scan->end && *scan->at &&
	       !strchr(",]} \t\r\n", *scan->at))
		scan->at++;
	*length = (size_t)(scan->at - *text);
	return *length > 0;
}

/*
 * Passes over one value. Brackets are balanced by counting: the server's JSON
 * is well-formed, and what is not cannot lead us past the end.
 */
static bool skip_value(struct scan *scan)
{
	const char *text;
	size_t length;
	unsigned depth = 0;
	do {
		skip_space(scan);
		if (scan->at >= scan->end)
			return false;
		char c = *scan->at;
		if (c == '{' || c == '[') {
			if (++depth > DEPTH_MAX)
				return false;
			scan->at++;
		} else if (c == '}' || c == ']') {
			if (!depth)
				return false;
			depth--;
			scan->at++;
		} else if (c == '"') {
			if (!take_text(scan, &text, &length))
				return false;
		} else if (c == ',' || c == ':') {
			if (!depth)
				return false;
			scan->at++;
		} else if (!take_word(scan, &text, &length)) {
			return false;
		}
	} while (depth);
	return true;
}

/* Moves to the value of one member of the object that begins here. */
static bool enter(struct scan *scan, const char *name, size_t name_length)
{
	const char *text;
	size_t length;
	if (!take(scan, '{'))
		return false;
	while (take_text(scan, &text, &length) && take(scan, ':')) {
		if (length == name_length && memcmp(text, name, length) == 0)
			return true;
		if (!skip_value(scan) || !take(scan, ','))
			return false;
	}
	return false;
}

static bool find(struct scan *scan, const char *json, size_t size,
		 const char *path)
{
	*scan = (struct scan){json, json + size};
	for (;;) {
		size_t length = strcspn(path, ".");
		if (!enter(scan, path, length))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

static bool find_word(const char *json, size_t size, const char *path, char *to,
		      size_t room)
{
	struct scan scan;
	const char *text;
	size_t length;
	return find(&scan, json, size, path) &&
	       take_word(&scan, &text, &length) &&
	       str_copy_bytes(to, room, text, length);
}

bool bus_json_number(const char *json, size_t size, const char *path,
		     int64_t *number_out)
{
	char word[24];
	return find_word(json, size, path, word, sizeof(word)) &&
	       str_number(word, INT64_MIN, INT64_MAX, number_out);
}

bool bus_json_text(const char *json, size_t size, const char *path, char *to,
		   size_t room)
{
	struct scan scan;
	const char *text;
	size_t length;
	if (!find(&scan, json, size, path) || !take_text(&scan, &text, &length))
		return false;
	return str_copy_bytes(to, room, text,
			      length < room ? length : room - 1);
}

bool bus_json_true(const char *json, size_t size, const char *path)
{
	char word[8];
	return find_word(json, size, path, word, sizeof(word)) &&
	       str_equal(word, "true");
}

bool bus_json_has(const char *json, size_t size, const char *path)
{
	struct scan scan;
	return find(&scan, json, size, path);
}
