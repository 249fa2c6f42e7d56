/*
 * shelf.h - payloads that wait for their turn, in memory that has a limit.
 *
 * Contract: a payload of up to SHELF_PAYLOAD_MAX bytes takes as many blocks as
 * it needs; when too few are free it is refused. Memory comes by boards of
 * SHELF_BOARD blocks, as many as ever were needed at a time (two for most
 * calls), and stays until shelf_free. Zeroed memory is an empty shelf. One
 * thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHELF_BLOCK_BYTES 160 /* 20 ms of G.711 */
#define SHELF_BLOCKS 80       /* 200 ms of Opus at its greatest rate */
#define SHELF_PAYLOAD_MAX 1500
#define SHELF_BOARD 8 /* blocks */
#define SHELF_BOARDS (SHELF_BLOCKS / SHELF_BOARD)

struct shelf_board {
	uint8_t blocks[SHELF_BOARD][SHELF_BLOCK_BYTES];
};

struct shelf {
	struct shelf_board *boards[SHELF_BOARDS];
	uint8_t next[SHELF_BLOCKS]; /* of the same payload, or of the free */
	uint8_t there;              /* blocks that have a board */
	uint8_t free;
	uint8_t free_count;
};

/* Empty, with the boards that it has. */
void shelf_clear(struct shelf *shelf);
void shelf_free(struct shelf *shelf);
/* False: no room, or larger than any packet. 'place_out' is for shelf_take. */
bool shelf_put(struct shelf *shelf, const uint8_t *payload, size_t size,
	       uint8_t *place_out);
/* Copies 'size' bytes, which were put there, to 'to'. */
void shelf_look(const struct shelf *shelf, uint8_t place, size_t size,
		uint8_t *to);
/* Something will be taken soon: see cache.h. */
void shelf_fetch(const struct shelf *shelf);
/* The place is free again. */
void shelf_drop(struct shelf *shelf, uint8_t place, size_t size);
