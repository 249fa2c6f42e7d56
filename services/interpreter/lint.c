/*
 * lint.c - a document read as a call would read it, and told in full; see
 * lint.h.
 */
#include "services/interpreter/lint.h"

#include "lib/base/str.h"
#include "services/interpreter/verbs.h"

#include <stdlib.h>
#include <string.h>

#define EXCERPT_MAX 100

static int by_place(const void *a, const void *b)
{
	const struct finding *one = a, *two = b;
	if (one->line != two->line)
		return one->line < two->line ? -1 : 1;
	if (one->column != two->column)
		return one->column < two->column ? -1 : 1;
	return 0;
}

enum plain document_lint(const char *body, size_t size,
			 const char *content_type, struct lint_rules rules,
			 struct findings *findings)
{
	const struct dialect dialect =
		dialect_limited(rules.dialect, rules.limits);
	enum plain plain;
	struct document *document = plain_read(
		&(struct plain_rules){&dialect, "http://base.invalid",
				      rules.strict},
		content_type, body, size, findings, &plain);
	if (document)
		verbs_check(document, &dialect, true, findings);
	document_free(document);
	qsort(findings->list, findings->count, sizeof(findings->list[0]),
	      by_place);
	return plain;
}

/* The line's bytes; NULL if there is none of that number. */
static const char *find_line(const char *body, size_t size, unsigned line,
			     size_t *length_out)
{
	const char *end = body + size;
	for (unsigned number = 1; number < line; number++) {
		const char *next = memchr(body, '\n', (size_t)(end - body));
		if (!next)
			return NULL;
		body = next + 1;
	}
	const char *stop = memchr(body, '\n', (size_t)(end - body));
	*length_out = (size_t)((stop ? stop : end) - body);
	return body;
}

/* The line, or the part of a long one round the place, and a caret. */
static void print_excerpt(const char *line, size_t length, unsigned column,
			  struct buf *to)
{
	char text[EXCERPT_MAX * 4 + 1];
	size_t at = 0,
	       from = column > EXCERPT_MAX ? column - EXCERPT_MAX / 2 : 1;
	size_t used = 0;
	for (size_t number = 0; at < length; at++) {
		number += ((unsigned char)line[at] & 0xC0) != 0x80;
		if (number < from)
			continue;
		if (number >= from + EXCERPT_MAX || used == sizeof(text) - 1)
			break;
		text[used++] = line[at] ? line[at] : '?';
	}
	text[used] = '\0';
	finding_make_printable(text);
	buf_addf(to, "  %s\n  %*s^\n", text, (int)(column - from), "");
}

void document_lint_print(const char *name, const char *body, size_t size,
			 const struct findings *findings, struct buf *to)
{
	for (unsigned i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];
		unsigned line = finding->line ? finding->line : 1;
		unsigned column = finding->column ? finding->column : 1;
		size_t length;
		buf_addf(to, "%s:%u:%u: %s %d %s\n", name, line, column,
			 proto_word(&note_level_set, (int)finding->level),
			 finding->code, finding->text);
		const char *text = find_line(body, size, line, &length);
		if (text && finding->line)
			print_excerpt(text, length, column, to);
	}
	if (findings->dropped)
		buf_addf(to, "%s: %u more are left out\n", name,
			 findings->dropped);
}
