/*
 * inbox.c - the only door through which other threads reach a loop; see
 * inbox.h.
 *
 * A mutex around a list, and an eventfd that wakes the loop. The loop takes the
 * whole list at once, so that the mutex is held for a few instructions.
 */
#include "lib/runtime/inbox.h"

#include "lib/base/mem.h"
#include "lib/runtime/loop.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct inbox {
	struct loop_watch watch;
	pthread_mutex_t mutex;
	struct list items; /* guarded by the mutex, like 'count' */
	size_t count;
	size_t items_max;
	inbox_fn *arrived;
	inbox_fn *dropped;
	void *owner;
};

/* Moves everything that waits into 'taken'. */
static void take_all(struct inbox *inbox, struct list *taken)
{
	list_init(taken);
	pthread_mutex_lock(&inbox->mutex);
	if (!list_empty(&inbox->items)) {
		*taken = inbox->items;
		taken->next->prev = taken->prev->next = taken;
		list_init(&inbox->items);
	}
	inbox->count = 0;
	pthread_mutex_unlock(&inbox->mutex);
}

static void hand_over(struct list *taken, inbox_fn *to, void *owner)
{
	while (!list_empty(taken)) {
		struct list *link = taken->next;
		list_remove(link);
		to(owner, list_of(link, struct inbox_item, link));
	}
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
	struct inbox *inbox = watch->owner;
	uint64_t wakes;
	struct list taken;
	(void)events;
	if (read(watch->fd, &wakes, sizeof(wakes)) != sizeof(wakes))
		return;
	take_all(inbox, &taken);
	hand_over(&taken, inbox->arrived, inbox->owner);
}

struct inbox *inbox_new(struct loop *loop, size_t items_max, inbox_fn *arrived,
			inbox_fn *dropped, void *owner)
{
	struct inbox *inbox = mem_new(1, sizeof(*inbox));
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0 || pthread_mutex_init(&inbox->mutex, NULL))
		abort(); /* made at the start only: no descriptor left */
	list_init(&inbox->items);
	inbox->items_max = items_max;
	inbox->arrived = arrived;
	inbox->dropped = dropped;
	inbox->owner = owner;
	inbox->watch = (struct loop_watch){
		.fd = fd, .ready = on_ready, .owner = inbox};
	loop_watch_start(loop, &inbox->watch, EPOLLIN);
	return inbox;
}

struct inbox *inbox_free(struct inbox *inbox)
{
	struct list taken;
	if (inbox) {
		loop_watch_stop(&inbox->watch);
		take_all(inbox, &taken);
		hand_over(&taken, inbox->dropped, inbox->owner);
		close(inbox->watch.fd);
		pthread_mutex_destroy(&inbox->mutex);
		free(inbox);
	}
	return NULL;
}

bool inbox_put(struct inbox *inbox, struct inbox_item *item)
{
	pthread_mutex_lock(&inbox->mutex);
	bool taken = inbox->count < inbox->items_max;
	bool was_empty = inbox->count == 0;
	if (taken) {
		list_add_tail(&inbox->items, &item->link);
		inbox->count++;
		/* Inside the mutex: the inbox cannot be freed meanwhile by a
		 * loop that saw the item. */
		uint64_t one = 1;
		ssize_t size =
			was_empty ? write(inbox->watch.fd, &one, sizeof(one))
				  : 0;
		(void)size; /* only fails when the counter is full: awake */
	}
	pthread_mutex_unlock(&inbox->mutex);
	return taken;
}

size_t inbox_count(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->mutex);
	size_t count = inbox->count;
	pthread_mutex_unlock(&inbox->mutex);
	return count;
}
