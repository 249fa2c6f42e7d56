/*
 * ring_test.c - samples between two threads.
 */
#include "services/mediad/record/ring.h"

#include "lib/runtime/thread.h"
#include "lib/test/test.h"

#define MANY 200000

TEST(what_is_put_is_taken_in_order_and_once)
{
	struct ring *ring = ring_new(1000, 64);
	int16_t in[3] = {1, 2, 3}, out[8];

	CHECK_INT(ring_take(ring, out, 8), 0);
	CHECK(ring_put(ring, in, 3));
	CHECK(ring_put(ring, in, 2));
	CHECK_INT(ring_take(ring, out, 4), 4);
	CHECK_INT(out[2], 3);
	CHECK_INT(out[3], 1);
	CHECK_INT(ring_take(ring, out, 4), 1);
	CHECK_INT(out[0], 2);
	ring_free(ring);
}

TEST(what_does_not_fit_is_refused_whole)
{
	struct ring *ring = ring_new(1024, 100);
	int16_t block[1000] = {0}, out[1];

	CHECK(ring_put(ring, block, 1000));
	CHECK(!ring_put(ring, block, 25));
	CHECK(ring_put(ring, block, 24));
	CHECK_INT(ring_take(ring, out, 1), 1);
	CHECK(!ring_put(ring, block, 2));
	ring_free(ring);
}

TEST(memory_is_that_of_what_waits)
{
	struct ring *ring = ring_new(100000, 10);
	int16_t row[25] = {0}, out[25];
	const struct ring_block *block;

	for (int16_t i = 0; i < 1000; i++) {
		row[24] = i;
		CHECK(ring_put(ring, row, 25));
		CHECK_INT(ring_take(ring, out, 25), 25);
		CHECK_INT(out[24], i);
	}
	block = ring->out;
	CHECK(block == ring->in ||
	      (atomic_load(&block->next) == ring->in && ring->taken == 10));
	ring_free(ring);
}

static void put_many(void *context)
{
	struct ring *ring = context;

	for (int i = 0; i < MANY;) {
		int16_t two[2] = {(int16_t)i, (int16_t)(i + 1)};

		if (ring_put(ring, two, 2))
			i += 2;
	}
}

TEST(two_threads_do_not_disturb_each_other)
{
	struct ring *ring = ring_new(1024, 100);
	int16_t out[100];
	struct thread *putter;
	int got = 0, wrong = 0;

	putter = thread_new("putter", put_many, ring);
	while (got < MANY) {
		size_t count = ring_take(ring, out, 100);

		for (size_t i = 0; i < count; i++)
			wrong += out[i] != (int16_t)(got + (int)i);
		got += (int)count;
	}
	thread_free(putter);
	CHECK_INT(wrong, 0);
	ring_free(ring);
}

TEST_MAIN()
