/*
 * memory.h - a number by name, for the last so many names.
 *
 * Contract: bounded; the name that was written longest ago is forgotten first.
 * Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory;

struct memory *memory_new(size_t names_max);
struct memory *memory_free(struct memory *memory);
void memory_set(struct memory *memory, const char *name, int64_t number);
bool memory_get(const struct memory *memory, const char *name,
		int64_t *number_out);
