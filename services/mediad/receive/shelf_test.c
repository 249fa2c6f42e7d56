/*
 * shelf_test.c - what is put there is found again, and no block is lost.
 */
#include "services/mediad/receive/shelf.h"

#include "lib/test/test.h"

#include <string.h>

static struct shelf shelf;
static uint8_t in[SHELF_PAYLOAD_MAX + 1], out[SHELF_PAYLOAD_MAX];

TEST(payloads_of_every_size_are_found_again)
{
	uint8_t place;

	for (size_t size = 0; size <= SHELF_PAYLOAD_MAX; size++) {
		for (size_t i = 0; i < size; i++)
			in[i] = (uint8_t)(i * 7 + size);
		CHECK(shelf_put(&shelf, in, size, &place));
		memset(out, 0, sizeof(out));
		shelf_look(&shelf, place, size, out);
		CHECK(memcmp(in, out, size) == 0);
		shelf_drop(&shelf, place, size);
	}
	CHECK_INT(shelf.free_count, shelf.there);
	CHECK(!shelf_put(&shelf, in, SHELF_PAYLOAD_MAX + 1, &place));
	shelf_free(&shelf);
}

TEST(memory_is_taken_for_what_lies_there_and_stays)
{
	uint8_t place, other;

	CHECK(shelf_put(&shelf, in, 160, &place));
	CHECK(shelf_put(&shelf, in, 160, &other));
	CHECK_INT(shelf.there, SHELF_BOARD);
	shelf_drop(&shelf, place, 160);
	CHECK(shelf_put(&shelf, in, SHELF_PAYLOAD_MAX, &place));
	CHECK_INT(shelf.there, 2 * SHELF_BOARD);
	shelf_clear(&shelf);
	CHECK_INT(shelf.there, 2 * SHELF_BOARD);
	CHECK_INT(shelf.free_count, 2 * SHELF_BOARD);
	shelf_free(&shelf);
	CHECK_INT(shelf.there, 0);
}

TEST(a_full_shelf_refuses_and_is_not_harmed)
{
	uint8_t places[SHELF_BLOCKS], more;

	shelf_clear(&shelf);
	for (unsigned i = 0; i < SHELF_BLOCKS; i++) {
		in[0] = (uint8_t)i;
		CHECK(shelf_put(&shelf, in, 1, &places[i]));
	}
	CHECK(!shelf_put(&shelf, in, 0, &more));
	for (unsigned i = 0; i < SHELF_BLOCKS; i += 2)
		shelf_drop(&shelf, places[i], 1);
	CHECK(shelf_put(&shelf, in, 9 * SHELF_BLOCK_BYTES, &more));
	CHECK_INT(shelf.free_count, SHELF_BLOCKS / 2 - 9);
	for (unsigned i = 1; i < SHELF_BLOCKS; i += 2) {
		shelf_look(&shelf, places[i], 1, out);
		CHECK_INT(out[0], i);
	}
	shelf_free(&shelf);
}

TEST_MAIN()
