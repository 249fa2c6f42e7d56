/*
 * step.c - one event happens to a call; see step.h. Dispatch, and what is true
 * after every event: a call of which nothing is left is closed.
 */
#include "services/interpreter/call.h"

#include "lib/base/str.h"

static const struct {
	const struct proto_message *desc;
	void (*heard)(struct call *call, const void *event);
} routes[] = {
	{&fetched_message, on_fetched},
	{&leg_opened_message, on_leg_opened},
	{&confirmed_message, on_confirmed},
	{&ringing_message, on_ringing},
	{&tone_changed_message, on_tone_changed},
	{&answered_message, on_answered},
	{&bridged_message, on_bridged},
	{&ended_message, on_ended},
	{&failed_message, on_failed},
	{&leg_closed_message, on_leg_closed},
	{&leg_changed_message, on_answer_told},
	{&leg_changed_message, on_leg_changed},
	{&reoffered_message, on_reoffered},
	{&reconfirmed_message, on_reconfirmed},
	{&played_message, on_played},
	{&record_started_message, on_record_started},
	{&record_changed_message, on_record_changed},
	{&recording_done_message, on_recording_done},
	{&recording_stored_message, on_recording_stored},
	{&digit_message, on_digit},
	{&digit_info_message, on_digit_info},
	{&media_silent_message, on_media_silent},
	{&leg_keyed_message, on_leg_keyed},
	{&referred_message, on_referred},
	{&fetched_message, on_refer_fetched},
	{&notified_message, on_notified},
	{&timer_fired_message, on_timer_fired},
	{&instance_restarted_message, on_instance_restarted},
	{&restored_message, on_restored},
	{&incoming_message, on_incoming},
	{&call_start_message, on_call_start},
	{&call_change_message, on_call_change},
	{&record_wish_message, on_record_wish},
};

static void tell_leg(const struct leg *leg, struct leg_outcome *outcome)
{
	(void)str_copy(outcome->leg, sizeof(outcome->leg), leg->sid);
	(void)str_copy(outcome->from, sizeof(outcome->from), leg->from);
	proto_set_long(&outcome->to, leg->to);
	(void)str_copy(outcome->direction, sizeof(outcome->direction),
		       leg_direction(leg));
	outcome->status = (int)leg->status;
	outcome->started = leg->started;
	outcome->answered = leg->answered;
	outcome->ended = leg->ended;
	outcome->sip_status = leg->sip_status;
	(void)str_copy(outcome->sip_phrase, sizeof(outcome->sip_phrase),
		       leg->phrase);
	(void)str_copy(outcome->sip_call_id, sizeof(outcome->sip_call_id),
		       leg->sip_call_id);
	outcome->ended_by = (int)leg->by;
	(void)str_copy(outcome->parent, sizeof(outcome->parent),
		       leg->parent ? leg->parent->sid : "");
	outcome->rang = leg->rang;
	(void)str_copy(outcome->end_reason, sizeof(outcome->end_reason),
		       leg->their_reason ? leg->their_reason
					 : end_reason_text(leg->why));
	outcome->error = leg->error;
}

static void close_call(struct call *call)
{
	struct call_closed *closed = proto_new(&call_closed_message);
	closed->status = (int)call->root->status;
	closed->error = call->error;
	for (const struct leg *leg = call->root; leg; leg = leg->next)
		tell_leg(leg, &closed->legs[closed->legs_count++]);
	pendings_free(call);
	call->closed = true;
	say(call, &call_closed_message, closed, "any");
}

/* Once nobody is on the line: media is given up, then the call is closed. */
static void tidy(struct call *call)
{
	bool busy = false;
	hooks_measure(call);
	if (call->closed || call_live_legs(call))
		return;
	media_close(call, CLOSE_ALL);
	for (const struct leg *leg = call->root; leg; leg = leg->next) {
		busy |= leg->media != MEDIA_NONE && leg->media != MEDIA_LOST;
		busy |= leg->runner && leg->runner->state == RUN_FETCHING;
	}
	if (!busy && !tapes_live(call))
		close_call(call);
}

void step(struct call *call, const struct envelope *envelope,
	  int64_t stream_time_ms, uint64_t sequence,
	  const struct proto_message *desc, const void *event,
	  struct commands *out)
{
	if (call->closed || (sequence && sequence <= call->last_sequence))
		return;
	call->last_sequence = sequence;
	call->said_before = call->said;
	call->now = stream_time_ms;
	call->envelope = envelope;
	call->out = out;
	if (!call->root && !call_can_begin(desc)) {
		orphan_step(call, desc, event);
		return;
	}
	if (!call->root)
		call->first_sequence = sequence;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (routes[i].desc == desc)
			routes[i].heard(call, event);
	}
	tidy(call);
}
