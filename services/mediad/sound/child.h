/*
 * child.h - a program that does one thing for us and ends: a decoder, a speech
 * engine.
 *
 * Why: they read what strangers wrote. In a process of their own they may
 * crash, hang or eat memory, and a call loses a prompt, not its sound.
 *
 * Contract: no shell; the environment is PATH, HOME and a language, nothing of
 * ours. What it writes is handed over as it comes, or collected in an anonymous
 * file. The shape and its words are borrowed for the start. It has its own
 * process group, which is killed when it took too long, wrote too much or has
 * ended. 'done' is called once unless the child is cancelled, and may not free
 * anything of the child's. Loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHILD_TEXT_BYTES 256

struct child;
struct loop;

struct child_end {
	bool good;        /* it ended with 0 */
	const char *text; /* otherwise: what was wrong */
	int file;         /* collected, at its beginning; whoever is told closes
			     it; -1 without 'collect' or if it is not good */
	int64_t bytes;
};

struct child_shape {
	const char *const *argv; /* [0] is looked for in PATH */
	const char *called;      /* in words about it; NULL: argv[0] */
	int input;               /* becomes its standard input; -1: none */
	bool collect;
	int64_t bytes_max;
	int64_t timeout_ms;
	/* Without 'collect'. False: no more is wanted, it is to end. */
	bool (*output)(void *owner, const char *data, size_t size);
	void (*done)(void *owner, const struct child_end *end);
	void *owner;
};

/* Never NULL: one that cannot be started tells so by 'done', later. */
struct child *child_start(struct loop *loop, const struct child_shape *shape);
/* Without calling back. NULL is fine. Returns NULL. */
struct child *child_cancel(struct child *child);
/* An anonymous file; -1, and errno. */
int child_file(const char *name);
