/*
 * bus_text.h - the text that NATS speaks, one piece at a time.
 *
 * Contract: pure; any thread. A piece is whatever the server may send: a
 * message, or one of its short lines. Nothing is copied: what a piece names
 * stands in the bytes that were given, which are written to, to end each text
 * with a zero byte. Lines may have TEXT_LINE_MAX bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_LINE_MAX 65536U

enum text_kind {
	TEXT_NOTHING, /* the piece is not all there: nothing was written to */
	TEXT_BROKEN,  /* this is not NATS */
	TEXT_MESSAGE,
	TEXT_PING,
	TEXT_PONG,
	TEXT_OK,
	TEXT_INFO, /* 'line' is JSON */
	TEXT_ERROR /* 'line' is why, in quotes */
};

struct text_piece {
	enum text_kind kind;
	size_t used;   /* bytes of it */
	size_t wanted; /* TEXT_NOTHING: bytes that it will have, if known */
	char *line;
	/* of a message */
	uint64_t sub;
	char *subject;
	char *reply;   /* NULL: none */
	char *headers; /* NULL: none; not terminated */
	size_t headers_size;
	char *data;
	size_t size;
	int status; /* of a message without data; 0: none */
};

/* The piece that 'bytes' begin with; one of more than 'max' is broken. */
enum text_kind text_read(char *bytes, size_t size, size_t max,
			 struct text_piece *piece_out);
/* The value of a header by its exact name, terminated; NULL: there is none. */
const char *text_header(char *headers, size_t size, const char *name);
/* It may stand as one word in a line that we say: no space, no control. */
bool text_is_word(const char *text);
