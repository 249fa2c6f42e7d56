/*
 * sounds.c - from a URL to bytes on disk, and from there to whoever asks; see
 * sounds.h.
 *
 * An object is one request and what came of it. It lives for IDLE_MS after the
 * last question; the file itself may stay on the shelf for far longer.
 */
#include "services/fetcher/sounds.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/id.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/http/overrides.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/sound.h"
#include "services/fetcher/freshness.h"
#include "services/fetcher/shelf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OBJECTS_MAX 256
#define WAITING_MAX 4096
#define IDLE_MS 30000
#define TICK_MS 250
#define CONNECT_MS 5000
#define AGAIN_MS 500
#define REDIRECTS_MAX 5
#define SHOWN_BYTES 256
#define MIB (1024 * 1024LL)

#define SOUNDS(variable, result)                                               \
	METRIC_COUNTER(variable, "sounds_total", "result=\"" result "\"",      \
		       "Sound files that were asked for, by what came of it.")
SOUNDS(count_fetched, "fetched")
SOUNDS(count_fresh, "fresh")
SOUNDS(count_same, "same")
SOUNDS(count_stale, "stale")
SOUNDS(count_failed, "failed")
METRIC_COUNTER(count_refused, "sounds_refused_total", "",
	       "Questions about sound files beyond what one process holds.")
METRIC_COUNTER(count_bytes, "sound_bytes_total", "",
	       "Bytes of sound files handed to mediad.")
METRIC_GAUGE(gauge_bytes, "sound_cache_bytes", "",
	     "Bytes of sound files on disk.")

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

