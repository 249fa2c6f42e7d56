/*
 * thread.c - POSIX threads, the one place that makes them; see thread.h.
 */
#include "lib/runtime/thread.h"

#include "lib/base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

struct thread {
	pthread_t id;
	void (*run)(void *owner);
	void *owner;
};

struct lock {
	pthread_mutex_t mutex;
};

static void *begin(void *argument)
{
	struct thread *thread = argument;

	thread->run(thread->owner);
	return NULL;
}

struct thread *thread_new(const char *name, void (*run)(void *owner),
			  void *owner)
{
	struct thread *thread = mem_new(1, sizeof(*thread));
	sigset_t all, before;

	thread->run = run;
	thread->owner = owner;
	sigfillset(&all);
	/* Inherited by the new thread from its first instruction on. */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread->id, NULL, begin, thread))
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_setname_np(thread->id, name);
	return thread;
}

struct thread *thread_free(struct thread *thread)
{
	if (thread) {
		pthread_join(thread->id, NULL);
		free(thread);
	}
	return NULL;
}

unsigned thread_cores(void)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof(cores), &cores))
		return 1;
	return CPU_COUNT(&cores) > 0 ? (unsigned)CPU_COUNT(&cores) : 1;
}

void thread_yield(void)
{
	(void)sched_yield();
}

struct lock *lock_new(void)
{
	struct lock *lock = mem_new(1, sizeof(*lock));

	if (pthread_mutex_init(&lock->mutex, NULL))
		abort();
	return lock;
}

struct lock *lock_free(struct lock *lock)
{
	if (lock) {
		pthread_mutex_destroy(&lock->mutex);
		free(lock);
	}
	return NULL;
}

void lock_take(struct lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

void lock_give(struct lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}
