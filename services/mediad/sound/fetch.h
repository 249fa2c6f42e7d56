/*
 * fetch.h - a sound file from whichever fetcher there is, into an anonymous
 * file of ours.
 *
 * Contract: piece after piece (proto/sound.h), each asked for when the one
 * before it is here. A fetcher that does not answer, has died or has forgotten
 * is replaced by the next one; the file goes on where it was if that one has
 * the same version of it. 'done' is called once unless it is cancelled. Loop's
 * thread.
 */
#pragma once

#include "proto/sound.h"

struct bus;
struct fetch;
struct loop;

struct fetch_end {
	bool same;        /* 'have' is what there is: no file */
	int error;        /* of errors.def */
	const char *text; /* what was wrong */
	int file;         /* whoever is told closes it; -1: none */
	int64_t bytes;
	const char *version, *type;
};

struct fetch_shape {
	const char *url, *account, *call;
	const char *have; /* the version that is known; "" if none */
	int64_t bytes_max;
	/* So many bytes more are about to be held (negative: no more); false:
	 * there is no room for them. */
	bool (*room)(void *owner, int64_t bytes);
	void (*done)(void *owner, const struct fetch_end *end);
	void *owner;
};

struct fetch *fetch_start(struct loop *loop, struct bus *bus,
			  const struct fetch_shape *shape);
/* Without calling back; only when the bus ends, too. NULL is fine. */
struct fetch *fetch_free(struct fetch *fetch);
