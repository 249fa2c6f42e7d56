/*
 * shelf.c - chains of blocks, and one chain of those that are free.
 */
#include "services/mediad/receive/shelf.h"

#include <assert.h>
#include <string.h>

/* Even an empty payload has a place. */
static unsigned blocks_of(size_t size)
{
	return size == 0 ? 1
			 : (unsigned)((size + SHELF_BLOCK_BYTES - 1) /
				      SHELF_BLOCK_BYTES);
}

static size_t part_of(size_t left)
{
	return left < SHELF_BLOCK_BYTES ? left : SHELF_BLOCK_BYTES;
}

void shelf_clear(struct shelf *shelf)
{
	for (unsigned i = 0; i < SHELF_BLOCKS; i++)
		shelf->next[i] = (uint8_t)(i + 1);
	shelf->free = 0;
	shelf->free_count = SHELF_BLOCKS;
}

bool shelf_put(struct shelf *shelf, const uint8_t *payload, size_t size,
	       uint8_t *place_out)
{
	unsigned blocks = blocks_of(size);
	uint8_t at = shelf->free;

	if (size > SHELF_PAYLOAD_MAX || blocks > shelf->free_count)
		return false;
	*place_out = at;
	shelf->free_count = (uint8_t)(shelf->free_count - blocks);
	for (; blocks > 0; blocks--) {
		size_t part = part_of(size);

		at = shelf->free;
		if (part > 0)
			memcpy(shelf->bytes[at], payload, part);
		shelf->free = shelf->next[at];
		payload += part;
		size -= part;
	}
	return true;
}

void shelf_look(const struct shelf *shelf, uint8_t place, size_t size,
		uint8_t *to)
{
	while (size > 0) {
		size_t part = part_of(size);

		assert(place < SHELF_BLOCKS);
		memcpy(to, shelf->bytes[place], part);
		place = shelf->next[place];
		to += part;
		size -= part;
	}
}

void shelf_drop(struct shelf *shelf, uint8_t place, size_t size)
{
	unsigned blocks = blocks_of(size);
	uint8_t last = place;

	assert(place < SHELF_BLOCKS);
	shelf->free_count = (uint8_t)(shelf->free_count + blocks);
	assert(shelf->free_count <= SHELF_BLOCKS);
	while (--blocks > 0)
		last = shelf->next[last];
	shelf->next[last] = shelf->free;
	shelf->free = place;
}
