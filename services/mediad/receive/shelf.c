/*
 * shelf.c - chains of blocks, and one chain of those that are free.
 */
#include "services/mediad/receive/shelf.h"

#include "lib/base/cache.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <stdlib.h>
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

static uint8_t *block_at(const struct shelf *shelf, uint8_t place)
{
	return shelf->boards[place / SHELF_BOARD]->blocks[place % SHELF_BOARD];
}

/* To the chain of those that are free. */
static void add_free(struct shelf *shelf, unsigned from, unsigned end)
{
	while (end-- > from) {
		shelf->next[end] = shelf->free;
		shelf->free = (uint8_t)end;
		shelf->free_count++;
	}
}

void shelf_clear(struct shelf *shelf)
{
	shelf->free_count = 0;
	add_free(shelf, 0, shelf->there);
}

void shelf_free(struct shelf *shelf)
{
	for (unsigned i = 0; i < SHELF_BOARDS; i++)
		free(shelf->boards[i]);
	memset(shelf, 0, sizeof(*shelf));
}

/* Whether so many blocks are free, with more boards if need be. */
static bool make_room(struct shelf *shelf, unsigned blocks)
{
	while (blocks > shelf->free_count && shelf->there < SHELF_BLOCKS) {
		shelf->boards[shelf->there / SHELF_BOARD] =
			mem_new(1, sizeof(struct shelf_board));
		shelf->there += SHELF_BOARD;
		add_free(shelf, shelf->there - SHELF_BOARD, shelf->there);
	}
	return blocks <= shelf->free_count;
}

bool shelf_put(struct shelf *shelf, const uint8_t *payload, size_t size,
	       uint8_t *place_out)
{
	unsigned blocks = blocks_of(size);

	if (size > SHELF_PAYLOAD_MAX || !make_room(shelf, blocks))
		return false;
	*place_out = shelf->free;
	shelf->free_count = (uint8_t)(shelf->free_count - blocks);
	for (; blocks > 0; blocks--) {
		size_t part = part_of(size);

		if (part > 0)
			memcpy(block_at(shelf, shelf->free), payload, part);
		shelf->free = shelf->next[shelf->free];
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

		assert(place < shelf->there);
		memcpy(to, block_at(shelf, place), part);
		place = shelf->next[place];
		to += part;
		size -= part;
	}
}

/* What lies there is on the first board, as a rule. */
void shelf_fetch(const struct shelf *shelf)
{
	cache_fetch(shelf, sizeof(*shelf));
	if (shelf->there > 0)
		cache_fetch(shelf->boards[0], 3 * SHELF_BLOCK_BYTES);
}

void shelf_drop(struct shelf *shelf, uint8_t place, size_t size)
{
	unsigned blocks = blocks_of(size);
	uint8_t last = place;

	assert(place < shelf->there);
	shelf->free_count = (uint8_t)(shelf->free_count + blocks);
	assert(shelf->free_count <= shelf->there);
	while (--blocks > 0)
		last = shelf->next[last];
	shelf->next[last] = shelf->free;
	shelf->free = place;
}
