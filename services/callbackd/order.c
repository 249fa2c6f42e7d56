/*
 * order.c - first attempts leave in the order of their numbers; see order.h.
 */
#include "services/callbackd/order.h"

#include "lib/base/map.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

struct lane {
	char key[ID_BYTES];
	struct list places; /* by number, lowest first */
};

struct order {
	struct map *by_key;
	order_fn *go;
};

struct order *order_new(order_fn *go)
{
	struct order *order = mem_new(1, sizeof(*order));
	order->by_key = map_new();
	order->go = go;
	return order;
}

struct order *order_free(struct order *order)
{
	size_t cursor = 0;
	void *lane;
	if (!order)
		return NULL;
	while (map_next(order->by_key, &cursor, NULL, &lane))
		free(lane);
	map_free(order->by_key);
	free(order);
	return NULL;
}

void order_key(const char *leg, const char *url, char *key_out)
{
	id_keyed("LN", "", leg, url, "", key_out);
}

static struct order_place *place_at(struct list *link)
{
	return list_of(link, struct order_place, link);
}

static void advance(struct order *order, struct lane *lane)
{
	struct order_place *head = place_at(lane->places.next);
	if (head->runs || head->doubts)
		return;
	head->runs = true;
	order->go(head);
}

static void insert(struct lane *lane, struct order_place *place)
{
	struct list *before = lane->places.prev;
	while (before != &lane->places &&
	       place_at(before)->sequence > place->sequence)
		before = before->prev;
	list_add_tail(before->next, &place->link);
}

void order_enter(struct order *order, const char *key,
		 struct order_place *place)
{
	struct lane *lane = map_get(order->by_key, key);
	if (!lane) {
		lane = mem_new(1, sizeof(*lane));
		memcpy(lane->key, key, strlen(key) + 1);
		list_init(&lane->places);
		map_put(order->by_key, key, lane);
	}
	place->lane = lane;
	place->runs = false;
	insert(lane, place);
	advance(order, lane);
}

void order_trust(struct order *order, struct order_place *place)
{
	if (!place->lane || !place->doubts)
		return;
	place->doubts--;
	advance(order, place->lane);
}

void order_leave(struct order *order, struct order_place *place)
{
	struct lane *lane = place->lane;
	if (!lane)
		return;
	place->lane = NULL;
	list_remove(&place->link);
	if (list_empty(&lane->places)) {
		map_remove(order->by_key, lane->key);
		free(lane);
		return;
	}
	struct order_place *head = place_at(lane->places.next);
	if (head->sequence == place->sequence + 1)
		head->doubts = 0; /* it was this one that could be missing */
	advance(order, lane);
}

bool order_has_earlier(const struct order *order, const char *key,
		       int64_t sequence)
{
	const struct lane *lane = map_get(order->by_key, key);
	return lane && place_at(lane->places.next)->sequence < sequence;
}
