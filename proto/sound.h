/*
 * sound.h - how mediad asks a fetcher for a sound file, piece by piece.
 *
 * Why: sound is far too large for the record, and none of its business. These
 * are core messages outside of vox.>: a question on 'sound.open' (queue group
 * "fetcher") names a URL and is answered with who holds the file and under
 * which name; questions on 'sound.read.<fetcher>' ask that one for piece after
 * piece, so that he who asks sets the pace and nothing piles up in between.
 *
 * Contract: lines "name value", an empty line, then bytes. Unknown names are
 * skipped, values that do not fit are refused. What was read points into the
 * text that was read. Any thread.
 */
#pragma once

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOUND_OPEN_SUBJECT "sound.open"
#define SOUND_QUEUE "fetcher"
#define SOUND_READ_PREFIX "sound.read."
#define SOUND_PIECE_BYTES (128 * 1024)
#define SOUND_MESSAGE_BYTES (SOUND_PIECE_BYTES + 8192)
/* A question for a piece that is not there yet is answered within this. */
#define SOUND_HOLD_MS 1000
#define SOUND_URL_BYTES 4097
#define SOUND_NAME_BYTES 65
#define SOUND_TYPE_BYTES 128
#define SOUND_TEXT_BYTES 512

enum sound_state {
	SOUND_WAIT = 1, /* it is being requested: ask again */
	SOUND_DATA,     /* a piece; more follow while offset + size < total */
	SOUND_SAME,     /* 'have' is what there is */
	SOUND_GONE,     /* no such name here: open it again */
	SOUND_FAILED    /* it cannot be had: error, error_text */
};

struct sound_open {
	char url[SOUND_URL_BYTES];
	char account[SOUND_NAME_BYTES];
	char call[SOUND_NAME_BYTES]; /* for the log */
};

struct sound_opened {
	char fetcher[SOUND_NAME_BYTES];
	char object[SOUND_NAME_BYTES];
	int64_t error; /* nobody holds it */
	char error_text[SOUND_TEXT_BYTES];
};

struct sound_read {
	char object[SOUND_NAME_BYTES];
	char have[SOUND_NAME_BYTES]; /* a version, or empty */
	int64_t offset;
};

struct sound_piece {
	int64_t state;                  /* enum sound_state */
	char version[SOUND_NAME_BYTES]; /* another one: other bytes */
	char type[SOUND_TYPE_BYTES];    /* Content-Type, or empty */
	int64_t total;                  /* bytes of the whole file */
	int64_t error;
	char error_text[SOUND_TEXT_BYTES];
	const char *data; /* the bytes of this piece */
	size_t size;
};

/* The URL for people: without credentials and query, cut if it is longer. */
void sound_show_url(const char *url, char *to, size_t size);
void sound_write_open(struct buf *to, const struct sound_open *open);
void sound_write_opened(struct buf *to, const struct sound_opened *opened);
void sound_write_read(struct buf *to, const struct sound_read *read);
void sound_write_piece(struct buf *to, const struct sound_piece *piece);
/* False: not understood. */
bool sound_read_open(const char *text, size_t size, struct sound_open *out);
bool sound_read_opened(const char *text, size_t size, struct sound_opened *out);
bool sound_read_read(const char *text, size_t size, struct sound_read *out);
bool sound_read_piece(const char *text, size_t size, struct sound_piece *out);
