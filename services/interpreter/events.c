/*
 * events.c - what sipgw says about legs, and timers.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

/* Whoever waits for a leg that is gone goes on. */
static void tell(struct call *call, struct leg *leg)
{
	refer_leg_gone(call, leg);
	runner_leg_gone(call, leg);
	dial_leg_gone(call, leg);
}

static void note_error(struct call *call, struct leg *leg, int64_t error,
		       const char *text)
{
	if (!error)
		return;
	leg->error = (int)error;
	note(call, leg, NOTE_ERROR, (int)error, NULL, "%s",
	     *text ? text : proto_error((int)error)->advice);
}

static void keep_status(struct leg *leg, int64_t status, const char *phrase)
{
	leg->sip_status = (int)status;
	free(leg->phrase);
	leg->phrase = *phrase ? mem_copy_text(phrase) : NULL;
}

/* "192.0.2.7:5060", "[2001:db8::7]:5060": the address. */
static void keep_peer(struct leg *leg, const char *peer)
{
	const char *port = strrchr(peer, ':');
	bool brackets = peer[0] == '[';
	if (!port || port - peer < (brackets ? 2 : 1))
		return;
	free(leg->source_ip);
	leg->source_ip = mem_copy_bytes(peer + brackets,
					(size_t)(port - peer) - 2 * brackets);
}

/* It is up at sipgw, which was away for so long that the leg was given up. */
static bool comes_too_late(const struct leg *leg)
{
	return leg && leg->state == LEG_GONE && !leg->confirmed;
}

void on_confirmed(struct call *call, const void *event)
{
	const struct confirmed *confirmed = event;
	struct leg *leg = call_leg(call, confirmed->leg);
	if (comes_too_late(leg))
		leg_bye(call, leg);
	if (!leg || leg->state != LEG_ANSWERING)
		return;
	settle(call, leg, &answer_message);
	leg->sip_status = 200;
	leg_up(call, leg);
}

void on_ringing(struct call *call, const void *event)
{
	const struct ringing *ringing = event;
	struct leg *leg = call_leg(call, ringing->leg);
	bool first = leg && leg->state == LEG_DIALING;
	if (!first && !(leg && leg->state == LEG_RINGING))
		return;
	if (first) {
		keep_status(leg, ringing->status, ringing->phrase);
		leg_ring(call, leg);
	}
	bool heard = early_hear(call, leg, ringing->sdp);
	if (!first)
		return;
	if (!heard && dial_waits_for(leg) && leg->parent->state < LEG_CANCELING)
		dial_alert(call, leg->parent);
	hook_fire(call, leg, HOOK_RINGING);
}

static void connect(struct call *call, struct leg *leg)
{
	if (!leg->remote_sdp) {
		note_error(call, leg, ERR_MEDIA_SDP,
			   "the callee's 200 has no SDP: the leg is hung up");
		leg_end(call, leg, CALL_FAILED);
	} else if (leg->first && leg->parent) {
		dial_answered(call, leg);
		screen_start(call, leg);
	} else if (leg->parent) {
		dial_answered(call, leg);
		dial_accept(call, leg);
	} else {
		media_answer(call, leg);
		runner_start_first(call, leg);
	}
}

void on_answered(struct call *call, const void *event)
{
	const struct answered *answered = event;
	struct leg *leg = call_leg(call, answered->leg);
	if (comes_too_late(leg)) {
		leg_bye(call, leg);
		return;
	}
	if (leg && leg->state == LEG_CANCELING && !leg->inbound) {
		keep_status(leg, answered->status, answered->phrase);
		leg_bye(call, leg); /* it crossed our CANCEL: no ghost call */
		return;
	}
	if (!leg || leg->inbound ||
	    (leg->state != LEG_DIALING && leg->state != LEG_RINGING))
		return;
	settle(call, leg, &dial_message);
	keep_status(leg, answered->status, answered->phrase);
	if (call->dialect->headers_of_success || leg->first)
		leg_keep_headers(leg, answered->headers,
				 answered->headers_count);
	keep_peer(leg, answered->peer);
	if (answered->sdp) /* it may have come before the answer */
		proto_set_long(&leg->remote_sdp, answered->sdp);
	leg_up(call, leg);
	connect(call, leg);
	hook_fire(call, leg, HOOK_ANSWERED);
}

/* Its 200 crossed our CANCEL: the outcome is another, the answer stands. */
static bool has_accepted(const struct leg *leg)
{
	return leg->sip_status >= 200 && leg->sip_status < 300;
}

/* Our own giving up explains a 487; what else came tells more. */
static enum call_status outcome_of(const struct call *call,
				   const struct leg *leg,
				   const struct failed *failed)
{
	bool told = failed->status >= 300 && failed->status != 487;
	if (leg->ending_as == CALL_NO_ANSWER && told)
		return sip_outcome((int)failed->status, call->dialect);
	if (leg->ending_as)
		return leg->ending_as;
	return sip_outcome((int)failed->status, call->dialect);
}

