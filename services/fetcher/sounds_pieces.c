/*
 * sounds_pieces.c - pieces of a file, for the mediad that asks; a question that
 * comes before the file is held for a while. See sounds_private.h.
 */
#include "services/fetcher/sounds_private.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <stdlib.h>
#include <unistd.h>

#define WAITING_MAX 4096

METRIC_COUNTER(count_bytes, "sound_bytes_total", "",
	       "Bytes of sound files handed to mediad.")

/* A question for a piece that is not there yet. */
struct waiting {
	struct list link;
	struct object *object;
	struct sound_read read;
	char *reply;
	int64_t since_ms;
};

static void say_piece(struct sounds *sounds, const char *reply,
		      const struct sound_piece *piece)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);

	sound_write_piece(&text, piece);
	bus_say(sounds->service->bus, reply, buf_text(&text), text.length);
	buf_free(&text);
}

static void say_data(struct object *object, const struct sound_read *read,
		     const char *reply)
{
	static char data[SOUND_PIECE_BYTES];
	struct sound_piece piece = {
		.state = SOUND_DATA, .total = object->label.size, .data = data};
	int64_t left = object->label.size - read->offset;
	ssize_t size = 0;

	if (left > 0)
		size = pread(object->fd, data,
			     left < SOUND_PIECE_BYTES ? (size_t)left
						      : SOUND_PIECE_BYTES,
			     SHELF_HEAD_BYTES + read->offset);
	if (size < 0 || (left > 0 && size == 0)) {
		piece.state = SOUND_FAILED;
		piece.error = ERR_INTERNAL;
		str_copy(piece.error_text, sizeof(piece.error_text),
			 "the fetcher cannot read its cache");
		size = 0;
	}
	piece.size = (size_t)size;
	metric_add(&count_bytes, size);
	str_copy(piece.version, sizeof(piece.version), object->label.version);
	str_copy(piece.type, sizeof(piece.type), object->label.type);
	say_piece(object->sounds, reply, &piece);
}

static void say_read(struct object *object, const struct sound_read *read,
		     const char *reply)
{
	struct sound_piece piece = {.state = SOUND_WAIT};

	if (object->state == OBJECT_WHOLE && read->have[0] &&
	    str_equal(read->have, object->label.version)) {
		piece.state = SOUND_SAME;
	} else if (object->state == OBJECT_WHOLE) {
		say_data(object, read, reply);
		return;
	} else if (object->state == OBJECT_FAILED) {
		piece.state = SOUND_FAILED;
		piece.error = object->error;
		str_copy(piece.error_text, sizeof(piece.error_text),
			 object->text);
	}
	say_piece(object->sounds, reply, &piece);
}

void pieces_gone(struct sounds *sounds, const char *reply)
{
	struct sound_piece gone = {.state = SOUND_GONE};

	say_piece(sounds, reply, &gone);
}

/* --- questions that wait --- */

static void waiting_free(struct sounds *sounds, struct waiting *waiting)
{
	list_remove(&waiting->link);
	sounds->waiting_count--;
	free(waiting->reply);
	free(waiting);
}

static void wait_for(struct object *object, const struct sound_read *read,
		     const char *reply)
{
	struct sounds *sounds = object->sounds;
	struct waiting *waiting;

	if (sounds->waiting_count >= WAITING_MAX) {
		say_read(object, read, reply);
		return;
	}
	waiting = mem_new(1, sizeof(*waiting));
	waiting->object = object;
	waiting->read = *read;
	waiting->reply = mem_copy_text(reply);
	waiting->since_ms = clock_mono_ms();
	list_add_tail(&sounds->waiting, &waiting->link);
	sounds->waiting_count++;
}

void pieces_read(struct object *object, const struct sound_read *read,
		 const char *reply)
{
	if (object->state == OBJECT_ASKING)
		wait_for(object, read, reply);
	else
		say_read(object, read, reply);
}

void pieces_waiting(struct object *object)
{
	struct sounds *sounds = object->sounds;

	list_each (link, &sounds->waiting) {
		struct waiting *waiting = list_of(link, struct waiting, link);

		if (waiting->object != object)
			continue;
		say_read(object, &waiting->read, waiting->reply);
		waiting_free(sounds, waiting);
	}
}

void pieces_late(struct sounds *sounds)
{
	int64_t now_ms = clock_mono_ms();

	list_each (link, &sounds->waiting) {
		struct waiting *waiting = list_of(link, struct waiting, link);

		if (now_ms - waiting->since_ms < SOUND_HOLD_MS)
			break; /* so are all later ones */
		say_read(waiting->object, &waiting->read, waiting->reply);
		waiting_free(sounds, waiting);
	}
}

void pieces_forget(struct sounds *sounds)
{
	list_each (link, &sounds->waiting)
		waiting_free(sounds, list_of(link, struct waiting, link));
}
