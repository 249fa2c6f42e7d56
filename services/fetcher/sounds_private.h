/*
 * sounds_private.h - what the files of sounds.h share.
 *
 * sounds.c          beginning, end; who asks for which file
 * sounds_object.c   a file that is asked for, from its first question on
 * sounds_request.c  from its URL to bytes on the shelf
 * sounds_pieces.c   its pieces, for mediad
 */
#pragma once

#include "lib/base/id.h"
#include "lib/base/list.h"
#include "lib/runtime/loop.h"
#include "proto/sound.h"
#include "services/fetcher/shelf.h"
#include "services/fetcher/sounds.h"

struct http_transfer;
struct map;

#define SOUNDS_MIB (1024 * 1024LL)
/* One of the results of vox_sounds_total. */
#define SOUNDS_COUNTER(variable, result)                                       \
	METRIC_COUNTER(variable, "sounds_total", "result=\"" result "\"",      \
		       "Sound files that were asked for, by what came of it.")

struct sounds {
	struct service *service;
	struct http *http;
	struct shelf *shelf;
	struct bus_listener *opens, *reads;
	struct map *by_name; /* of objects */
	struct map *by_key;  /* those that are being requested */
	struct list objects;
	struct list waiting;
	size_t waiting_count;
	struct loop_timer tick;
};

enum object_state { OBJECT_ASKING, OBJECT_WHOLE, OBJECT_FAILED };

/* One request and what came of it. It lives for a while after the last
 * question; its file may stay on the shelf for far longer. */
struct object {
	struct list link;
	struct sounds *sounds;
	char name[ID_BYTES], key[SHELF_KEY_BYTES];
	char *url;
	char shown[256]; /* the URL, for the log */
	char call[SOUND_NAME_BYTES];
	enum object_state state;
	struct http_transfer *transfer;
	struct loop_timer again; /* a second try */
	bool tried;
	bool writing; /* 'part' is there */
	struct shelf_part part;
	struct shelf_label label;
	int fd; /* whole: where its bytes are */
	int write_error;
	int error;
	char text[SOUND_TEXT_BYTES];
	int64_t used_ms;
};

/* --- sounds.c --- */
/* The shelf holds more or less than before. */
void sounds_measure(struct sounds *sounds);

/* --- sounds_object.c --- */
struct object *object_new(struct sounds *sounds, const struct sound_open *open,
			  const char *key);
void object_free(struct object *object);
/* Its request is over, with what 'object' holds: whoever waits is answered. */
void object_settle(struct object *object, enum object_state state);
void object_fail(struct object *object, int error, const char *text);
/* What is on the shelf is what is handed out. False: it is not there. */
bool object_take(struct object *object, struct shelf_book *book);

/* --- sounds_request.c --- */
/* Asks for the file, by what the shelf has of it; settles or fails it. */
void object_request(struct object *object);

/* --- sounds_pieces.c --- */
/* Says the piece; while there is none, holds the question for a while. */
void pieces_read(struct object *object, const struct sound_read *read,
		 const char *reply);
/* There is no such object. */
void pieces_gone(struct sounds *sounds, const char *reply);
/* Answers all that wait for the object. */
void pieces_waiting(struct object *object);
/* Tells those who have waited for SOUND_HOLD_MS to ask again. */
void pieces_late(struct sounds *sounds);
void pieces_forget(struct sounds *sounds);