struct object {
	struct list link;
	struct sounds *sounds;
	char name[ID_BYTES], key[SHELF_KEY_BYTES];
	char *url;
	char shown[SHOWN_BYTES]; /* the URL, for the log */
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

/* A question for a piece that is not there yet. */
struct waiting {
	struct list link;
	struct object *object;
	struct sound_read read;
	char *reply;
	int64_t since_ms;
};

/* --- answers --- */

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

static void waiting_free(struct sounds *sounds, struct waiting *waiting)
{
	list_remove(&waiting->link);
	sounds->waiting_count--;
	free(waiting->reply);
	free(waiting);
}

static void answer_waiting(struct object *object)
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

/* --- an object's life --- */

static void object_settle(struct object *object, enum object_state state)
{
	struct sounds *sounds = object->sounds;

	object->state = state;
	object->used_ms = clock_mono_ms();
	if (map_get(sounds->by_key, object->key) == object)
		map_remove(sounds->by_key, object->key);
	metric_set(&gauge_bytes, shelf_bytes(sounds->shelf));
	answer_waiting(object);
}

static void object_free(struct object *object)
{
	struct sounds *sounds = object->sounds;

	if (object->transfer)
		http_cancel(object->transfer);
	if (object->writing)
		shelf_drop(&object->part);
	if (object->fd >= 0)
		close(object->fd);
	if (map_get(sounds->by_key, object->key) == object)
		map_remove(sounds->by_key, object->key);
	loop_timer_stop(sounds->service->loop, &object->again);
	map_remove(sounds->by_name, object->name);
	list_remove(&object->link);
	free(object->url);
	free(object);
}

static void fail(struct object *object, int error, const char *text)
{
	metric_add(&count_failed, 1);
	object->error = error;
	if (!str_copy(object->text, sizeof(object->text), text))
		str_copy(object->text, sizeof(object->text),
			 proto_error(error)->name);
	log_warn(object->call, error, "sound %s: %s", object->shown,
		 object->text);
	object_settle(object, OBJECT_FAILED);
}

/* What is on the shelf is what is handed out. */
static bool take_book(struct object *object, struct shelf_book *book)
{
	if (!book)
		return false;
	object->label = book->label;
	object->fd = shelf_open(object->sounds->shelf, book);
	if (object->fd < 0)
		return false;
	object_settle(object, OBJECT_WHOLE);
	return true;
}

/* --- HTTP --- */

static void on_again(struct loop_timer *timer);

static void drop_part(struct object *object)
{
	if (object->writing)
		shelf_drop(&object->part);
	object->writing = false;
}

static bool on_bytes(void *owner, const char *data, size_t size)
{
	struct object *object = owner;

	if (!object->writing)
		object->writing =
			shelf_begin(object->sounds->shelf, &object->part);
	if (object->writing && shelf_add(&object->part, data, size))
		return true;
	object->write_error = errno;
	return false;
}

static void name_version(struct object *object)
{
	struct shelf_label *label = &object->label;
	char random[ID_BYTES], text[640];
	uint8_t digest[DIGEST_SHA256_BYTES];

	if (!label->etag[0] && !label->last_modified[0]) {
		id_random("SV", random);
		str_copy(label->version, sizeof(label->version), random);
		return;
	}
	str_format(text, sizeof(text), "%s\n%s\n%lld", label->etag,
		   label->last_modified, (long long)object->part.size);
	digest_hmac_sha256(object->key, strlen(object->key), text, strlen(text),
			   digest);
	digest_hex(digest, sizeof(digest), label->version);
}

static void take_answer(struct object *object, const struct http_result *result)
{
	struct freshness freshness = freshness_of(result->cache_control);
	struct shelf_label *label = &object->label;

	*label = (struct shelf_label){.strict = freshness.strict,
				      .size = object->part.size};
	str_copy(label->etag, sizeof(label->etag), result->etag);
	str_copy(label->last_modified, sizeof(label->last_modified),
		 result->last_modified);
	str_copy(label->type, sizeof(label->type), result->content_type);
	if (freshness.fresh_ms)
		label->fresh_until_ms = clock_wall_ms() + freshness.fresh_ms;
	name_version(object);
	/* What can be neither fresh nor asked for is of no use later on. */
	freshness.keep =
		freshness.keep && (label->fresh_until_ms || label->etag[0] ||
				   label->last_modified[0]);
	object->writing = false;
	object->fd = shelf_keep(&object->part,
				freshness.keep ? object->key : NULL, label);
	if (object->fd < 0) {
		fail(object, ERR_INTERNAL, strerror(errno));
		return;
	}
	metric_add(&count_fetched, 1);
	log_debug(object->call, "sound %s: %lld bytes in %lld ms",
		  object->shown, (long long)label->size,
		  (long long)result->total_ms);
	object_settle(object, OBJECT_WHOLE);
}

static void take_same(struct object *object, const struct http_result *result,
		      struct shelf_book *book)
{
	struct freshness freshness = freshness_of(result->cache_control);
	int64_t until_ms =
		freshness.fresh_ms ? clock_wall_ms() + freshness.fresh_ms : 0;

