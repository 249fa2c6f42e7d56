/*
 * leg.c - a SIP leg: its state, its limits, its end; see leg.h.
 */
#include "services/sipgw/leg.h"

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "services/sipgw/accounts.h"
#include "services/sipgw/auth.h"
#include "services/sipgw/caller.h"
#include "services/sipgw/dialog.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/outbound.h"
#include "services/sipgw/sipgw.h"
#include "services/sipgw/sofia.h"
#include "services/sipgw/store.h"

#include <assert.h>
#include <stdlib.h>

METRIC_GAUGE(live_in, "sip_legs", "direction=\"inbound\"",
	     "SIP legs that are not over.")
METRIC_GAUGE(live_out, "sip_legs", "direction=\"outbound\"",
	     "SIP legs that are not over.")
METRIC_COUNTER(total_in, "sip_legs_total", "direction=\"inbound\"",
	       "SIP legs ever made.")
METRIC_COUNTER(total_out, "sip_legs_total", "direction=\"outbound\"",
	       "SIP legs ever made.")
METRIC_COUNTER(expired_total, "sip_legs_expired_total", "",
	       "SIP legs whose state ran into its limit.")

struct state {
	const char *word;
	unsigned next;
	int64_t limit_ms;
	void (*expired)(struct leg *leg);
};

#define TO(constant) | 1U << constant
#define NONE
static const struct state states[LEG_STATES] = {
#define STATE(constant, word, next, limit_ms, expired, doc)                    \
	[constant] = {word, 0U next, limit_ms, expired},
#include "services/sipgw/leg_states.def"
#undef STATE
};

static void limit_due(struct loop_timer *timer)
{
	struct leg *leg = timer->owner;
	if (leg->state != LEG_OVER) {
		metric_add(&expired_total, 1);
		log_warn(leg->root, 0, "leg %s: %s for too long", leg->id,
			 leg_word(leg));
	}
	states[leg->state].expired(leg);
}

struct leg *leg_new(struct sipgw *gw, const char *id, const char *root,
		    const char *account_sid, bool inbound)
{
	struct leg *leg = mem_new(1, sizeof(*leg));
	leg->gw = gw;
	leg->inbound = inbound;
	leg->limit = (struct loop_timer){.due = limit_due, .owner = leg};
	str_copy(leg->id, sizeof(leg->id), id);
	str_copy(leg->root, sizeof(leg->root), root);
	str_copy(leg->account_sid, sizeof(leg->account_sid), account_sid);
	session_init(leg);
	offer_init(leg);
	assert(!map_get(gw->legs, id));
	map_put(gw->legs, id, leg);
	gw->live++;
	metric_add(inbound ? &total_in : &total_out, 1);
	metric_add(inbound ? &live_in : &live_out, 1);
	return leg;
}

struct leg *leg_find(struct sipgw *gw, const char *id)
{
	return map_get(gw->legs, id);
}

const struct account_config *leg_account(const struct leg *leg)
{
	return accounts_find(leg->gw->accounts,
			     *leg->account_sid ? leg->account_sid
					       : leg->gw->service->account_sid);
}

const char *leg_word(const struct leg *leg)
{
	return states[leg->state].word;
}

bool leg_is_over(const struct leg *leg)
{
	return leg->state == LEG_OVER;
}

void leg_enter(struct leg *leg, enum leg_state state)
{
	struct loop *loop = leg->gw->service->loop;
	assert(states[leg->state].next & 1U << state);
	log_debug(leg->root, "leg %s: %s, was %s", leg->id, states[state].word,
		  leg_word(leg));
	if (leg->state == LEG_OFFERED)
		leg->gw->waiting--;
	if (state == LEG_OFFERED)
		leg->gw->waiting++;
	leg->state = state;
	loop_timer_stop(loop, &leg->limit);
	loop_timer_stop(loop, &leg->record);
	loop_timer_stop(loop, &leg->patience);
	if (states[state].limit_ms)
		loop_timer_start(loop, &leg->limit, states[state].limit_ms);
}

static void free_text(char **text)
{
	free(*text);
	*text = NULL;
}

/* Everything but the outcome. Transactions that still run finish inside nta. */
static void release(struct leg *leg)
{
	session_release(leg);
	offer_release(leg);
	refer_release(leg);
	nta_outgoing_destroy(leg->bye);
	nta_outgoing_destroy(leg->invite_out);
	nta_incoming_destroy(leg->invite_in);
	nta_leg_destroy(leg->dialog);
	leg->bye = leg->invite_out = NULL;
	leg->invite_in = NULL;
	leg->dialog = NULL;
	outbound_release(leg);
	limits_leave(leg);
	leg->auth = auth_free(leg->auth);
	free_text(&leg->credentials);
	free_text(&leg->lines);
	free_text(&leg->call_id);
	free_text(&leg->local_uri);
	free_text(&leg->remote_uri);
	free_text(&leg->target);
	free_text(&leg->sdp);
	free_text(&leg->outline);
}

void leg_over(struct leg *leg)
{
	release(leg);
	store_delete(leg);
	leg_enter(leg, LEG_OVER);
	leg->gw->live--;
	metric_add(leg->inbound ? &live_in : &live_out, -1);
}

static void free_leg(struct leg *leg)
{
	loop_timer_stop(leg->gw->service->loop, &leg->limit);
	loop_timer_stop(leg->gw->service->loop, &leg->record);
	if (leg->said_message)
		proto_free(leg->said, leg->said_message);
	for (uint32_t i = 0; i < leg->end_header_count; i++)
		free(leg->end_headers[i].value);
	free(leg->end_headers);
	free(leg);
}

void leg_forget(struct leg *leg)
{
	assert(leg->state == LEG_OVER);
	map_remove(leg->gw->legs, leg->id);
	free_leg(leg);
}

void leg_drop_all(struct sipgw *gw)
{
	size_t cursor = 0;
	const char *id;
	void *value;
	while (map_next(gw->legs, &cursor, &id, &value)) {
		struct leg *leg = value;
		map_remove(gw->legs, id);
		/* nta's own objects have gone with the agent. */
		leg->bye = leg->invite_out = NULL;
		leg->invite_in = NULL;
		leg->dialog = NULL;
		leg->session.request = NULL;
		leg->offer.request = NULL;
		refer_forget(leg);
		release(leg);
		free_leg(leg);
	}
}
