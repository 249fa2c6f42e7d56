/*
 * finding.h - what is wrong with a document: errors and warnings with the place
 * and what to write instead.
 *
 * Contract: a zeroed list is empty; findings_clear frees what it holds. At most
 * FINDINGS_MAX are kept; more are counted, and an error takes the place of a
 * warning. Texts are one line of valid UTF-8 without control characters,
 * whatever the customer wrote. One thread at a time.
 */
#pragma once

#include "proto/proto.h"

#define FINDINGS_MAX 20
#define FINDING_TEXT_BYTES 400

struct finding {
	enum note_level level;
	int code; /* of errors.def */
	unsigned line,
		column; /* from 1, in characters; 0: the whole document */
	char *text;     /* what is wrong; what to write instead */
};

struct findings {
	struct finding list[FINDINGS_MAX];
	unsigned count;
	unsigned dropped;
};

struct place {
	unsigned line, column;
};

void finding_add(struct findings *findings, enum note_level level, int code,
		 struct place place, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void findings_clear(struct findings *findings);
bool findings_have_error(const struct findings *findings);
/* In place: control characters and broken UTF-8 become blanks and '?'. */
void finding_make_printable(char *text);
