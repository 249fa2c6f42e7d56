/*
 * sounds_object.c - a sound file that is asked for, from its first question on;
 * see sounds_private.h.
 */
#include "services/fetcher/sounds_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/http/http.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <stdlib.h>
#include <unistd.h>

SOUNDS_COUNTER(count_failed, "failed")

struct object *object_new(struct sounds *sounds, const struct sound_open *open,
			  const char *key)
{
	struct object *object = mem_new(1, sizeof(*object));

	object->sounds = sounds;
	object->fd = -1;
	object->url = mem_copy_text(open->url);
	sound_show_url(open->url, object->shown, sizeof(object->shown));
	object->used_ms = clock_mono_ms();
	id_random("SO", object->name);
	str_copy(object->key, sizeof(object->key), key);
	str_copy(object->call, sizeof(object->call), open->call);
	map_put(sounds->by_name, object->name, object);
	list_add_tail(&sounds->objects, &object->link);
	return object;
}

void object_free(struct object *object)
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

void object_settle(struct object *object, enum object_state state)
{
	struct sounds *sounds = object->sounds;

	object->state = state;
	object->used_ms = clock_mono_ms();
	if (map_get(sounds->by_key, object->key) == object)
		map_remove(sounds->by_key, object->key);
	sounds_measure(sounds);
	pieces_waiting(object);
}

void object_fail(struct object *object, int error, const char *text)
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

bool object_take(struct object *object, struct shelf_book *book)
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
