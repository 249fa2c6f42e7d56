/*
 * buf.h - a growing byte buffer with a limit.
 *
 * Contract: start from BUF_INIT(max) (or zeroed with max set). 'data' is always
 * terminated once something was added; it is owned by the buffer until
 * buf_free, or taken with buf_take. Appending past 'max' changes nothing but
 * sets 'full', which stays: check once at the end. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t length;
	size_t room;
	size_t max;
	bool full;
};

#define BUF_INIT(limit)                                                        \
	{                                                                      \
		.max = (limit)                                                 \
	}

void buf_add(struct buf *buf, const char *data, size_t length);
void buf_add_text(struct buf *buf, const char *text);
void buf_addf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * Adds 'text' as the inside of a JSON string: quotes and controls (those of
 * terminals too) escaped, bytes that are no UTF-8 replaced by U+FFFD.
 */
void buf_add_json(struct buf *buf, const char *text);
/* Percent-encodes all but RFC 3986's unreserved characters. */
void buf_add_percent(struct buf *buf, const char *text);
/* The text (never NULL; "" if nothing was added), borrowed. */
const char *buf_text(const struct buf *buf);
/* The bytes, now the caller's to free(); the buffer is empty again. */
char *buf_take(struct buf *buf);
void buf_clear(struct buf *buf);
void buf_free(struct buf *buf);
