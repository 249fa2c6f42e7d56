/*
 * early.c - commands that come too early; see early.h.
 */
#include "services/sipgw/early.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/leg.h"
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

/* A caller's leg, which bears the call's own CallSid, may come again. */
static bool may_appear(struct sipgw *gw, const struct envelope *envelope,
		       const char *leg)
{
	return leg && clock_mono_ms() < gw->opened_ms + EARLY_COPY_MS &&
	       str_equal(leg, envelope->call_sid) && !leg_find(gw, leg);
}

bool early_hold(struct sipgw *gw, talk_fn *handler,
		const struct proto_message *desc,
		const struct envelope *envelope, const void *message,
		const char *leg)
{
	if (gw->open && !may_appear(gw, envelope, leg))
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

/* 'call_sid' NULL: all. What must wait longer is put aside anew, behind
 * them. */
static void release(struct sipgw *gw, const char *call_sid)
{
	unsigned count = gw->held_count;
	list_each (link, &gw->held) {
		struct held *held = list_of(link, struct held, link);
		if (!count--)
			return;
		if (call_sid && !str_equal(held->envelope.call_sid, call_sid))
			continue;
		held->handler(gw, &held->envelope, held->message);
		drop(gw, held);
	}
}

static void on_nobody_came(struct loop_timer *timer)
{
	release(timer->owner, NULL);
}

void early_release(struct sipgw *gw)
{
	gw->copies_end.due = on_nobody_came;
	gw->copies_end.owner = gw;
	loop_timer_start(gw->service->loop, &gw->copies_end, EARLY_COPY_MS);
	release(gw, NULL);
}

void early_appeared(struct sipgw *gw, const char *call_sid)
{
	if (gw->held_count)
		release(gw, call_sid);
}

void early_drop(struct sipgw *gw)
{
	loop_timer_stop(gw->service->loop, &gw->copies_end);
	list_each (link, &gw->held)
		drop(gw, list_of(link, struct held, link));
}
