/*
 * scan.h - reads JSON in one pass: no tree, and nothing is allocated.
 *
 * Why: a tree of small objects for each message cost more than all the rest of
 * hearing it; see docs/adr/0011-our-own-json-reader.md.
 *
 * Contract: RFC 8259, strictly: UTF-8, no name twice in one object, no NUL (not
 * even as \u0000), integers of 64 bits, at most SCAN_DEPTH_MAX levels. The text
 * is borrowed and needs no end mark. Once something is wrong 'fault' says what
 * (a constant) and everything answers false from then on. A text taken is valid
 * to its last escape. Any thread, one scan each.
 *
 *	struct scan_object object;
 *	struct scan_name name;
 *	scan_object_open(scan, &object);
 *	while (scan_object_next(scan, &object, &name))
 *		scan_skip(scan);
 *	good = scan_end(scan);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_DEPTH_MAX 32
/* Of the objects that are open, the names that scan_name_once() took. */
#define SCAN_NAMES_MAX 128
/* Of the same, all bytes of names that were written with escapes. */
#define SCAN_NAMES_BYTES 1024
/* One number that is no integer. */
#define SCAN_REAL_BYTES 64

struct scan_name { /* without its escapes; not terminated */
	const char *data;
	size_t size;
};

struct scan_text { /* raw: between the quotes, as it stands */
	const char *raw;
	size_t raw_size;
	size_t size; /* without its escapes */
};

enum scan_kind {
	SCAN_NONE, /* no value begins here */
	SCAN_OBJECT,
	SCAN_LIST,
	SCAN_TEXT,
	SCAN_NUMBER,
	SCAN_TRUE,
	SCAN_FALSE,
	SCAN_NULL
};

struct scan {
	const char *start, *at, *end;
	const char *fault; /* NULL: none yet */
	size_t fault_at;   /* bytes from the start */
	unsigned depth;
	size_t name_count, name_bytes;
	struct scan_name names[SCAN_NAMES_MAX];
	char unescaped[SCAN_NAMES_BYTES];
};

struct scan_object { /* one that is open; the scan's names before it */
	size_t name_count, name_bytes;
	bool begun;
};

void scan_begin(struct scan *scan, const char *text, size_t size);
/* Nothing was wrong, and nothing but white space is left. */
bool scan_end(struct scan *scan);

/* What the next value is, by its first byte. */
enum scan_kind scan_next(struct scan *scan);
/* Each takes the next value, which must be of this kind. */
bool scan_text(struct scan *scan, struct scan_text *text_out);
bool scan_word(struct scan *scan, enum scan_kind kind);
/* A number; 'whole_out': it is an integer, and stands in 'number_out'. */
bool scan_number(struct scan *scan, int64_t *number_out, bool *whole_out);
/* Takes the next value whatever it is, and checks all of it. */
bool scan_skip(struct scan *scan);

bool scan_object_open(struct scan *scan, struct scan_object *object);
/* Takes a name and its colon: a value stands next. False: no more, or a fault.
 */
bool scan_object_next(struct scan *scan, struct scan_object *object,
		      struct scan_name *name_out);
/*
 * Keeps a name and fails if the object has it already. For names that the
 * caller does not know; those that he knows he marks himself, and calls
 * scan_fail() when one comes again.
 */
bool scan_name_once(struct scan *scan, const struct scan_object *object,
		    const struct scan_name *name);
bool scan_list_open(struct scan *scan);
/* An element stands next. False: no more, or a fault. 'begun': false at first.
 */
bool scan_list_next(struct scan *scan, bool *begun);

/* Notes the first fault; false, always. */
bool scan_fail(struct scan *scan, const char *fault);

/* Writes text->size bytes and no end mark. */
void scan_unescape(const struct scan_text *text, char *to);
/* The first byte from 'at' that is '"', '\\', below 0x20 or above 0x7f. */
const char *scan_plain(const char *at, const char *end);