	if (until_ms != book->label.fresh_until_ms ||
	    freshness.strict != book->label.strict)
		shelf_fresh(object->sounds->shelf, book, until_ms,
			    freshness.strict);
	metric_add(&count_same, 1);
	if (!take_book(object, book))
		fail(object, ERR_INTERNAL, "it vanished from the cache");
}

/* The server is in trouble, not the file. */
static bool is_trouble(const struct http_result *result)
{
	return result->status == 0 || result->status >= 500 ||
	       result->error == ERR_HTTP_RETRIEVAL ||
	       result->error == ERR_HTTP_PROTOCOL;
}

static bool deserves_another_try(const struct object *object,
				 const struct http_result *result)
{
	return !object->tried &&
	       (result->error == ERR_HTTP_CONNECTION ||
		(result->status >= 502 && result->status <= 504));
}

static void take_failure(struct object *object,
			 const struct http_result *result)
{
	struct sounds *sounds = object->sounds;
	struct shelf_book *book = shelf_find(sounds->shelf, object->key);

	drop_part(object);
	if (deserves_another_try(object, result)) {
		object->tried = true;
		loop_timer_start(sounds->service->loop, &object->again,
				 AGAIN_MS);
		return;
	}
	if (book && !book->label.strict && is_trouble(result)) {
		log_warn(object->call, result->error,
			 "sound %s: what is in the cache is played: %s",
			 object->shown, result->text);
		if (take_book(object, book)) {
			metric_add(&count_stale, 1);
			return;
		}
	}
	fail(object, object->write_error ? ERR_INTERNAL : result->error,
	     object->write_error ? strerror(object->write_error)
				 : result->text);
}

static void on_done(void *owner, const struct http_result *result)
{
	struct object *object = owner;
	struct shelf_book *book =
		shelf_find(object->sounds->shelf, object->key);

	object->transfer = NULL;
	if (result->status == 304 && book)
		take_same(object, result, book);
	else if (result->error)
		take_failure(object, result);
	else if (object->writing)
		take_answer(object, result);
	else
		fail(object, ERR_HTTP_STATUS, "the answer is empty");
}

static void request(struct object *object)
{
	struct sounds *sounds = object->sounds;
	const struct settings *settings = &sounds->service->settings;
	const struct shelf_book *book = shelf_find(sounds->shelf, object->key);
	struct http_request wanted = {
		.url = object->url,
		.method = HTTP_GET,
		.body_max = (size_t)(settings->sound_max_mb * MIB),
		.sink = on_bytes,
		.redirects_max = REDIRECTS_MAX,
		.connect_ms = CONNECT_MS,
		.total_ms = settings->sound_timeout * 1000,
		.extra = {{"Accept", "audio/*, application/ogg, */*;q=0.1"}},
	};
	struct overrides limits = {.connect_ms = wanted.connect_ms,
				   .total_ms = wanted.total_ms,
				   .policy = RETRY_CT};
	unsigned at = 1;

	overrides_read(object->url, &limits, NULL);
	wanted.connect_ms = limits.connect_ms;
	wanted.read_ms = limits.read_ms;
	wanted.total_ms = limits.total_ms;
	wanted.retries = limits.retries;
	wanted.retry_after = limits.policy;
	if (book && book->label.etag[0])
		wanted.extra[at++] =
			(struct http_header){"If-None-Match", book->label.etag};
	if (book && book->label.last_modified[0])
		wanted.extra[at++] = (struct http_header){
			"If-Modified-Since", book->label.last_modified};
	object->transfer = http_start(sounds->http, &wanted, on_done, object);
}

static void on_again(struct loop_timer *timer)
{
	request(timer->owner);
}

/* --- questions --- */

static struct object *object_new(struct sounds *sounds,
				 const struct sound_open *open, const char *key)
{
	struct object *object = mem_new(1, sizeof(*object));

	object->sounds = sounds;
	object->fd = -1;
	object->url = mem_copy_text(open->url);
	sound_show_url(open->url, object->shown, sizeof(object->shown));
	object->used_ms = clock_mono_ms();
	object->again = (struct loop_timer){.due = on_again, .owner = object};
	id_random("SO", object->name);
	str_copy(object->key, sizeof(object->key), key);
	str_copy(object->call, sizeof(object->call), open->call);
	map_put(sounds->by_name, object->name, object);
	list_add_tail(&sounds->objects, &object->link);
	return object;
}

static struct object *object_for(struct sounds *sounds,
				 const struct sound_open *open)
{
	char key[SHELF_KEY_BYTES];
	struct shelf_book *book;
	struct object *object;

	shelf_key(open->account, open->url, key);
	object = map_get(sounds->by_key, key);
	if (object || map_count(sounds->by_name) >= OBJECTS_MAX)
		return object;
	object = object_new(sounds, open, key);
	book = shelf_find(sounds->shelf, key);
	if (book && book->label.fresh_until_ms > clock_wall_ms() &&
	    take_book(object, book)) {
		metric_add(&count_fresh, 1);
		return object;
	}
	map_put(sounds->by_key, object->key, object);
	request(object);
	return object;
}

static void on_open(void *owner, const struct bus_message *message)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sounds *sounds = owner;
	struct sound_opened opened = {0};
	struct sound_open open;
	struct object *object;

