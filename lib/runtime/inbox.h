/*
 * inbox.h - the only door through which other threads reach a loop.
 *
 * Contract: inbox_put may be called on any thread and gives the item away; the
 * loop's thread gets it in the order of putting. The inbox is bounded: when it
 * is full, inbox_put returns false and the item stays the caller's (who drops
 * and counts it, or waits). Freeing hands what is left to 'dropped'.
 */
#pragma once

#include "lib/base/list.h"

#include <stdbool.h>
#include <stddef.h>

struct inbox;
struct loop;

/* Embedded in what is put. */
struct inbox_item {
	struct list link;
};

typedef void inbox_fn(void *owner, struct inbox_item *item);

struct inbox *inbox_new(struct loop *loop, size_t items_max, inbox_fn *arrived,
			inbox_fn *dropped, void *owner);
struct inbox *inbox_free(struct inbox *inbox);
bool inbox_put(struct inbox *inbox, struct inbox_item *item);
size_t inbox_count(struct inbox *inbox);
