/*
 * spawn.h - starts a child of voxctl up: a program with an environment, that
 * never outlives voxctl.
 *
 * Contract: the child gets stdin from /dev/null, its stdout and stderr are
 * voxctl's stderr; it is killed by the kernel when voxctl dies, and does not
 * hear the terminal's Ctrl-C: voxctl says when to leave. Main thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SPAWN_VARIABLES_MAX 5

struct spawn {
	const char *path; /* of the program */
	const char *const *argv;
	struct {
		const char *name, *value;
	} variables[SPAWN_VARIABLES_MAX]; /* up to one without name */
	unsigned long timer_slack_ns;     /* prctl(2); 0: the system's */
};

/* Its pid, or -errno. */
int spawn_child(const struct spawn *spawn);
/* Where a program lies: beside this one, or on the PATH (and in the system's
 * sbin folders). False: nowhere. */
bool spawn_beside(const char *name, char *path_out, size_t size);
bool spawn_find(const char *name, char *path_out, size_t size);