	if (!message->reply ||
	    !sound_read_open(message->data, message->size, &open))
		return;
	object = object_for(sounds, &open);
	if (object) {
		str_copy(opened.fetcher, sizeof(opened.fetcher),
			 sounds->service->instance);
		str_copy(opened.object, sizeof(opened.object), object->name);
	} else {
		metric_add(&count_refused, 1);
		opened.error = ERR_OVERLOAD;
		str_copy(opened.error_text, sizeof(opened.error_text),
			 "the fetcher has too many sound files in hand");
	}
	sound_write_opened(&text, &opened);
	bus_say(sounds->service->bus, message->reply, buf_text(&text),
		text.length);
	buf_free(&text);
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

static void on_read(void *owner, const struct bus_message *message)
{
	struct sounds *sounds = owner;
	struct sound_read read;
	struct object *object;

	if (!message->reply ||
	    !sound_read_read(message->data, message->size, &read))
		return;
	object = map_get(sounds->by_name, read.object);
	if (!object) {
		struct sound_piece gone = {.state = SOUND_GONE};

		say_piece(sounds, message->reply, &gone);
		return;
	}
	object->used_ms = clock_mono_ms();
	if (object->state == OBJECT_ASKING)
		wait_for(object, &read, message->reply);
	else
		say_read(object, &read, message->reply);
}

/* Whoever has waited long enough asks again; what nobody asks for is closed. */
static void on_tick(struct loop_timer *timer)
{
	struct sounds *sounds = timer->owner;
	int64_t now_ms = clock_mono_ms();

	list_each (link, &sounds->waiting) {
		struct waiting *waiting = list_of(link, struct waiting, link);

		if (now_ms - waiting->since_ms < SOUND_HOLD_MS)
			break; /* so are all later ones */
		say_read(waiting->object, &waiting->read, waiting->reply);
		waiting_free(sounds, waiting);
	}
	list_each (at, &sounds->objects) {
		struct object *object = list_of(at, struct object, link);

		if (object->state != OBJECT_ASKING &&
		    now_ms - object->used_ms > IDLE_MS)
			object_free(object);
	}
	loop_timer_start(sounds->service->loop, timer, TICK_MS);
}

/* --- beginning and end --- */

struct sounds *sounds_new(struct service *service, struct http *http)
{
	const struct settings *settings = &service->settings;
	struct sounds *sounds = mem_new(1, sizeof(*sounds));
	char path[512], subject[96];

	str_format(path, sizeof(path), "%s/sounds-%s", settings->data_dir,
		   service->instance);
	sounds->service = service;
	sounds->http = http;
	sounds->shelf = shelf_new(path, settings->sound_cache_mb * MIB);
	if (!sounds->shelf) {
		log_error(NULL, 0, "%s: %s", path, strerror(errno));
		free(sounds);
		return NULL;
	}
	sounds->by_name = map_new();
	sounds->by_key = map_new();
	list_init(&sounds->objects);
	list_init(&sounds->waiting);
	sounds->tick = (struct loop_timer){.due = on_tick, .owner = sounds};
	loop_timer_start(service->loop, &sounds->tick, TICK_MS);
	str_format(subject, sizeof(subject), SOUND_READ_PREFIX "%s",
		   service->instance);
	sounds->opens = bus_listen(service->bus, SOUND_OPEN_SUBJECT,
				   SOUND_QUEUE, on_open, sounds);
	sounds->reads =
		bus_listen(service->bus, subject, NULL, on_read, sounds);
	metric_set(&gauge_bytes, shelf_bytes(sounds->shelf));
	return sounds;
}

void sounds_drain(struct sounds *sounds)
{
	sounds->opens = bus_unlisten(sounds->opens);
}

struct sounds *sounds_free(struct sounds *sounds)
{
	if (!sounds)
		return NULL;
	loop_timer_stop(sounds->service->loop, &sounds->tick);
	list_each (link, &sounds->waiting)
		waiting_free(sounds, list_of(link, struct waiting, link));
	list_each (at, &sounds->objects)
		object_free(list_of(at, struct object, link));
	bus_unlisten(sounds->opens);
	bus_unlisten(sounds->reads);
	map_free(sounds->by_name);
	map_free(sounds->by_key);
	shelf_free(sounds->shelf);
	free(sounds);
	return NULL;
}
