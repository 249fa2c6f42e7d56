/*
 * thread_test.c - threads that really run.
 */
#include "lib/runtime/thread.h"

#include "lib/test/test.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static struct lock *lock;
static int count;
static bool signals_blocked = true;

static void add_up(void *owner)
{
	sigset_t blocked;

	(void)owner;
	for (int i = 0; i < 100000; i++) {
		lock_take(lock);
		count++;
		lock_give(lock);
	}
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	lock_take(lock);
	signals_blocked &= sigismember(&blocked, SIGTERM) == 1;
	lock_give(lock);
}

TEST(a_lock_keeps_threads_apart_and_their_end_is_waited_for)
{
	struct thread *threads[4];

	lock = lock_new();
	for (int i = 0; i < 4; i++)
		threads[i] = thread_new("adder", add_up, NULL);
	for (int i = 0; i < 4; i++)
		CHECK(thread_free(threads[i]) == NULL);
	CHECK_INT(count, 400000);
	CHECK(signals_blocked);
	lock_free(lock);
	CHECK(thread_free(NULL) == NULL);
	CHECK(thread_cores() >= 1);
}

TEST_MAIN()
