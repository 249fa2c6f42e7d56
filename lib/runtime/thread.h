/*
 * thread.h - further threads beside the loop's, and locks for the little that
 * they share.
 *
 * Contract: a thread begins with all signals blocked: they are the main
 * thread's. Who makes one tells it when to end (a loop of its own is stopped
 * through its inbox) and then joins it by thread_free. Locks are not recursive
 * and are held for a few instructions. A machine that gives no thread or lock
 * aborts the process: that happens at the start, if at all. Any thread.
 */
#pragma once

struct thread;
struct lock;

/* 'name' (15 characters at most) is what ps and top show. */
struct thread *thread_new(const char *name, void (*run)(void *owner),
			  void *owner);
/* Waits for its end. NULL is fine. Returns NULL. */
struct thread *thread_free(struct thread *thread);
/* Cores that this process may use, at least 1. */
unsigned thread_cores(void);
/* Lets others run first: for waits that end by themselves within moments. */
void thread_yield(void);

struct lock *lock_new(void);
struct lock *lock_free(struct lock *lock);
void lock_take(struct lock *lock);
void lock_give(struct lock *lock);
