/*
 * form.h - request parameters as application/x-www-form-urlencoded.
 *
 * Contract: UTF-8, percent-encoded, in the order given. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct param;

/* "a=1&b=2". */
void form_add(struct buf *to, const struct param *params, size_t count);
/* 'url' with the parameters appended to its query. 'fill': without those whose
 * names the query has already. */
void form_add_query(struct buf *to, const char *url, const struct param *params,
		    size_t count, bool fill);
/* Whether the URL's query has a field of this name. */
bool form_has(const char *url, const char *name);
/* A name or value, decoded. False, and an empty text, if it does not fit or has
 * control characters. */
bool form_decode(const char *field, size_t length, char *text_out, size_t size);
