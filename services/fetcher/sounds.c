/*
 * sounds.c - who asks for which file, and which are in hand; see sounds.h.
 */
#include "services/fetcher/sounds_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS_MAX 256
#define IDLE_MS 30000
#define TICK_MS 250

SOUNDS_COUNTER(count_fresh, "fresh")
METRIC_COUNTER(count_refused, "sounds_refused_total", "",
	       "Questions about sound files beyond what one process holds.")
METRIC_GAUGE(gauge_bytes, "sound_cache_bytes", "",
	     "Bytes of sound files on disk.")

void sounds_measure(struct sounds *sounds)
{
	metric_set(&gauge_bytes, shelf_bytes(sounds->shelf));
}

/* --- questions --- */

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
	    object_take(object, book)) {
		metric_add(&count_fresh, 1);
		return object;
	}
	map_put(sounds->by_key, object->key, object);
	object_request(object);
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
		pieces_gone(sounds, message->reply);
		return;
	}
	object->used_ms = clock_mono_ms();
	pieces_read(object, &read, message->reply);
}

/* Whoever has waited long enough asks again; what nobody asks for is closed. */
static void on_tick(struct loop_timer *timer)
{
	struct sounds *sounds = timer->owner;
	int64_t now_ms = clock_mono_ms();

	pieces_late(sounds);
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
	sounds->shelf = shelf_new(path, settings->sound_cache_mb * SOUNDS_MIB);
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
	sounds_measure(sounds);
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
	pieces_forget(sounds);
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