void on_failed(struct call *call, const void *event)
{
	const struct failed *failed = event;
	struct leg *leg = call_leg(call, failed->leg);
	if (!leg || leg->inbound || leg->state == LEG_GONE ||
	    leg->state == LEG_NEW)
		return;
	if (!leg->answered && !has_accepted(leg)) {
		keep_status(leg, failed->status, failed->phrase);
		if (call->dialect->headers_of_failure)
			leg_keep_headers(leg, failed->headers,
					 failed->headers_count);
	}
	note_error(call, leg, failed->error, failed->error_text);
	leg->by = leg->state >= LEG_CANCELING ? LEG_END_LOCAL
		  : failed->error             ? LEG_END_ERROR
					      : LEG_END_REMOTE;
	leg_gone(call, leg,
		 leg->answered ? CALL_COMPLETED
			       : outcome_of(call, leg, failed));
	tell(call, leg);
}

static enum call_status end_of_caller(const struct leg *leg,
				      const struct ended *ended)
{
	bool remote = ended->by == LEG_END_REMOTE;
	if (ended->status == 487 || (leg->state == LEG_NEW && remote))
		return CALL_CANCELED;
	if (leg->state == LEG_ENDING)
		return leg->ending_as;
	if (leg->state == LEG_NEW || ended->error == ERR_SIP_NO_ACK)
		return CALL_FAILED;
	return CALL_COMPLETED;
}

static enum call_status end_of_callee(const struct leg *leg)
{
	if (leg->ending_as)
		return leg->ending_as;
	return leg->answered ? CALL_COMPLETED : CALL_FAILED;
}

void on_ended(struct call *call, const void *event)
{
	const struct ended *ended = event;
	struct leg *leg = call_leg(call, ended->leg);
	if (leg && leg->state == LEG_GONE)
		settle(call, leg, &hangup_message);
	if (!leg || leg->state == LEG_GONE ||
	    (!leg->inbound && leg->state == LEG_NEW))
		return;
	leg->by = (enum leg_end)ended->by;
	if (ended->error == ERR_SIP_SESSION)
		leg->why = END_EXPIRED;
	if (ended->by == LEG_END_REMOTE && ended->reason[0]) {
		free(leg->their_reason);
		leg->their_reason = mem_copy_text(ended->reason);
	}
	if (!leg->inbound && call->dialect->headers_of_end) {
		leg_keep_headers(leg, ended->headers, ended->headers_count);
		leg->end_told = true;
	}
	if (leg->inbound && ended->status)
		leg->sip_status = (int)ended->status;
	note_error(call, leg, ended->error, ended->error_text);
	if (leg->inbound && ended->error && !call->error)
		call->error = (int)ended->error;
	leg_gone(call, leg,
		 leg->inbound ? end_of_caller(leg, ended) : end_of_callee(leg));
	tell(call, leg);
}

/* --- timers --- */

static void ring_timer(struct call *call, struct leg *leg)
{
	leg_end_for(call, leg, CALL_NO_ANSWER, END_RING_TIME);
}

static void limit_timer(struct call *call, struct leg *leg)
{
	leg_end_for(call, leg, CALL_COMPLETED, END_TALK_TIME);
}

static void pause_timer(struct call *call, struct leg *leg)
{
	runner_next(call, leg);
}

static void life_timer(struct call *call, struct leg *leg)
{
	note(call, leg, NOTE_ERROR, ERR_LOOP, NULL,
	     "the call has lasted as long as a call may (%lld s): it is ended",
	     STEP_CALL_MAX_MS / 1000);
	leg_end_for(call, leg,
		    leg->state == LEG_NEW ? CALL_NO_ANSWER : CALL_COMPLETED,
		    END_LIFE);
}

/* No outcome of answer, reject, cancel or hangup: sipgw lost the leg. */
static void end_timer(struct call *call, struct leg *leg)
{
	note_error(call, leg, ERR_SIP_LOST,
		   "the SIP gateway did not report the leg's end in time");
	if (leg->state == LEG_ANSWERING) {
		settle(call, leg, &answer_message);
		leg_end(call, leg, CALL_FAILED);
		return;
	}
	leg->by = LEG_END_ERROR;
	leg_gone(call, leg, leg->ending_as);
	tell(call, leg);
}

static void alert_timer(struct call *call, struct leg *leg)
{
	if (leg->state == LEG_NEW)
		leg_alert(call, leg, leg->alerted_sdp);
}

static void (*const timers[])(struct call *call, struct leg *leg) = {
	[TIMER_RING] = ring_timer,   [TIMER_LIMIT] = limit_timer,
	[TIMER_PAUSE] = pause_timer, [TIMER_FETCH] = runner_timer,
	[TIMER_MEDIA] = media_timer, [TIMER_END] = end_timer,
	[TIMER_LIFE] = life_timer,   [TIMER_SCREEN] = screen_timer,
	[TIMER_ALERT] = alert_timer, [TIMER_CHANGE] = reoffer_timer,
	[TIMER_REFER] = refer_timer, [TIMER_KEYS] = verb_gather_timer,
	[TIMER_TAPE] = tape_timer,
};

void on_timer_fired(struct call *call, const void *event)
{
	const struct timer_fired *fired = event;
	enum timer_kind kind;
	struct leg *leg = call_timer_leg(call, fired->timer, &kind);
	if (!leg || !leg->timers[kind] || leg->timers[kind] != fired->due)
		return;
	leg_timer_stop(leg, kind);
	timers[kind](call, leg);
}
