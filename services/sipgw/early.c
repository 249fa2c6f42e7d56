/*
 * early.c - commands that come too early; see early.h.
 */
#include "services/sipgw/early.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/runtime/metrics.h"
#include "services/sipgw/sipgw.h"

#include <stdlib.h>

METRIC_COUNTER(overflown, "sip_early_dropped_total", "",
	       "Commands dropped because too many came before the start was "
	       "over.")

struct held {
	struct list link;
	talk_fn *handler;
	const struct proto_message *desc;
	struct envelope envelope;
	void *message;
};

bool early_hold(struct sipgw *gw, talk_fn *handler,
		const struct proto_message *desc,
		const struct envelope *envelope, const void *message)
{
	if (gw->open)
		return false;
	if (gw->held_count >= EARLY_MAX) {
		metric_add(&overflown, 1);
		log_warn(envelope->call_sid, ERR_OVERLOAD,
			 "%s dropped: the start is not over", desc->name);
		return true;
	}
	struct held *held = mem_new(1, sizeof(*held));
	held->handler = handler;
	held->desc = desc;
	held->envelope = *envelope;
	held->message = proto_new(desc);
	proto_copy(desc, message, held->message);
	list_add_tail(&gw->held, &held->link);
	gw->held_count++;
	return true;
}

static void drop(struct sipgw *gw, struct held *held)
{
	list_remove(&held->link);
	gw->held_count--;
	proto_free(held->desc, held->message);
	free(held);
}

void early_release(struct sipgw *gw)
{
	list_each (link, &gw->held) {
		struct held *held = list_of(link, struct held, link);
		held->handler(gw, &held->envelope, held->message);
		drop(gw, held);
	}
}

void early_drop(struct sipgw *gw)
{
	list_each (link, &gw->held)
		drop(gw, list_of(link, struct held, link));
}
