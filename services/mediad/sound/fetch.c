/*
 * fetch.c - open, read, read, …; see fetch.h.
 */
#include "services/mediad/sound/fetch.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/loop.h"
#include "proto/proto.h"
#include "services/mediad/sound/child.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS (3 * SOUND_HOLD_MS) /* for one answer */
#define AGAIN_MS 300
#define STUCK_MS 20000 /* without any progress */

struct fetch {
	struct loop *loop;
	struct bus *bus;
	bool (*room)(void *owner, int64_t bytes);
	void (*done)(void *owner, const struct fetch_end *end);
	void *owner;
	struct sound_open open;
	struct sound_opened opened;
	char have[SOUND_NAME_BYTES];
	int64_t bytes_max;
	int file;
	int64_t bytes;
	char version[SOUND_NAME_BYTES], type[SOUND_TYPE_BYTES];
	int64_t moved_ms; /* when something last came */
	struct loop_timer again;
};

static void ask_open(struct fetch *fetch);
static void ask_piece(struct fetch *fetch);

struct fetch *fetch_free(struct fetch *fetch)
{
	if (!fetch)
		return NULL;
	bus_ask_cancel(fetch->bus, fetch);
	loop_timer_stop(fetch->loop, &fetch->again);
	if (fetch->file >= 0)
		close(fetch->file);
	free(fetch);
	return NULL;
}

static void end(struct fetch *fetch, struct fetch_end *how)
{
	how->file = -1;
	how->bytes = fetch->bytes;
	how->version = fetch->version;
	how->type = fetch->type;
	if (!how->error && !how->same) {
		how->file = fetch->file;
		fetch->file = -1;
		(void)lseek(how->file, 0, SEEK_SET);
	}
	fetch->done(fetch->owner, how);
	fetch_free(fetch);
}

static void fail(struct fetch *fetch, int64_t error, const char *text)
{
	struct fetch_end how = {.error = error ? (int)error : ERR_INTERNAL,
				.text = text};

	end(fetch, &how);
}

/* --- when a fetcher is not there --- */

static void on_again(struct loop_timer *timer)
{
	ask_open(timer->owner);
}

static void again(struct fetch *fetch)
{
	if (clock_mono_ms() - fetch->moved_ms > STUCK_MS)
		fail(fetch, ERR_HTTP_RETRIEVAL, "no fetcher answers");
	else
		loop_timer_start(fetch->loop, &fetch->again, AGAIN_MS);
}

/* --- pieces --- */

/* Another version than the one that was begun: from its start. */
static bool is_another(struct fetch *fetch, const struct sound_piece *piece)
{
	bool another =
		fetch->bytes && !str_equal(fetch->version, piece->version);

	if (another) {
		fetch->room(fetch->owner, -fetch->bytes);
		fetch->bytes = 0;
		(void)ftruncate(fetch->file, 0);
	}
	str_copy(fetch->version, sizeof(fetch->version), piece->version);
	str_copy(fetch->type, sizeof(fetch->type), piece->type);
	return another;
}

static bool keep(struct fetch *fetch, const struct sound_piece *piece)
{
	size_t done = 0;

	while (done < piece->size) {
		ssize_t size = pwrite(fetch->file, piece->data + done,
				      piece->size - done, fetch->bytes);

		if (size <= 0)
			return false;
		done += (size_t)size;
		fetch->bytes += size;
	}
	return true;
}

static void on_data(struct fetch *fetch, const struct sound_piece *piece)
{
	struct fetch_end how = {0};

	if (is_another(fetch, piece)) {
		ask_piece(fetch);
		return;
	}
	if (piece->total > fetch->bytes_max) {
		fail(fetch, ERR_HTTP_TOO_LARGE, "the file is too large");
		return;
	}
	if (!fetch->room(fetch->owner, (int64_t)piece->size)) {
		fail(fetch, ERR_OVERLOAD,
		     "mediad's memory for sounds is full "
		     "(VOXBUS_SOUND_MEMORY_MB)");
		return;
	}
	if (!keep(fetch, piece)) {
		fail(fetch, ERR_INTERNAL, strerror(errno));
		return;
	}
	if (fetch->bytes >= piece->total)
		end(fetch, &how);
	else if (piece->size)
		ask_piece(fetch);
	else
		again(fetch);
}

static void on_piece(void *owner, int error, const char *data, size_t size)
{
	struct fetch *fetch = owner;
	struct fetch_end same = {.same = true};
	struct sound_piece piece;

	if (error || !sound_read_piece(data, size, &piece)) {
		again(fetch);
		return;
	}
	fetch->moved_ms = clock_mono_ms();
	switch ((enum sound_state)piece.state) {
	case SOUND_WAIT: ask_piece(fetch); break;
	case SOUND_DATA: on_data(fetch, &piece); break;
	case SOUND_SAME: end(fetch, &same); break;
	case SOUND_GONE: again(fetch); break;
	case SOUND_FAILED: fail(fetch, piece.error, piece.error_text); break;
	}
}

static void ask_piece(struct fetch *fetch)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sound_read read = {.offset = fetch->bytes};
	char subject[sizeof(SOUND_READ_PREFIX) + SOUND_NAME_BYTES];

	str_copy(read.object, sizeof(read.object), fetch->opened.object);
	str_copy(read.have, sizeof(read.have), fetch->have);
	str_format(subject, sizeof(subject), SOUND_READ_PREFIX "%s",
		   fetch->opened.fetcher);
	sound_write_read(&text, &read);
	bus_ask(fetch->bus, subject, buf_text(&text), text.length, PATIENCE_MS,
		on_piece, fetch);
	buf_free(&text);
}

/* --- who has it --- */

static void on_opened(void *owner, int error, const char *data, size_t size)
{
	struct fetch *fetch = owner;

	if (error || !sound_read_opened(data, size, &fetch->opened))
		again(fetch);
	else if (fetch->opened.error)
		fail(fetch, fetch->opened.error, fetch->opened.error_text);
	else
		ask_piece(fetch);
}

static void ask_open(struct fetch *fetch)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);

	sound_write_open(&text, &fetch->open);
	bus_ask(fetch->bus, SOUND_OPEN_SUBJECT, buf_text(&text), text.length,
		PATIENCE_MS, on_opened, fetch);
	buf_free(&text);
}

struct fetch *fetch_start(struct loop *loop, struct bus *bus,
			  const struct fetch_shape *shape)
{
	struct fetch *fetch = mem_new(1, sizeof(*fetch));

	fetch->loop = loop;
	fetch->bus = bus;
	fetch->room = shape->room;
	fetch->done = shape->done;
	fetch->owner = shape->owner;
	fetch->bytes_max = shape->bytes_max;
	fetch->moved_ms = clock_mono_ms();
	fetch->again = (struct loop_timer){.due = on_again, .owner = fetch};
	str_copy(fetch->open.url, sizeof(fetch->open.url), shape->url);
	str_copy(fetch->open.account, sizeof(fetch->open.account),
		 shape->account);
	str_copy(fetch->open.call, sizeof(fetch->open.call), shape->call);
	str_copy(fetch->have, sizeof(fetch->have), shape->have);
	fetch->file = child_file("sound");
	ask_open(fetch);
	return fetch;
}
