/*
 * plain.h - the document that an answer is, or stands for: in the dialects that
 * have it a text is spoken and a sound is played.
 *
 * Contract: pure. Any thread.
 */
#pragma once

#include "lib/markup/document.h"
#include "services/interpreter/dialect.h"

enum plain { PLAIN_MARKUP, PLAIN_SPOKEN, PLAIN_PLAYED };

struct plain_rules {
	const struct dialect *dialect;
	const char *url; /* where the answer is from */
	bool strict;
};

/* The caller's; NULL: findings say why. */
struct document *plain_read(const struct plain_rules *rules, const char *type,
			    const char *body, size_t size,
			    struct findings *findings, enum plain *plain_out);
