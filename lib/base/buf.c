/*
 * buf.c - a growing byte buffer with a limit; see buf.h.
 */
#include "lib/base/buf.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct buf *buf, size_t more)
{
	if (buf->full || more > buf->max || buf->length > buf->max - more) {
		buf->full = true;
		return false;
	}
	size_t need = buf->length + more + 1;
	if (need > buf->room) {
		size_t room = buf->room ? buf->room * 2 : 256;
		buf->room = room > need ? room : need;
		buf->data = mem_grow(buf->data, buf->room);
	}
	return true;
}

void buf_add(struct buf *buf, const char *data, size_t length)
{
	if (!make_room(buf, length))
		return;
	if (length)
		memcpy(buf->data + buf->length, data, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length >= 0 && make_room(buf, (size_t)length)) {
		vsnprintf(buf->data + buf->length, (size_t)length + 1, format,
			  again);
		buf->length += (size_t)length;
	}
	va_end(again);
}

/* Adds one character of 'length' bytes; 0: a byte that is no UTF-8. */
static void add_json_character(struct buf *buf, const char *text, size_t length)
{
	unsigned char c = (unsigned char)text[0];
	bool c1 = length == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0;
	if (length == 0)
		buf_add_text(buf, "\\ufffd");
	else if (c1)
		buf_addf(buf, "\\u%04x", (unsigned char)text[1]);
	else if (c == '"' || c == '\\')
		buf_addf(buf, "\\%c", c);
	else if (c == '\n')
		buf_add_text(buf, "\\n");
	else if (c < 0x20 || c == 0x7f)
		buf_addf(buf, "\\u%04x", c);
	else
		buf_add(buf, text, length);
}

void buf_add_json(struct buf *buf, const char *text)
{
	size_t left = strlen(text);
	while (left) {
		size_t length = str_utf8_length(text, left);
		add_json_character(buf, text, length);
		text += length ? length : 1;
		left -= length ? length : 1;
	}
}

void buf_add_percent(struct buf *buf, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
			buf_add(buf, text, 1);
		else
			buf_addf(buf, "%%%02X", c);
	}
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
	char *data = buf->data ? buf->data : mem_copy_text("");
	buf->data = NULL;
	buf->length = buf->room = 0;
	return data;
}

void buf_clear(struct buf *buf)
{
	buf->length = 0;
	buf->full = false;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_INIT(buf->max);
}
