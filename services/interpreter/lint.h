/*
 * lint.h - everything that is wrong with a document, for people: voxctl lint.
 *
 * Contract: pure; findings are in the order of the text. Any thread.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/markup/finding.h"
#include "services/interpreter/plain.h"

/* How it is read: the installation's dialect, VOXBUS_MARKUP_STRICT, and limits
 * (VOXBUS_DIAL_MAX, ...). */
struct lint_rules {
	enum dialect_name dialect;
	bool strict;
	struct dialect_limits limits;
};

/* 'content_type' of a file: "text/xml". Tells what a call would do with it. */
enum plain document_lint(const char *body, size_t size,
			 const char *content_type, struct lint_rules rules,
			 struct findings *findings);
/*
 * "name:line:column: error|warning CODE text", then the line of the document
 * with a caret under the place; one finding after the other.
 */
void document_lint_print(const char *name, const char *body, size_t size,
			 const struct findings *findings, struct buf *to);
