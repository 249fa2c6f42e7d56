/*
 * shelf.h - sound files of customers on this fetcher's own disk.
 *
 * Why: a prompt is played thousands of times and changes once a year. The
 * shelf is this instance's folder under VOXBUS_DATA_DIR: one file a sound, its
 * first SHELF_HEAD_BYTES say what it is, the rest are the customer's bytes.
 *
 * Contract: bounded in bytes, the least recently used go first. A file appears
 * under its name only when it is whole, so a fetcher that dies leaves nothing
 * half: what was begun is removed at the next start, and so is everything that
 * was written before the machine last started, since that may not have reached
 * the disk. What is open stays readable whatever happens to its name. Writes
 * and reads are those of ordinary files, without waiting for the disk. Loop's
 * thread.
 */
#pragma once

#include "lib/base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHELF_HEAD_BYTES 4096
#define SHELF_KEY_BYTES 65

struct shelf;

struct shelf_label {
	char version[SHELF_KEY_BYTES];
	char etag[257], last_modified[257]; /* or empty */
	char type[128];                     /* Content-Type, or empty */
	int64_t fresh_until_ms;             /* UTC; 0: ask each time */
	bool strict; /* not to be used when it cannot be asked for */
	int64_t size;
};

/* One sound that is there; borrowed until the next shelf_add or shelf_keep. */
struct shelf_book {
	struct list link;
	char key[SHELF_KEY_BYTES];
	struct shelf_label label;
};

/* One that is being written. */
struct shelf_part {
	struct shelf *shelf;
	int fd;
	int64_t size;
	char name[32];
};

/* Names a customer's URL: nobody else's account finds it. */
void shelf_key(const char *account, const char *url, char *key_out);
/* Makes the folder if need be. NULL, and errno: it cannot be used. */
struct shelf *shelf_new(const char *folder, int64_t bytes_max);
struct shelf *shelf_free(struct shelf *shelf);
/* NULL: it is not there. Counts as use. */
struct shelf_book *shelf_find(struct shelf *shelf, const char *key);
/* To read from, at SHELF_HEAD_BYTES; -1: it has vanished, and is forgotten. */
int shelf_open(struct shelf *shelf, const struct shelf_book *book);
/* It was asked for again, and is the same. */
void shelf_fresh(struct shelf *shelf, struct shelf_book *book,
		 int64_t fresh_until_ms, bool strict);
/* False, and errno: no file could be made. */
bool shelf_begin(struct shelf *shelf, struct shelf_part *part);
/* False, and errno: no room. */
bool shelf_add(struct shelf_part *part, const char *data, size_t size);
/* It is whole, and stands under its key from now on; 'key' NULL: it is not
 * kept. Returns a descriptor to read from, as shelf_open; -1, and errno. */
int shelf_keep(struct shelf_part *part, const char *key,
	       const struct shelf_label *label);
/* It comes to nothing. */
void shelf_drop(struct shelf_part *part);
int64_t shelf_bytes(const struct shelf *shelf);
