/*
 * list.h - intrusive doubly linked list: the link lives in the element.
 *
 * Contract: a head is initialised with list_init; an element is in at most one
 * list by one link; a link that was removed may be removed again. Ownership of
 * elements stays with whoever put them in. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

#define list_of(link, type, member)                                            \
	((type *)(void *)((char *)(link)-offsetof(type, member)))
/* The current element may be removed inside the loop. */
#define list_each(link, head)                                                  \
	for (struct list *link = (head)->next, *link##_next = link->next;      \
	     link != (head); link = link##_next, link##_next = link->next)

static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_add_tail(struct list *head, struct list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

static inline void list_remove(struct list *link)
{
	if (!link->next)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}
