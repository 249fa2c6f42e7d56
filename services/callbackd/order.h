/*
 * order.h - first attempts of one leg's webhooks to one URL leave one after the
 * other, in the order of their numbers.
 *
 * Contract: who is first in its lane, and without doubts, runs; the others wait
 * until it leaves. A doubt is a reason to believe that one with a lower number
 * is still to come from elsewhere. 'go' is called once for each place, inside
 * any of these functions. Places are embedded in what is ordered. Loop's
 * thread.
 */
#pragma once

#include "lib/base/id.h"
#include "lib/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct lane;
struct order;

struct order_place {
	struct list link;
	struct lane *lane; /* NULL: not entered */
	int64_t sequence;
	unsigned doubts; /* to be set before it enters */
	bool runs;
	void *owner;
};

typedef void order_fn(struct order_place *place);

struct order *order_new(order_fn *go);
struct order *order_free(struct order *order);
/* The lane's name: of a leg and a URL. 'key_out' has ID_BYTES. */
void order_key(const char *leg, const char *url, char *key_out);
void order_enter(struct order *order, const char *key,
		 struct order_place *place);
/* One doubt less. Harmless if there is none. */
void order_trust(struct order *order, struct order_place *place);
/* Its first attempt is over, or will not be made. Harmless if not entered. */
void order_leave(struct order *order, struct order_place *place);
/* Whether one with a lower number is there. */
bool order_has_earlier(const struct order *order, const char *key,
		       int64_t sequence);
