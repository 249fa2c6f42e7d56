/*
 * scan.c - reads JSON in one pass; see scan.h.
 *
 * Texts are taken in two steps: one looks at every byte up to the closing quote
 * and counts what is left without escapes, so that the other, which copies,
 * cannot fail and is not needed for what is skipped.
 *
 * No name may come twice in an object, and hostile input must not make that
 * check dear: names unknown to the caller are compared one with another, so
 * there is a limit to them, far above any table's.
 */
#include "proto/scan.h"

#include "lib/base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void scan_begin(struct scan *scan, const char *text, size_t size)
{
	scan->start = scan->at = text ? text : "";
	scan->end = scan->at + size;
	scan->fault = NULL;
	scan->fault_at = 0;
	scan->depth = 0;
	scan->name_count = scan->name_bytes = 0;
}

bool scan_fail(struct scan *scan, const char *fault)
{
	if (!scan->fault) {
		scan->fault = fault;
		scan->fault_at = (size_t)(scan->at - scan->start);
		scan->at = scan->end; /* nothing more is found */
	}
	return false;
}

/* --- single bytes --- */

static void skip_space(struct scan *scan)
{
	const char *at = scan->at;
	while (at < scan->end &&
	       (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	scan->at = at;
}

static bool take(struct scan *scan, char c)
{
	bool there = scan->at < scan->end && *scan->at == c;
	scan->at += there;
	return there;
}

bool scan_end(struct scan *scan)
{
	skip_space(scan);
	if (scan->at != scan->end)
		return scan_fail(scan, "something follows the value");
	return !scan->fault;
}

enum scan_kind scan_next(struct scan *scan)
{
	static const unsigned char kinds[256] = {
		['{'] = SCAN_OBJECT, ['['] = SCAN_LIST,   ['"'] = SCAN_TEXT,
		['-'] = SCAN_NUMBER, ['0'] = SCAN_NUMBER, ['1'] = SCAN_NUMBER,
		['2'] = SCAN_NUMBER, ['3'] = SCAN_NUMBER, ['4'] = SCAN_NUMBER,
		['5'] = SCAN_NUMBER, ['6'] = SCAN_NUMBER, ['7'] = SCAN_NUMBER,
		['8'] = SCAN_NUMBER, ['9'] = SCAN_NUMBER, ['t'] = SCAN_TRUE,
		['f'] = SCAN_FALSE,  ['n'] = SCAN_NULL};
	skip_space(scan);
	if (scan->at == scan->end)
		return SCAN_NONE;
	return (enum scan_kind)kinds[(unsigned char)*scan->at];
}

/* --- texts --- */

/* Some byte of the eight is not plain, or one follows such a one. */
static bool has_special(uint64_t bytes)
{
	const uint64_t ones = UINT64_MAX / 255;
	uint64_t quote = bytes ^ ones * '"', slash = bytes ^ ones * '\\';
	uint64_t low = bytes - ones * 0x20;
	return ((low | (quote - ones) | (slash - ones) | bytes) & ones * 0x80);
}

const char *scan_plain(const char *at, const char *end)
{
	uint64_t bytes;
	for (; end - at >= (ptrdiff_t)sizeof(bytes); at += sizeof(bytes)) {
		memcpy(&bytes, at, sizeof(bytes));
		if (has_special(bytes))
			break;
	}
	while (at < end && (unsigned char)*at >= 0x20 &&
	       (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* The value of four hexadecimal digits; 0 if they are none. */
static uint32_t hex4(const char *at, const char *end)
{
	uint32_t value = 0;
	if (end - at < 4)
		return 0;
	for (int i = 0; i < 4; i++) {
		int digit = str_hex_digit(at[i]);
		if (digit < 0)
			return 0;
		value = value << 4 | (uint32_t)digit;
	}
	return value;
}

/* From the 'u' on; the second half of a pair has an escape of its own. */
static uint32_t unicode_escape(const char *at, const char *end,
			       size_t *taken_out)
{
	uint32_t high = hex4(at + 1, end);
	*taken_out = 6;
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (high > 0xdbff || end - at < 7 || at[5] != '\\' || at[6] != 'u')
		return 0;
	uint32_t low = hex4(at + 7, end);
	*taken_out = 12;
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* The character that the escape at 'at' means; 0: none that may be. */
static uint32_t escaped(const char *at, const char *end, size_t *taken_out)
{
	static const char meant[256] = {
		['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
	*taken_out = 2;
	if (end - at < 2)
		return 0;
	if (at[1] == 'u')
		return unicode_escape(at + 1, end, taken_out);
	return (uint32_t)meant[(unsigned char)at[1]];
}

static size_t utf8_size(uint32_t point)
{
	return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/* RFC 3629 section 3. */
static size_t put_utf8(uint32_t point, char *to)
{
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t size = utf8_size(point);
	for (size_t i = size - 1; i > 0; i--, point >>= 6)
		to[i] = (char)(0x80 | (point & 0x3f));
	to[0] = (char)(first[size] | point);
	return size;
}

/* One character that is not plain. */
static bool take_special(struct scan *scan, size_t *saved)
{
	const char *at = scan->at;
	unsigned char c = (unsigned char)*at;
	size_t taken;
	if (c == '\\') {
		uint32_t point = escaped(at, scan->end, &taken);
		if (!point)
			return scan_fail(scan, "an escape is invalid");
		*saved += taken - utf8_size(point);
	} else {
		taken = c < 0x20
				? 0
				: str_utf8_length(at, (size_t)(scan->end - at));
		if (!taken)
			return scan_fail(scan, c < 0x20 ? "a control character"
							: "not UTF-8");
	}
	scan->at += taken;
	return true;
}

bool scan_text(struct scan *scan, struct scan_text *text_out)
{
	size_t saved = 0;
	if (scan_next(scan) != SCAN_TEXT)
		return scan_fail(scan, "a text is wanted");
	const char *raw = ++scan->at;
	for (;;) {
		scan->at = scan_plain(scan->at, scan->end);
		if (scan->at == scan->end)
			return scan_fail(scan, "a text has no end");
		if (*scan->at == '"')
			break;
		if (!take_special(scan, &saved))
			return false;
	}
	size_t size = (size_t)(scan->at++ - raw);
	*text_out = (struct scan_text){raw, size, size - saved};
	return true;
}

void scan_unescape(const struct scan_text *text, char *to)
{
	const char *at = text->raw, *end = at + text->raw_size;
	while (at < end) {
		size_t left = (size_t)(end - at), taken;
		const char *slash = text->size == text->raw_size
					    ? NULL
					    : memchr(at, '\\', left);
		size_t run = slash ? (size_t)(slash - at) : left;
		memcpy(to, at, run);
		to += run;
		at += run;
		if (slash) {
			to += put_utf8(escaped(at, end, &taken), to);
			at += taken;
		}
	}
}

/* --- numbers and words --- */

static size_t skip_digits(struct scan *scan)
{
	const char *from = scan->at;
	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - from);
}

static bool whole(struct scan *scan, const char *digit, bool minus,
		  int64_t *number_out)
{
	int64_t number = 0; /* below zero, where there is one number more */
	for (; digit < scan->at; digit++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_sub_overflow(number, *digit - '0', &number))
			return scan_fail(scan, "a number is too large");
	if (!minus && number == INT64_MIN)
		return scan_fail(scan, "a number is too large");
	*number_out = minus ? number : -number;
	return true;
}

/* No table has such a number: it is checked, and not kept. */
static bool real(struct scan *scan, const char *from)
{
	char copy[SCAN_REAL_BYTES + 1];
	if (take(scan, '.') && !skip_digits(scan))
		return scan_fail(scan, "a number lacks digits");
	if (take(scan, 'e') || take(scan, 'E')) {
		if (!take(scan, '+'))
			take(scan, '-');
		if (!skip_digits(scan))
			return scan_fail(scan, "a number lacks digits");
	}
	if (!str_copy_bytes(copy, sizeof(copy), from,
			    (size_t)(scan->at - from)))
		return scan_fail(scan, "a number is too long");
	double value = strtod(copy, NULL);
	if (value == HUGE_VAL || value == -HUGE_VAL)
		return scan_fail(scan, "a number is too large");
	return true;
}

bool scan_number(struct scan *scan, int64_t *number_out, bool *whole_out)
{
	if (scan_next(scan) != SCAN_NUMBER)
		return scan_fail(scan, "a number is wanted");
	const char *from = scan->at;
	bool minus = take(scan, '-');
	const char *first = scan->at;
	size_t digits = skip_digits(scan);
	if (!digits || (digits > 1 && *first == '0'))
		return scan_fail(scan, "a number is malformed");
	*whole_out = scan->at == scan->end ||
		     (*scan->at != '.' && (*scan->at | 0x20) != 'e');
	return *whole_out ? whole(scan, first, minus, number_out)
			  : real(scan, from);
}

bool scan_word(struct scan *scan, enum scan_kind kind)
{
	static const char *const words[] = {[SCAN_TRUE] = "true",
					    [SCAN_FALSE] = "false",
					    [SCAN_NULL] = "null"};
	if (scan_next(scan) != kind || kind < SCAN_TRUE)
		return scan_fail(scan, "a value is wanted");
	size_t size = strlen(words[kind]);
	if ((size_t)(scan->end - scan->at) < size ||
	    memcmp(scan->at, words[kind], size) != 0)
		return scan_fail(scan, "a word is unknown");
	scan->at += size;
	return true;
}

/* --- objects and lists --- */

static bool enter(struct scan *scan, enum scan_kind kind)
{
	if (scan_next(scan) != kind)
		return scan_fail(scan, kind == SCAN_OBJECT
					       ? "an object is wanted"
					       : "a list is wanted");
	if (scan->depth == SCAN_DEPTH_MAX)
		return scan_fail(scan, "too many levels");
	scan->depth++;
	scan->at++;
	return true;
}

/* The end, or one thing more. */
static bool more(struct scan *scan, char close, bool *begun)
{
	skip_space(scan);
	if (take(scan, close)) {
		scan->depth--;
		return false;
	}
	if (*begun && !take(scan, ','))
		return scan_fail(scan, "a comma or the end is wanted");
	*begun = true;
	return true;
}

bool scan_object_open(struct scan *scan, struct scan_object *object)
{
	*object =
		(struct scan_object){scan->name_count, scan->name_bytes, false};
	return enter(scan, SCAN_OBJECT);
}

static bool name_of(struct scan *scan, const struct scan_text *text,
		    struct scan_name *name_out)
{
	char *copy = scan->unescaped + scan->name_bytes;
	*name_out = (struct scan_name){text->raw, text->size};
	if (text->size == text->raw_size)
		return true;
	if (text->size > sizeof(scan->unescaped) - scan->name_bytes)
		return scan_fail(scan, "too many names with escapes");
	scan_unescape(text, copy);
	name_out->data = copy;
	scan->name_bytes += text->size;
	return true;
}

bool scan_object_next(struct scan *scan, struct scan_object *object,
		      struct scan_name *name_out)
{
	struct scan_text text;
	if (!more(scan, '}', &object->begun)) {
		scan->name_count = object->name_count;
		scan->name_bytes = object->name_bytes;
		return false;
	}
	if (!scan_text(scan, &text) || !name_of(scan, &text, name_out))
		return false;
	skip_space(scan);
	return take(scan, ':') || scan_fail(scan, "a colon is wanted");
}

bool scan_name_once(struct scan *scan, const struct scan_object *object,
		    const struct scan_name *name)
{
	for (size_t i = object->name_count; i < scan->name_count; i++)
		if (scan->names[i].size == name->size &&
		    memcmp(scan->names[i].data, name->data, name->size) == 0)
			return scan_fail(scan, "a name comes twice");
	if (scan->name_count == SCAN_NAMES_MAX)
		return scan_fail(scan, "too many unknown names");
	scan->names[scan->name_count++] = *name;
	return true;
}

bool scan_list_open(struct scan *scan)
{
	return enter(scan, SCAN_LIST);
}

bool scan_list_next(struct scan *scan, bool *begun)
{
	return more(scan, ']', begun);
}

/* --- skipping --- */

static bool skip_object(struct scan *scan)
{
	struct scan_object object;
	struct scan_name name;
	if (!scan_object_open(scan, &object))
		return false;
	while (scan_object_next(scan, &object, &name))
		if (!scan_name_once(scan, &object, &name) || !scan_skip(scan))
			return false;
	return !scan->fault;
}

static bool skip_list(struct scan *scan)
{
	bool begun = false;
	if (!scan_list_open(scan))
		return false;
	while (scan_list_next(scan, &begun))
		if (!scan_skip(scan))
			return false;
	return !scan->fault;
}

bool scan_skip(struct scan *scan)
{
	struct scan_text text;
	int64_t number;
	bool is_whole;
	enum scan_kind kind = scan_next(scan);
	switch (kind) {
	case SCAN_NONE: return scan_fail(scan, "a value is wanted");
	case SCAN_OBJECT: return skip_object(scan);
	case SCAN_LIST: return skip_list(scan);
	case SCAN_TEXT: return scan_text(scan, &text);
	case SCAN_NUMBER: return scan_number(scan, &number, &is_whole);
	case SCAN_TRUE:
	case SCAN_FALSE:
	case SCAN_NULL: return scan_word(scan, kind);
	}
	return false;
}
