/*
 * facts_private.h - the tables of facts.c, a file each, and what their rows
 * share.
 *
 * Contract: as facts.h. A row's function adds the words of its message, and
 * returns true if they tell of something that went wrong.
 */
#pragma once

#include "tools/voxctl/facts.h"

#include <stddef.h>
#include <stdint.h>

struct facts_row {
	const struct proto_message *desc;
	bool (*add)(struct facts_legs *legs, const void *message,
		    struct buf *to);
};

struct facts_rows {
	const struct facts_row *rows;
	size_t count;
};

extern const struct facts_rows facts_call, facts_media, facts_sip;

/* "120 ms", "12.3 s" */
void facts_add_ms(struct buf *to, int64_t ms);
/* ": what was wrong", with the catalogue's name, and its advice if no words;
 * false and nothing without a code. */
bool facts_add_error(struct buf *to, int64_t code, const char *text);
/* ", " and what is in an SDP, if there is one. */
void facts_add_sdp(struct buf *to, const char *sdp);
/* 'before' and the text, if there is one. */
void facts_add_if(struct buf *to, const char *before, const char *text);
