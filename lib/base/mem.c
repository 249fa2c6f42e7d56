/*
 * mem.c - small allocations that cannot fail; see mem.h.
 */
#include "lib/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
	if (!memory) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *mem_new(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *mem_grow(void *old, size_t size)
{
	return checked(realloc(old, size ? size : 1));
}

char *mem_copy_bytes(const char *data, size_t size)
{
	char *copy = checked(malloc(size + 1));
	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

char *mem_copy_text(const char *text)
{
	return text ? mem_copy_bytes(text, strlen(text)) : NULL;
}
