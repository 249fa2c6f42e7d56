/*
 * writer.h - the thread that puts recordings on the disk.
 *
 * Contract: one thread for the recordings of a worker. writer_open, writer_news
 * and writer_free belong to the loop's thread; a file's writer_put and
 * writer_finish to one other (a worker of the media). What was put is in the
 * file, with a head that counts it, WRITER_TURN_MS later; on the disk, power
 * cut included, within WRITER_SYNC_MS. News come to the loop: WRITER_OVER once
 * after writer_finish; after it the file is gone.
 */
#pragma once

#include "services/mediad/record/spool.h"
#include "services/mediad/record/wav.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRITER_TURN_MS 200
#define WRITER_SYNC_MS 5000
#define WRITER_RING_MS 4000
#define WRITER_KEEP_ALL UINT64_MAX

struct loop;
struct settings;
struct writer;
struct writer_file;

enum writer_what {
	WRITER_OVER,  /* the file stands under its name, or 'absent' */
	WRITER_STORED /* it is in the store; or not yet, and 'why' */
};

struct writer_news {
	enum writer_what what;
	const char *sid;
	void *owner; /* writer_open's */
	bool absent; /* there was no sound in it */
	int error;   /* errno; 0: none */
	struct wav wav;
	uint64_t dropped; /* samples that came too fast */
	const char *url;  /* WRITER_STORED: where; NULL: not there yet */
	const char *why;  /* then: what was wrong */
	uint64_t bytes;   /* of the file */
};

typedef void writer_news_fn(void *context, const struct writer_news *news);

/* 'folder' is copied; 'settings' (NULL in tests: no store) are borrowed. */
struct writer *writer_new(struct loop *loop, const struct settings *settings,
			  const char *folder, writer_news_fn *news,
			  void *context);
/* Writes what was put, and leaves unfinished what nobody finished: the next
 * process may go on with it. Nobody may put any more. */
struct writer *writer_free(struct writer *writer);
/*
 * Begins a recording, or goes on with one that a process before us left: then
 * its rate and channels stay as they were. It is the caller's to finish.
 */
struct writer_file *writer_open(struct writer *writer, const char *sid,
				uint32_t rate, unsigned channels, void *owner);
/* Ends a recording that a process before us left, finished or not: WRITER_OVER
 * comes as if it had been ours, with ENOENT if nothing is there. */
void writer_recover(struct writer *writer, const char *sid, void *owner);
/* Brings to the store what earlier processes left, if there is one. */
void writer_store_left(struct writer *writer);
/* Samples of all channels; what the disk is too slow for is counted. */
void writer_put(struct writer_file *file, const int16_t *pcm, size_t samples);
/* The disk has refused: nothing more is written. */
bool writer_is_broken(const struct writer_file *file);
/* How long the recording was that a process before us left; 0: there was none,
 * or it is not known yet. */
int64_t writer_found_ms(const struct writer_file *file);
/* The worker's last call. Of what it put, the first 'keep' samples stay. */
void writer_finish(struct writer_file *file, uint64_t keep);
