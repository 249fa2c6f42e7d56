/*
 * sparse_test.c - what is given back still reads as it did.
 */
#include "services/mediad/codec/sparse.h"

#include "lib/test/test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 8

TEST(pages_of_zeros_are_given_back_and_no_other_one)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), resident = 0;
	unsigned char there[PAGES];
	uint8_t *memory = aligned_alloc(page, PAGES * page);

	memset(memory, 0, PAGES * page);
	memory[0] = 1;
	memory[3 * page - 1] = 2;
	memory[5 * page + 7] = 3;
	sparse_trim(memory + 1, PAGES * page - 1); /* not from a page's edge */
	CHECK_INT(mincore(memory, PAGES * page, there), 0);
	for (size_t i = 0; i < PAGES; i++)
		resident += there[i] & 1;
	CHECK_INT(resident, 3);
	CHECK_INT(memory[0], 1);
	CHECK_INT(memory[3 * page - 1], 2);
	CHECK_INT(memory[5 * page + 7], 3);
	memory[5 * page + 7] = 0;
	for (size_t i = page; i < PAGES * page; i++)
		CHECK_INT(memory[i], i == 3 * page - 1 ? 2 : 0);
	free(memory);
}

TEST_MAIN()
