/*
 * mem.h - small allocations that cannot fail.
 *
 * Contract: sizes that the program chooses itself; running out of memory ends
 * the process (the supervisor restarts it, see docs/adr). Sizes that come from
 * outside are bounded by their parser before they get here. Results are owned
 * by the caller and freed with free(). Any thread.
 */
#pragma once

#include <stddef.h>

/* Zeroed memory of 'count' things of 'size' bytes. */
void *mem_new(size_t count, size_t size);
/* Like realloc; the new part is not zeroed. */
void *mem_grow(void *old, size_t size);
/* Copies; NULL stays NULL. */
char *mem_copy_text(const char *text);
char *mem_copy_bytes(const char *data, size_t size);
