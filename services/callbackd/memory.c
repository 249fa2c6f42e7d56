/*
 * memory.c - a number by name, for the last so many names; see memory.h.
 */
#include "services/callbackd/memory.h"

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

#include <stdlib.h>

struct memory {
	size_t names_max;
	struct map *by_name;
	struct list notes; /* written longest ago first */
};

struct note {
	struct list link;
	char *name;
	int64_t number;
};

static void forget(struct memory *memory, struct note *note)
{
	map_remove(memory->by_name, note->name);
	list_remove(&note->link);
	free(note->name);
	free(note);
}

struct memory *memory_new(size_t names_max)
{
	struct memory *memory = mem_new(1, sizeof(*memory));
	memory->names_max = names_max;
	memory->by_name = map_new();
	list_init(&memory->notes);
	return memory;
}

struct memory *memory_free(struct memory *memory)
{
	if (memory) {
		list_each (link, &memory->notes)
			forget(memory, list_of(link, struct note, link));
		map_free(memory->by_name);
		free(memory);
	}
	return NULL;
}

void memory_set(struct memory *memory, const char *name, int64_t number)
{
	struct note *note = map_get(memory->by_name, name);
	if (!note) {
		note = mem_new(1, sizeof(*note));
		note->name = mem_copy_text(name);
		map_put(memory->by_name, name, note);
	}
	list_remove(&note->link);
	list_add_tail(&memory->notes, &note->link);
	note->number = number;
	if (map_count(memory->by_name) > memory->names_max)
		forget(memory, list_of(memory->notes.next, struct note, link));
}

bool memory_get(const struct memory *memory, const char *name,
		int64_t *number_out)
{
	const struct note *note = map_get(memory->by_name, name);
	if (note)
		*number_out = note->number;
	return note;
}
