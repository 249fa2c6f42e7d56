/*
 * inbox_test.c - items cross from many threads to one, in order and bounded.
 */
#include "lib/runtime/inbox.h"

#include "lib/base/mem.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define THREADS 4
#define EACH 5000

struct item {
	struct inbox_item item;
	unsigned thread, number;
};

static struct loop *loop;
static struct inbox *inbox;
static unsigned arrived, dropped, next[THREADS];

static void on_arrived(void *owner, struct inbox_item *put)
{
	struct item *item = list_of(put, struct item, item);
	(void)owner;
	CHECK_INT(item->number, next[item->thread]);
	next[item->thread]++;
	arrived++;
	free(item);
}

static void on_dropped(void *owner, struct inbox_item *put)
{
	(void)owner;
	dropped++;
	free(list_of(put, struct item, item));
}

static void start(size_t items_max)
{
	arrived = dropped = 0;
	for (unsigned i = 0; i < THREADS; i++)
		next[i] = 0;
	loop = loop_new();
	inbox = inbox_new(loop, items_max, on_arrived, on_dropped, NULL);
}

static void end(void)
{
	inbox = inbox_free(inbox);
	loop = loop_free(loop);
}

static bool put(unsigned thread, unsigned number)
{
	struct item *item = mem_new(1, sizeof(*item));
	item->thread = thread;
	item->number = number;
	if (inbox_put(inbox, &item->item))
		return true;
	free(item);
	return false;
}

TEST(an_inbox_refuses_one_more_than_its_limit)
{
	start(3);
	for (unsigned i = 0; i < 3; i++)
		CHECK(put(0, i));
	CHECK(!put(0, 3));
	CHECK_INT(inbox_count(inbox), 3);
	loop_turn(loop, 0);
	CHECK_INT(arrived, 3);
	CHECK_INT(inbox_count(inbox), 0);
	CHECK(put(0, 3));
	loop_turn(loop, 0);
	CHECK_INT(arrived, 4);
	end();
}

TEST(what_is_left_in_an_inbox_is_handed_back_when_it_is_freed)
{
	start(10);
	put(0, 0);
	put(0, 1);
	end();
	CHECK_INT(dropped, 2);
	CHECK_INT(arrived, 0);
}

static void *put_many(void *argument)
{
	const unsigned *thread = argument;
	for (unsigned i = 0; i < EACH; i++)
		while (!put(*thread, i))
			sched_yield();
	return NULL;
}

TEST(items_of_many_threads_arrive_each_in_the_order_of_its_thread)
{
	pthread_t threads[THREADS];
	unsigned numbers[THREADS];
	start(100);
	for (unsigned i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, put_many, &numbers[i]);
	}
	while (arrived < THREADS * EACH)
		loop_turn(loop, 1000);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(arrived, THREADS * EACH);
	end();
}

TEST_MAIN()
