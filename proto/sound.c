/*
 * sound.c - questions and answers about sound files, by tables; see sound.h.
 */
#include "proto/sound.h"

#include "lib/base/str.h"

#include <string.h>

/* 'size' 0: a number. */
struct row {
	const char *name;
	size_t offset, size;
};

#define WORD(type, field)                                                      \
	{                                                                      \
#field, offsetof(struct type, field),                          \
			sizeof(((struct type *)0)->field)                      \
	}
#define NUMBER(type, field)                                                    \
	{                                                                      \
#field, offsetof(struct type, field), 0                        \
	}
#define END                                                                    \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

static const struct row open_rows[] = {WORD(sound_open, url),
				       WORD(sound_open, account),
				       WORD(sound_open, call), END};
static const struct row opened_rows[] = {
	WORD(sound_opened, fetcher), WORD(sound_opened, object),
	NUMBER(sound_opened, error), WORD(sound_opened, error_text), END};
static const struct row question_rows[] = {WORD(sound_read, object),
					   WORD(sound_read, have),
					   NUMBER(sound_read, offset), END};
static const struct row piece_rows[] = {NUMBER(sound_piece, state),
					WORD(sound_piece, version),
					WORD(sound_piece, type),
					NUMBER(sound_piece, total),
					NUMBER(sound_piece, error),
					WORD(sound_piece, error_text),
					END};

/* What holds a control character is left out: a line ends a value. */
static void write_rows(struct buf *to, const struct row *rows, const void *from)
{
	for (; rows->name; rows++) {
		const char *at = (const char *)from + rows->offset;
		int64_t number;

		if (rows->size) {
			if (*at && !str_has_control(at))
				buf_addf(to, "%s %s\n", rows->name, at);
			continue;
		}
		memcpy(&number, at, sizeof(number));
		if (number)
			buf_addf(to, "%s %lld\n", rows->name,
				 (long long)number);
	}
	buf_add_text(to, "\n");
}

static bool read_value(const struct row *row, void *out, const char *value,
		       size_t length)
{
	char *at = (char *)out + row->offset;
	char text[24];
	int64_t number;

	if (row->size)
		return str_copy_bytes(at, row->size, value, length) &&
		       !str_has_control(at);
	if (!str_copy_bytes(text, sizeof(text), value, length) ||
	    !str_number(text, 0, INT64_MAX, &number))
		return false;
	memcpy(at, &number, sizeof(number));
	return true;
}

static const struct row *row_named(const struct row *rows, const char *name,
				   size_t length)
{
	for (; rows->name; rows++)
		if (strlen(rows->name) == length &&
		    memcmp(rows->name, name, length) == 0)
			return rows;
	return NULL;
}

static bool read_line(const struct row *rows, void *out, const char *line,
		      size_t length)
{
	const char *space = memchr(line, ' ', length);
	const struct row *row;

	if (!space || memchr(line, '\0', length))
		return false;
	row = row_named(rows, line, (size_t)(space - line));
	return !row || read_value(row, out, space + 1,
				  length - (size_t)(space - line) - 1);
}

/* The bytes behind the empty line, or NULL: not understood. */
static const char *read_rows(const struct row *rows, void *out,
			     const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			return NULL;
		if (stop == text)
			return stop + 1;
		if (!read_line(rows, out, text, (size_t)(stop - text)))
			return NULL;
		text = stop + 1;
	}
	return NULL;
}

void sound_show_url(const char *url, char *to, size_t size)
{
	const char *host = strstr(url, "://");
	size_t scheme = host && host - url < 8 ? (size_t)(host - url) + 3 : 0;
	size_t end = scheme + strcspn(url + scheme, "/?#"), left;
	const char *at = memrchr(url + scheme, '@', end - scheme);

	host = at ? at + 1 : url + scheme;
	left = strcspn(host, "?#");
	(void)str_format(
		to, size, "%.*s%.*s", (int)scheme, url,
		(int)(left < size - scheme - 1 ? left : size - scheme - 1),
		host);
}

void sound_write_open(struct buf *to, const struct sound_open *open)
{
	write_rows(to, open_rows, open);
}

void sound_write_opened(struct buf *to, const struct sound_opened *opened)
{
	write_rows(to, opened_rows, opened);
}

void sound_write_read(struct buf *to, const struct sound_read *read)
{
	write_rows(to, question_rows, read);
}

void sound_write_piece(struct buf *to, const struct sound_piece *piece)
{
	write_rows(to, piece_rows, piece);
	if (piece->size)
		buf_add(to, piece->data, piece->size);
}

bool sound_read_open(const char *text, size_t size, struct sound_open *out)
{
	*out = (struct sound_open){0};
	return read_rows(open_rows, out, text, size) && out->url[0];
}

bool sound_read_opened(const char *text, size_t size, struct sound_opened *out)
{
	*out = (struct sound_opened){0};
	return read_rows(opened_rows, out, text, size) &&
	       (out->error || (out->fetcher[0] && out->object[0]));
}

bool sound_read_read(const char *text, size_t size, struct sound_read *out)
{
	*out = (struct sound_read){0};
	return read_rows(question_rows, out, text, size) && out->object[0];
}

bool sound_read_piece(const char *text, size_t size, struct sound_piece *out)
{
	const char *data;

	*out = (struct sound_piece){0};
	data = read_rows(piece_rows, out, text, size);
	if (!data || out->state < SOUND_WAIT || out->state > SOUND_FAILED)
		return false;
	out->data = data;
	out->size = size - (size_t)(data - text);
	return out->size <= SOUND_PIECE_BYTES;
}
