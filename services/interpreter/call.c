/*
 * call.c - a call's memory, its timers, and what the shell asks of it; see
 * step.h and call.h.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

static const char *const timer_names[] = {
#define TIMER(constant, name, doc) [constant] = name,
#include "services/interpreter/timers.def"
#undef TIMER
};

struct call *call_new(void)
{
	struct call *call = mem_new(1, sizeof(*call));
	list_init(&call->pendings);
	list_init(&call->tapes);
	return call;
}

void call_set_dialect(struct call *call, int name, struct dialect_limits limits)
{
	call->rules = dialect_limited((enum dialect_name)name, limits);
	call->dialect = &call->rules;
}

void runner_free(struct leg *leg)
{
	if (leg->runner) {
		document_free(leg->runner->document);
		fetch_forget(leg->runner);
		free(leg->runner->url);
		free(leg->runner);
	}
	leg->runner = NULL;
}

void plan_free(struct leg *leg)
{
	if (leg->plan) {
		target_clear(&leg->plan->target);
		free(leg->plan->username);
		free(leg->plan->password);
		free(leg->plan);
	}
	leg->plan = NULL;
}

void first_free(struct leg *leg)
{
	if (leg->first) {
		free(leg->first->url);
		free(leg->first->body);
		free(leg->first);
	}
	leg->first = NULL;
}

static void leg_free(struct leg *leg)
{
	runner_free(leg);
	plan_free(leg);
	first_free(leg);
	reoffer_free(leg);
	refer_free(leg);
	leg_drop_headers(leg);
	if (leg->hooks)
		free(leg->hooks->url);
	free(leg->hooks);
	free(leg->from);
	free(leg->to);
	free(leg->sip_call_id);
	free(leg->source_ip);
	free(leg->phrase);
	free(leg->their_reason);
	free(leg->stats);
	free(leg->cookies);
	fallback_free(leg);
	free(leg->media_keys);
	free(leg->local_sdp);
	free(leg->remote_sdp);
	free(leg);
}

struct call *call_free(struct call *call)
{
	if (call) {
		while (call->root) {
			struct leg *leg = call->root;
			call->root = leg->next;
			leg_free(leg);
		}
		pendings_free(call);
		tapes_free(call);
		free(call->api_url);
		free(call->caller_user);
		free(call->caller_name);
		free(call->to_host);
		free(call);
	}
	return NULL;
}

struct leg *call_leg(struct call *call, const char *sid)
{
	struct leg *leg = call->root;
	while (leg && strcmp(leg->sid, sid) != 0)
		leg = leg->next;
	return leg;
}

struct leg *call_add_leg(struct call *call, struct leg *parent, const char *sid)
{
	struct leg **end = &call->root;
	if (call->leg_count == CALL_LEGS_MAX)
		return NULL;
	while (*end)
		end = &(*end)->next;
	struct leg *leg = mem_new(1, sizeof(*leg));
	*end = leg;
	leg->parent = parent;
	leg->number = call->leg_count++;
	leg->started = call->now;
	(void)str_copy(leg->sid, sizeof(leg->sid), sid);
	return leg;
}

void leg_timer_set(struct call *call, struct leg *leg, enum timer_kind kind,
		   int64_t after_ms)
{
	leg->timers[kind] = call->now + after_ms;
}

void leg_timer_stop(struct leg *leg, enum timer_kind kind)
{
	leg->timers[kind] = 0;
}

bool call_next_timer(const struct call *call, char *name_out,
		     int64_t *due_ms_out)
{
	int64_t earliest = 0;
	for (const struct leg *leg = call->root; leg; leg = leg->next) {
		for (int kind = 0; kind < TIMER_KINDS; kind++) {
			int64_t due = leg->timers[kind];
			if (!due || (earliest && due >= earliest))
				continue;
			earliest = due;
			(void)str_format(name_out, CALL_TIMER_BYTES, "%s.%u",
					 timer_names[kind], leg->number);
		}
	}
	if (!earliest || call->closed)
		return false;
	*due_ms_out = earliest;
	return true;
}

struct leg *call_timer_leg(struct call *call, const char *name,
			   enum timer_kind *kind_out)
{
	const char *dot = strchr(name, '.');
	int64_t number;
	if (!dot || !str_number(dot + 1, 0, CALL_LEGS_MAX, &number))
		return NULL;
	int kind = 0;
	while (kind < TIMER_KINDS &&
	       (strlen(timer_names[kind]) != (size_t)(dot - name) ||
		strncmp(timer_names[kind], name, (size_t)(dot - name)) != 0))
		kind++;
	struct leg *leg = call->root;
	while (leg && leg->number != (unsigned)number)
		leg = leg->next;
	*kind_out = (enum timer_kind)kind;
	return kind < TIMER_KINDS ? leg : NULL;
}

bool call_can_begin(const struct proto_message *desc)
{
	return desc == &incoming_message || desc == &call_start_message;
}

bool call_begun(const struct call *call)
{
	return call->root != NULL;
}

bool call_over(const struct call *call)
{
	return call->closed;
}

const char *call_sid(const struct call *call)
{
	return call->sid;
}

const char *call_account(const struct call *call)
{
	return call->account;
}

int64_t call_first_time(const struct call *call)
{
	return call->first_time;
}

uint64_t call_first_sequence(const struct call *call)
{
	return call->first_sequence;
}

uint64_t call_last_sequence(const struct call *call)
{
	return call->last_sequence;
}

static bool waits_for(const struct call *call, const char *service,
		      const char *instance)
{
	list_each (link, &call->pendings) {
		struct pending *pending = list_of(link, struct pending, link);
		if (strcmp(pending->desc->to, service) == 0 &&
		    (strcmp(pending->target, instance) == 0 ||
		     strcmp(pending->target, "any") == 0))
			return true;
	}
	return false;
}

static bool has_media(const struct call *call)
{
	for (const struct leg *leg = call->root; leg; leg = leg->next) {
		if (leg->media != MEDIA_NONE)
			return true;
	}
	return false;
}

bool call_uses(const struct call *call, const char *service,
	       const char *instance, struct call_seen *seen_out)
{
	static const struct call_seen nothing;
	bool gateway = strcmp(service, "sipgw") == 0;
	bool mediad = strcmp(service, "mediad") == 0;
	bool mine = (gateway && strcmp(call->gateway, instance) == 0) ||
		    (mediad && strcmp(call->mediad, instance) == 0);
	*seen_out = !mine     ? nothing
		    : gateway ? call->gateway_seen
			      : call->mediad_seen;
	if (call->closed || !(gateway || mediad))
		return false;
	if (waits_for(call, service, instance))
		return true;
	return mine && (gateway ? call_live_legs(call) > 0 : has_media(call));
}

enum call_status call_root_status(const struct call *call)
{
	return call->root ? call->root->status : CALL_STATUS_NONE;
}

unsigned call_live_legs(const struct call *call)
{
	unsigned live = 0;
	for (const struct leg *leg = call->root; leg; leg = leg->next)
		live += leg->state != LEG_GONE;
	return live;
}
