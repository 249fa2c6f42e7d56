/*
 * form.h - request parameters as application/x-www-form-urlencoded.
 *
 * Contract: UTF-8, percent-encoded, in the order given. A '?' becomes %3f: the
 * SDKs' middlewares take %3F for the beginning of a query. Any thread.
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
/* 'url' with bodySHA256=<hex>, unless its query has that already. */
void form_add_hash(struct buf *to, const char *url, const char *body);
/* Of parameters of one name each different value stays once, in the order that
 * is signed (form_order), at the places of the first ones. Returns how many are
 * left; values of the others are freed. */
size_t form_settle(struct param *params, size_t count);
/* Which of two UTF-8 texts comes first, by UTF-16's units: as JavaScript, Java
 * and C# sort. Bytes say the same but for what is beyond the BMP. */
int form_order(const char *left, const char *right);
/* Whether the URL's query has a field of this name. */
bool form_has(const char *url, const char *name);
/* A name or value, decoded. False, and an empty text, if it does not fit or has
 * control characters. */
bool form_decode(const char *field, size_t length, char *text_out, size_t size);
