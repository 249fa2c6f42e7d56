/*
 * media_heard.c - what mediad says of the session's legs, and who of the call
 * is told; nothing at all, too.
 */
#include "services/interpreter/media_private.h"

#include "lib/base/str.h"

#include <string.h>

/* A leg_open that was said twice was heard by two: the second one closes. */
static void close_stray(struct call *call, const struct leg_opened *opened)
{
	struct leg_close *close = proto_new(&leg_close_message);
	for (uint32_t i = 0; i < opened->legs_count; i++)
		(void)str_copy(close->legs[close->legs_count++].leg,
			       sizeof(close->legs[0].leg), opened->legs[i].leg);
	say(call, &leg_close_message, close, opened->mediad);
}

/* True if the leg was waited for. */
static bool take_sdp(struct call *call, struct leg *leg,
		     const struct leg_sdp *made)
{
	bool awaited = leg->media == MEDIA_OPENING;
	bool refused = made->error || !made->sdp;
	if (awaited) {
		leg->media = refused ? MEDIA_NONE : MEDIA_OPEN;
		if (!refused)
			proto_set_long(&leg->local_sdp, made->sdp);
	} else if (leg->media <= MEDIA_LOST) { /* to be closed, once gone */
		leg->media = refused ? MEDIA_NONE : MEDIA_OPEN;
	} else if (leg->media == MEDIA_OPEN && refused) {
		note(call, leg, NOTE_ERROR,
		     made->error ? (int)made->error : ERR_MEDIA_UNKNOWN, NULL,
		     "the leg's media could not be restored: %s",
		     made->error_text);
		leg->error = (int)made->error;
		leg_end(call, leg, CALL_COMPLETED);
	}
	return awaited;
}

/* What says that a leg has no media. */
static struct leg_sdp no_media(const struct leg *leg, const char *why)
{
	struct leg_sdp refused = {.error = ERR_MEDIA_UNKNOWN, .status = 503};
	(void)str_copy(refused.leg, sizeof(refused.leg), leg->sid);
	(void)str_copy(refused.error_text, sizeof(refused.error_text), why);
	return refused;
}

static bool names(const struct leg_open *open, const char *leg)
{
	for (uint32_t i = 0; i < open->legs_count; i++) {
		if (strcmp(open->legs[i].leg, leg) == 0)
			return true;
	}
	return false;
}

static bool is_answer_to(const struct leg_opened *opened,
			 const struct leg_open *open)
{
	if (opened->legs_count != open->legs_count)
		return false;
	for (uint32_t i = 0; i < opened->legs_count; i++) {
		if (!names(open, opened->legs[i].leg))
			return false;
	}
	return true;
}

/*
 * Whose leg_open this answers; NULL: nobody's that waits. 'whole': all of its
 * legs are told of. Of a restored session there may be two such.
 */
static struct leg *asker_of(struct call *call, const struct leg_opened *opened,
			    bool whole)
{
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		const struct leg_open *open =
			pending_message(call, leg, &leg_open_message);
		if (!open || !opened->legs_count)
			continue;
		if (whole ? is_answer_to(opened, open)
			  : names(open, opened->legs[0].leg))
			return leg;
	}
	return NULL;
}

static void tell_root(struct call *call, const struct leg_sdp *refused)
{
	struct leg *root = call->root;
	if (root->state != LEG_NEW)
		return;
	if (!refused) {
		leg_dial(call, root);
		return;
	}
	note(call, root, NOTE_ERROR, (int)refused->error, NULL, "%s",
	     refused->error_text);
	root->error = call->error = (int)refused->error;
	leg_gone(call, root, CALL_FAILED);
}

/* How one leg fared that was awaited. */
static void tell_leg(struct call *call, struct leg *leg,
		     const struct leg_sdp *refused)
{
	if (leg->parent && leg->dial)
		dial_media(call, leg, refused);
	else if (!leg->inbound)
		tell_root(call, refused);
	else if (leg->runner && leg->runner->opens)
		runner_media(call, leg, refused);
	else if (refused)
		dial_refused(call, leg, refused);
}

/* What was awaited and has not come, will not. */
static void tell_left_out(struct call *call, const struct leg_open *open,
			  const char *why)
{
	for (uint32_t i = 0; i < open->legs_count; i++) {
		struct leg *leg = call_leg(call, open->legs[i].leg);
		if (!leg || leg->media != MEDIA_OPENING)
			continue;
		struct leg_sdp refused = no_media(leg, why);
		leg->media = MEDIA_LOST;
		tell_leg(call, leg, &refused);
	}
}

/* The asker's command is over, and so is the Dial if nobody is left of it. */
static void settle_opened(struct call *call, struct leg *asker, const char *why)
{
	struct leg_open *open = proto_new(&leg_open_message);
	proto_copy(&leg_open_message,
		   pending_message(call, asker, &leg_open_message), open);
	bool restored =
		open->legs_count && open->legs[0].role == LEG_ROLE_RESTORE;
	settle(call, asker, &leg_open_message);
	if (!restored) {
		if (asker->media != MEDIA_CLOSING)
			leg_timer_stop(asker, TIMER_MEDIA);
		tell_left_out(call, open, why);
		if (asker->parent)
			dial_opened(call, asker->parent);
	}
	proto_free(&leg_open_message, open);
}

