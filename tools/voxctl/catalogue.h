/*
 * catalogue.h - the reference pages, printed from the tables that the code is
 * made of, so that they cannot lie.
 *
 * Contract: Markdown, the same from the same tables. Any thread.
 */
#pragma once

#include "proto/proto.h"

struct buf;

#define CATALOGUE_MAX (4 * 1024 * 1024)

void catalogue_messages(struct buf *to);        /* proto/README.md */
void catalogue_errors(struct buf *to);          /* docs/errors/README.md */
void catalogue_settings(struct buf *to);        /* docs/settings.md */
void catalogue_error(int code, struct buf *to); /* docs/errors/NUMBER.md */
/*
 * A page with its tables printed anew (docs/markup.md). False: 'wrong_out' says
 * which mark is none.
 */
bool catalogue_fill(const char *page, struct buf *to, char *wrong_out,
		    size_t size);
/* Text inside a table's cell. */
void catalogue_cell(struct buf *to, const char *text);
/* A libFuzzer dictionary: types, fields, words. */
void catalogue_dictionary(struct buf *to);
/* A valid message, every field filled, as one line of JSON; owned by the
 * caller.
 */
char *catalogue_sample(const struct proto_message *desc);
