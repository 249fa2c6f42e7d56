/*
 * ladder.h - a call as a story: one line a message, an arrow between those who
 * talk, and the facts that matter.
 *
 *     ms   app    interpreter  sipgw   mediad
 *      0    │        ◄─────────┤        │    A INVITE sip:100@… from …
 *
 * Contract: pure text; secrets are masked, and nothing that a stranger sent
 * reaches the terminal as a control character. Lines fit into 'width' columns,
 * longer facts continue below. Times are milliseconds since the first message.
 * Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct recorded;

#define LADDER_WIDTH 100
#define LADDER_WIDTH_MIN 60

struct ladder;

struct ladder_style {
	unsigned width; /* columns, at least LADDER_WIDTH_MIN */
	bool plain;     /* ASCII only */
	bool colour;
	bool http; /* requests and answers in full, below their lines */
};

struct ladder *ladder_new(const struct ladder_style *style);
struct ladder *ladder_free(struct ladder *ladder);
/* Adds the lines of one message; the first is preceded by the head. */
void ladder_add(struct ladder *ladder, const struct recorded *recorded,
		struct buf *to);