void on_leg_opened(struct call *call, const void *event)
{
	const struct leg_opened *opened = event;
	if (call->mediad[0] && strcmp(call->mediad, opened->mediad) != 0) {
		close_stray(call, opened);
		return;
	}
	(void)str_copy(call->mediad, sizeof(call->mediad), opened->mediad);
	(void)str_copy(call->mediad_seen.boot, sizeof(call->mediad_seen.boot),
		       opened->boot);
	bool awaited[OPEN_LEGS_MAX] = {false};
	for (uint32_t i = 0; i < opened->legs_count; i++) {
		struct leg *leg = call_leg(call, opened->legs[i].leg);
		awaited[i] = leg && take_sdp(call, leg, &opened->legs[i]);
	}
	for (uint32_t i = 0; i < opened->legs_count; i++) {
		const struct leg_sdp *made = &opened->legs[i];
		if (awaited[i])
			tell_leg(call, call_leg(call, made->leg),
				 made->error || !made->sdp ? made : NULL);
	}
	const char *why = "mediad left the leg out";
	struct leg *asker = asker_of(call, opened, true);
	if (!asker)
		asker = asker_of(call, opened, false);
	while (asker) {
		settle_opened(call, asker, why);
		asker = asker_of(call, opened, true);
	}
}

void on_bridged(struct call *call, const void *event)
{
	const struct bridged *bridged = event;
	struct leg *callee = call_leg(call, bridged->b);
	if (!callee || !is_pending(call, callee, &bridge_message))
		return;
	const struct bridge *asked =
		pending_message(call, callee, &bridge_message);
	bool apart = asked->apart;
	bool early = asked->early;
	if (early != bridged->early)
		return; /* the outcome of one that was replaced */
	settle(call, callee, &bridge_message);
	if (apart)
		return;
	if (early) {
		if (bridged->error)
			early_refused(call, callee, (int)bridged->error,
				      bridged->error_text);
		return;
	}
	leg_timer_stop(callee, TIMER_MEDIA);
	callee->early = false;
	if (bridged->error) {
		dial_unconnected(call, callee, (int)bridged->error,
				 bridged->error_text);
		return;
	}
	callee->bridged = true;
	settle(call, callee->parent, &tone_message);
	callee->parent->tone = TONE_NONE; /* the bridge has ended it */
	if (!callee->met) {
		callee->met = true;
		dial_connected(call, callee);
	}
}

void on_answer_told(struct call *call, const void *event)
{
	const struct leg_changed *changed = event;
	struct leg *leg = call_leg(call, changed->leg);
	char ours[ID_BYTES];
	if (!leg || !is_pending(call, leg, &leg_change_message))
		return;
	media_change_name(leg, ours);
	if (strcmp(changed->change, ours) != 0)
		return;
	settle(call, leg, &leg_change_message);
	leg->answer_told = !changed->error;
	if (!changed->error)
		return;
	dial_unconnected(call, leg, (int)changed->error, changed->error_text);
}

void on_leg_keyed(struct call *call, const void *event)
{
	const struct leg_keyed *keyed = event;
	struct leg *leg = call_leg(call, keyed->leg);
	if (leg)
		proto_set_long(&leg->media_keys, keyed->keys);
}

void on_tone_changed(struct call *call, const void *event)
{
	const struct tone_changed *changed = event;
	struct leg *leg = call_leg(call, changed->leg);
	bool rings = changed->kind == TONE_RINGBACK;
	if (!leg || rings != (leg->tone == TONE_RINGBACK) ||
	    !is_pending(call, leg, &tone_message))
		return;
	settle(call, leg, &tone_message);
	if (changed->error)
		note(call, leg, NOTE_WARNING, (int)changed->error, NULL,
		     "the tone could not be played: %s",
		     proto_error((int)changed->error)->name);
}

/* The media is gone, and with it what it took to be restored. */
static void forget(struct call *call, struct leg *leg,
		   const struct leg_stats *stats)
{
	leg->media = MEDIA_NONE;
	leg_timer_stop(leg, TIMER_MEDIA);
	settle(call, leg, &leg_close_message);
	proto_set_long(&leg->local_sdp, NULL);
	proto_set_long(&leg->remote_sdp, NULL);
	hook_measured(call, leg, stats);
}

void on_leg_closed(struct call *call, const void *event)
{
	const struct leg_closed *closed = event;
	const char *slash = strchr(call->envelope->from, '/');
	if (slash && strcmp(slash + 1, call->mediad) != 0)
		return; /* a stray session's end */
	for (uint32_t i = 0; i < closed->legs_count; i++) {
		struct leg *leg = call_leg(call, closed->legs[i].leg);
		if (leg && leg->media == MEDIA_CLOSING)
			forget(call, leg, &closed->legs[i]);
	}
}

void media_timer(struct call *call, struct leg *leg)
{
	if (leg->media == MEDIA_CLOSING) {
		forget(call, leg, NULL);
	} else if (is_pending(call, leg, &leg_open_message)) {
		settle_opened(call, leg,
			      "no mediad opened the leg's media in time");
	} else if (is_pending(call, leg, &bridge_message)) {
		settle(call, leg, &bridge_message);
		dial_unconnected(call, leg, ERR_MEDIA_UNKNOWN,
				 "mediad did not connect the legs in time");
	}
}
