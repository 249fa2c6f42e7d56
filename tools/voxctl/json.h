/*
 * json.h - reads JSON text in place: members of an object, one after another.
 *
 * For lines of recordings and answers of the bus's management interface, whose
 * messages stay byte for byte as they are. What the bus's own messages hold is
 * read through proto/.
 *
 * Contract: slices borrow the text. Nesting is limited to JSON_DEPTH_MAX; what
 * is no JSON gives false, never a guess. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 32

struct json {
	const char *text;
	size_t size;
};

struct json json_of(const char *text, size_t size);
/* The whole text is one JSON value. */
bool json_is_valid(struct json value);
/*
 * The next member of an object, or element of an array ('key_out' is empty
 * then). Begin with a zeroed cursor. False at the end, or where the text is
 * broken.
 */
bool json_next(struct json container, size_t *cursor, struct json *key_out,
	       struct json *value_out);
/* The member of that name; false: there is none. */
bool json_get(struct json object, const char *name, struct json *value_out);
/* A string's text, unescaped, bounded; false: no string, or it does not fit. */
bool json_text(struct json value, char *to, size_t size);
/* A whole number. */
bool json_number(struct json value, int64_t *number_out);
bool json_is(struct json value, char first); /* '{' '[' '"' … */
