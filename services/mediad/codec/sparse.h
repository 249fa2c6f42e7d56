/*
 * sparse.h - states of codecs that are larger than what is used of them.
 *
 * Contract: sparse_trim gives back the pages of 'memory' that hold nothing but
 * zeros: they read as zeros all the same, and cost memory again once something
 * is written there. For memory of malloc's that is used at length. Any thread.
 */
#pragma once

#include <stddef.h>

void sparse_trim(void *memory, size_t size);
