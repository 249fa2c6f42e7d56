/*
 * sparse.c - see sparse.h. libopus has room for two channels, for music and for
 * the search for it in each state, and clears all of it at the beginning: of 43
 * and 18 KiB a call in mono writes to 31 and 10.
 */
#include "services/mediad/codec/sparse.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int is_zero(const uint8_t *page, size_t size)
{
	return page[0] == 0 && memcmp(page, page + 1, size - 1) == 0;
}

void sparse_trim(void *memory, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *at = memory, *end = at + size;

	at += (page - (uintptr_t)at % page) % page;
	for (; at < end && (size_t)(end - at) >= page; at += page)
		if (is_zero(at, page))
			(void)madvise(at, page, MADV_DONTNEED);
}
