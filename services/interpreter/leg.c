/*
 * leg.c - what is done to a leg, and the only place where its state changes.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define IN(state) (1U << (state))
static const unsigned next_states[] = {
#define LEG_STATE(constant, word, next, doc) [constant] = next,
#include "services/interpreter/leg_states.def"
#undef LEG_STATE
};

static const struct {
	const char *header, *text;
} reasons[] = {
#define END_REASON(constant, header, text) [constant] = {header, text},
#include "services/interpreter/end_reasons.def"
#undef END_REASON
};

const char *end_reason_text(enum end_reason why)
{
	return reasons[why].text;
}

const char *leg_direction(const struct leg *leg)
{
	return leg->inbound  ? "inbound"
	       : leg->parent ? "outbound-dial"
			     : "outbound-api";
}

void leg_enter(struct leg *leg, enum leg_state state)
{
	assert(next_states[leg->state] & IN(state));
	leg->state = state;
}

void leg_answer(struct call *call, struct leg *leg)
{
	struct answer *answer = proto_new(&answer_message);
	(void)str_copy(answer->leg, sizeof(answer->leg), leg->sid);
	proto_set_long(&answer->sdp, leg->local_sdp);
	leg_enter(leg, LEG_ANSWERING);
	leg->status = CALL_IN_PROGRESS; /* whenever the ACK comes */
	leg->answered = call->now;
	leg_timer_stop(leg, TIMER_ALERT);
	leg_timer_set(call, leg, TIMER_END, GUARD_ANSWER_MS);
	ask(call, leg, &answer_message, answer, call->gateway);
}

void leg_alert(struct call *call, struct leg *leg, bool with_sdp)
{
	struct alerting *alerting = proto_new(&alerting_message);
	(void)str_copy(alerting->leg, sizeof(alerting->leg), leg->sid);
	alerting->status = with_sdp ? 183 : 180;
	leg->alerted_sdp = with_sdp;
	leg_timer_set(call, leg, TIMER_ALERT, ALERT_AGAIN_MS);
	if (with_sdp)
		proto_set_long(&alerting->sdp, leg->local_sdp);
	say(call, &alerting_message, alerting, call->gateway);
}

void leg_reject(struct call *call, struct leg *leg, int status,
		enum call_status means)
{
	if (leg->state != LEG_NEW) {
		leg_end(call, leg, CALL_COMPLETED);
		return;
	}
	struct reject *reject = proto_new(&reject_message);
	(void)str_copy(reject->leg, sizeof(reject->leg), leg->sid);
	reject->status = status;
	leg->ending_as = means;
	leg_enter(leg, LEG_ENDING);
	leg_timer_stop(leg, TIMER_ALERT);
	leg_timer_set(call, leg, TIMER_END, GUARD_END_MS);
	ask(call, leg, &reject_message, reject, call->gateway);
}

static void add_header(struct dial *dial, const char *prefix, const char *name,
		       const char *value)
{
	struct header *header = &dial->headers[dial->headers_count];
	if (!*value || !str_format(header->name, sizeof(header->name), "%s%s",
				   prefix, name))
		return;
	proto_set_long(&header->value, value);
	dial->headers_count++;
}

static void add_headers(const struct call *call, const struct leg *leg,
			struct dial *dial)
{
	const struct target *target = &leg->plan->target;
	const struct dialect *dialect = call->dialect;
	add_header(dial, dialect->header_prefix, "CallSid", leg->sid);
	add_header(dial, dialect->header_prefix, "AccountSid", call->account);
	add_header(dial, dialect->header_prefix, "ApiVersion",
		   dialect->api_version);
	dial->dialog_headers = dialect->ids_in_dialog ? dial->headers_count : 0;
	if (leg->parent)
		add_header(dial, dialect->header_prefix, "ParentCallSid",
			   leg->parent->sid);
	for (uint32_t i = 0; i < target->header_count; i++)
		add_header(dial, "", target->headers[i].name,
			   target->headers[i].value);
}

void leg_dial(struct call *call, struct leg *leg)
{
	const struct plan *plan = leg->plan;
	struct dial *dial = proto_new(&dial_message);
	(void)str_copy(dial->leg, sizeof(dial->leg), leg->sid);
	proto_set_long(&dial->uri, plan->target.uri);
	dial->transport = plan->target.transport;
	(void)str_copy(dial->from_user, sizeof(dial->from_user),
		       plan->from_user);
	(void)str_copy(dial->from_name, sizeof(dial->from_name),
		       plan->from_name);
	(void)str_copy(dial->sip_call_id, sizeof(dial->sip_call_id),
		       leg->sip_call_id);
	add_headers(call, leg, dial);
	proto_set_long(&dial->sdp, leg->local_sdp);
	(void)str_copy(dial->username, sizeof(dial->username), plan->username);
	(void)str_copy(dial->password, sizeof(dial->password), plan->password);
	dial->session_s = plan->session_s;
	dial->follow_redirects = true;
	dial->hops = call->hops;
	leg_enter(leg, LEG_DIALING);
	leg_timer_set(call, leg, TIMER_RING, plan->ring_ms);
	plan_free(leg);
	ask(call, leg, &dial_message, dial, call->gateway);
	hook_fire(call, leg, HOOK_INITIATED);
}

