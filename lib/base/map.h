/*
 * map.h - text to pointer, in constant time.
 *
 * Contract: keys are copied, values are borrowed (the owner frees them). The
 * hash is seeded at random per process, so that strangers cannot aim for one
 * slot. Iteration order means nothing; the current key may be removed while
 * iterating, nothing may be added. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct map;

struct map *map_new(void);
struct map *map_free(struct map *map);
/* Puts or replaces; returns the value that was there before, or NULL. */
void *map_put(struct map *map, const char *key, void *value);
void *map_get(const struct map *map, const char *key);
/* Removes; returns the value, or NULL if there was none. */
void *map_remove(struct map *map, const char *key);
size_t map_count(const struct map *map);
/* Start with *cursor = 0; returns false at the end. */
bool map_next(const struct map *map, size_t *cursor, const char **key_out,
	      void **value_out);
