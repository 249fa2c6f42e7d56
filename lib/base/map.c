/*
 * map.c - text to pointer: open addressing with linear probing; see map.h.
 */
#include "lib/base/map.h"

#include "lib/base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MAP_SLOTS_MIN 16

struct slot {
	char *key; /* NULL: free; 'gone': removed, probing goes on */
	void *value;
	uint64_t hash;
};

struct map {
	struct slot *slots;
	size_t size; /* a power of two */
	size_t count;
	size_t used; /* count and the removed ones */
};

static char gone[1];

static uint64_t seed(void)
{
	static uint64_t value;
	if (!value && getrandom(&value, sizeof(value), 0) != sizeof(value))
		value = (uint64_t)(uintptr_t)&value;
	return value | 1;
}

/* FNV-1a over a random basis, finished by a multiply-shift mix. */
static uint64_t hash_of(const char *key)
{
	uint64_t hash = 14695981039346656037ULL ^ seed();
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 1099511628211ULL;
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15ULL;
}

struct map *map_new(void)
{
	struct map *map = mem_new(1, sizeof(*map));
	map->size = MAP_SLOTS_MIN;
	map->slots = mem_new(map->size, sizeof(*map->slots));
	return map;
}

struct map *map_free(struct map *map)
{
	if (map) {
		for (size_t i = 0; i < map->size; i++)
			if (map->slots[i].key != gone)
				free(map->slots[i].key);
		free(map->slots);
		free(map);
	}
	return NULL;
}

static struct slot *find(const struct map *map, const char *key, uint64_t hash)
{
	size_t mask = map->size - 1;
	for (size_t i = (hash >> 16) & mask;; i = (i + 1) & mask) {
		struct slot *slot = &map->slots[i];
		if (!slot->key)
			return NULL;
		if (slot->key != gone && slot->hash == hash &&
		    strcmp(slot->key, key) == 0)
			return slot;
	}
}

static void place(struct map *map, char *key, void *value, uint64_t hash)
{
	size_t mask = map->size - 1;
	size_t i = (hash >> 16) & mask;
	while (map->slots[i].key)
		i = (i + 1) & mask;
	map->slots[i] = (struct slot){key, value, hash};
	map->count++;
	map->used++;
}

/* Keeps at least a quarter of the slots free, and sheds removed ones. */
static void resize(struct map *map)
{
	struct slot *old = map->slots;
	size_t size = map->size;
	while (map->size > MAP_SLOTS_MIN && map->count * 8 < map->size)
		map->size /= 2;
	while (map->count * 2 >= map->size)
		map->size *= 2;
	map->slots = mem_new(map->size, sizeof(*map->slots));
	map->count = map->used = 0;
	for (size_t i = 0; i < size; i++)
		if (old[i].key && old[i].key != gone)
			place(map, old[i].key, old[i].value, old[i].hash);
	free(old);
}

void *map_put(struct map *map, const char *key, void *value)
{
	uint64_t hash = hash_of(key);
	struct slot *slot = find(map, key, hash);
	if (slot) {
		void *before = slot->value;
		slot->value = value;
		return before;
	}
	if ((map->used + 1) * 4 > map->size * 3)
		resize(map);
	place(map, mem_copy_text(key), value, hash);
	return NULL;
}

void *map_get(const struct map *map, const char *key)
{
	struct slot *slot = find(map, key, hash_of(key));
	return slot ? slot->value : NULL;
}

void *map_remove(struct map *map, const char *key)
{
	struct slot *slot = find(map, key, hash_of(key));
	if (!slot)
		return NULL;
	void *value = slot->value;
	free(slot->key);
	slot->key = gone;
	slot->value = NULL;
	map->count--;
	return value;
}

size_t map_count(const struct map *map)
{
	return map->count;
}

bool map_next(const struct map *map, size_t *cursor, const char **key_out,
	      void **value_out)
{
	while (*cursor < map->size) {
		const struct slot *slot = &map->slots[(*cursor)++];
		if (slot->key && slot->key != gone) {
			if (key_out)
				*key_out = slot->key;
			if (value_out)
				*value_out = slot->value;
			return true;
		}
	}
	return false;
}