void leg_bye(struct call *call, struct leg *leg)
{
	struct hangup *hangup = proto_new(&hangup_message);
	(void)str_copy(hangup->leg, sizeof(hangup->leg), leg->sid);
	(void)str_copy(hangup->reason, sizeof(hangup->reason),
		       reasons[leg->why].header);
	ask(call, leg, &hangup_message, hangup, call->gateway);
}

static void cancel(struct call *call, struct leg *leg)
{
	struct cancel *message = proto_new(&cancel_message);
	(void)str_copy(message->leg, sizeof(message->leg), leg->sid);
	(void)str_copy(message->reason, sizeof(message->reason),
		       reasons[leg->why].header);
	ask(call, leg, &cancel_message, message, call->gateway);
}

void leg_end(struct call *call, struct leg *leg, enum call_status means)
{
	leg_end_for(call, leg, means, END_REASON_NONE);
}

/* What a leg that is ending waits for no more. */
static void stop_timers(struct leg *leg)
{
	static const enum timer_kind kinds[] = {
		TIMER_RING,   TIMER_LIMIT, TIMER_PAUSE,
		TIMER_SCREEN, TIMER_ALERT, TIMER_KEYS,
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		leg_timer_stop(leg, kinds[i]);
}

void leg_end_for(struct call *call, struct leg *leg, enum call_status means,
		 enum end_reason why)
{
	bool ringing = leg->state == LEG_DIALING || leg->state == LEG_RINGING;
	if (leg->state >= LEG_CANCELING)
		return; /* it is ending already */
	leg->why = why;
	if (!leg->inbound && leg->state == LEG_NEW) {
		leg->by = LEG_END_LOCAL;
		leg_gone(call, leg, means);
		return;
	}
	/* Who was talked to was not given up. */
	bool talked = leg->answered && means == CALL_CANCELED;
	leg->ending_as = talked ? CALL_COMPLETED : means;
	stop_timers(leg);
	leg_timer_set(call, leg, TIMER_END, GUARD_END_MS);
	leg_enter(leg, ringing ? LEG_CANCELING : LEG_ENDING);
	if (ringing)
		cancel(call, leg);
	else
		leg_bye(call, leg);
}

static const struct proto_message *const commands[] = {
	&answer_message, &reject_message,    &dial_message,
	&cancel_message, &hangup_message,    &reanswer_message,
	&notify_message, &bridge_message,    &tone_message,
	&play_message,   &play_stop_message, &leg_change_message,
};

void leg_gone(struct call *call, struct leg *leg, enum call_status status)
{
	leg_enter(leg, LEG_GONE);
	leg->status = status;
	leg->ended = call->now;
	leg->tone = TONE_NONE;
	leg->play[0] = '\0';
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		settle(call, leg, commands[i]);
	tapes_stop(call, leg);
	reoffer_free(leg);
	refer_gone(leg);
	leg_timer_stop(leg, TIMER_CHANGE);
	stop_timers(leg);
	leg_timer_stop(leg, TIMER_END);
	leg_timer_stop(leg, TIMER_LIFE);
	if (leg->media == MEDIA_OPEN)
		leg_timer_stop(leg, TIMER_MEDIA); /* a bridge was awaited */
	plan_free(leg);
	first_free(leg);
	leg->bridged = leg->early = false;
	hook_completed(call, leg);
}

void leg_ring(struct call *call, struct leg *leg)
{
	leg_enter(leg, LEG_RINGING);
	leg->status = CALL_RINGING;
	leg->rang = call->now;
}

void leg_up(struct call *call, struct leg *leg)
{
	leg_enter(leg, LEG_UP);
	leg->confirmed = true;
	leg->status = CALL_IN_PROGRESS;
	if (!leg->answered)
		leg->answered = call->now;
	leg_timer_stop(leg, TIMER_RING);
	leg_timer_stop(leg, TIMER_END);
}

void leg_keep_headers(struct leg *leg, const struct header *headers,
		      uint32_t count)
{
	leg_drop_headers(leg);
	if (count == 0)
		return;
	leg->headers = mem_new(count, sizeof(*headers));
	leg->header_count = count;
	for (uint32_t i = 0; i < count; i++)
		proto_copy(&header_message, &headers[i], &leg->headers[i]);
}

void leg_drop_headers(struct leg *leg)
{
	for (uint32_t i = 0; i < leg->header_count; i++)
		proto_clear(&header_message, &leg->headers[i]);
	free(leg->headers);
	leg->headers = NULL;
	leg->header_count = 0;
}

int64_t leg_seconds(const struct leg *leg)
{
	return leg->answered && leg->ended > leg->answered
		       ? (leg->ended - leg->answered + 500) / 1000
		       : 0;
}
