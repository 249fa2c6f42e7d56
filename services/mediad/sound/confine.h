/*
 * confine.h - a process that gives up all it does not need (seccomp).
 *
 * Contract: from then on this process may read and write what it has open,
 * allocate memory and end; every other system call fails with EPERM. For good.
 * Single-threaded processes only.
 */
#pragma once

#include <stdbool.h>

/* False: the kernel refused; the process should end. A kernel or machine that
 * knows no seccomp is no reason to refuse: then it is true. */
bool confine_self(void);
