/*
 * markup.h - the customer's text before the XML parser sees it: positions, and
 * the two slips that are mended.
 *
 * Every published example of these markups has a raw '&' in a URI, and some
 * have typographic quotes round attribute values; no XML parser takes either.
 * Both are mended here, each with a warning that names line and column. Nothing
 * else is. The places of tags and attributes are noted on the way, as the
 * customer wrote them, since the XML parser knows only where a tag ended.
 *
 * Contract: the text is UTF-8 without NUL. markup_clear frees. Any thread.
 */
#pragma once

#include "lib/markup/finding.h"

#include <stddef.h>

struct markup {
	char *text; /* for the XML parser: UTF-8, no XML declaration */
	size_t length;
	struct place *tags; /* of each start tag, in order */
	unsigned tag_count;
	struct place *attributes; /* of each attribute, in order */
	unsigned attribute_count;
	struct {
		unsigned line, column; /* in 'text' */
		int shift;             /* how far what follows has moved */
	} mends[32];
	unsigned mend_count;
};

/*
 * False: there is a DOCTYPE, or a slip and 'strict' is true; findings say where
 * and what to write.
 */
bool markup_scan(const char *text, size_t length, bool strict,
		 struct findings *findings, struct markup *markup_out);
/* Where the customer wrote what the XML parser saw at this place. */
struct place markup_place(const struct markup *markup, unsigned line,
			  unsigned column);
void markup_clear(struct markup *markup);
