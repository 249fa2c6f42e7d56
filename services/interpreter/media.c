/*
 * media.c - the session's legs at mediad: opened together, bridged, given
 * tones, closed together, and stated again when mediad comes back without
 * memory.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define RESTORE_LEGS_MAX 4 /* of leg_open */
#define CLOSE_LEGS_MAX 16  /* of leg_close */

static const char *mediad(const struct call *call)
{
	return call->mediad[0] ? call->mediad : "any";
}

void media_open(struct call *call, struct leg *caller, struct leg *callee)
{
	struct leg_open *open = proto_new(&leg_open_message);
	if (caller->media == MEDIA_NONE) {
		struct leg_media *media = &open->legs[open->legs_count++];
		(void)str_copy(media->leg, sizeof(media->leg), caller->sid);
		media->role = LEG_ROLE_ANSWER;
		proto_set_long(&media->remote, caller->remote_sdp);
		caller->media = MEDIA_OPENING;
	}
	if (!callee->plan->target.error) {
		struct leg_media *media = &open->legs[open->legs_count++];
		(void)str_copy(media->leg, sizeof(media->leg), callee->sid);
		media->role = LEG_ROLE_OFFER;
		(void)str_copy(media->codecs, sizeof(media->codecs),
			       callee->plan->codecs);
		callee->media = MEDIA_OPENING;
	}
	leg_timer_set(call, callee, TIMER_MEDIA, GUARD_MEDIA_MS);
	ask(call, callee, &leg_open_message, open, mediad(call));
}

void media_bridge(struct call *call, struct leg *caller, struct leg *callee)
{
	struct bridge *bridge = proto_new(&bridge_message);
	(void)str_copy(bridge->a, sizeof(bridge->a), caller->sid);
	(void)str_copy(bridge->b, sizeof(bridge->b), callee->sid);
	(void)str_copy(bridge->answer_leg, sizeof(bridge->answer_leg),
		       callee->sid);
	proto_set_long(&bridge->answer, callee->remote_sdp);
	caller->tone = TONE_NONE; /* the bridge ends it */
	settle(call, caller, &tone_message);
	leg_timer_set(call, callee, TIMER_MEDIA, GUARD_MEDIA_MS);
	ask(call, callee, &bridge_message, bridge, mediad(call));
}

void media_tone(struct call *call, struct leg *leg, enum tone_kind kind)
{
	if (leg->media != MEDIA_OPEN)
		return;
	struct tone *tone = proto_new(&tone_message);
	(void)str_copy(tone->leg, sizeof(tone->leg), leg->sid);
	tone->kind = (int)kind;
	leg->tone = kind == TONE_SILENCE ? TONE_NONE : kind;
	ask(call, leg, &tone_message, tone, mediad(call));
}

void media_close(struct call *call, struct leg *only)
{
	struct leg_close *close = proto_new(&leg_close_message);
	struct leg *first = NULL;
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if (leg->media != MEDIA_OPEN || (only && leg != only) ||
		    close->legs_count == CLOSE_LEGS_MAX)
			continue;
		struct leg_name *name = &close->legs[close->legs_count++];
		(void)str_copy(name->leg, sizeof(name->leg), leg->sid);
		leg->media = MEDIA_CLOSING;
		leg_timer_set(call, leg, TIMER_MEDIA, GUARD_MEDIA_MS);
		first = first ? first : leg;
	}
	if (first)
		ask(call, first, &leg_close_message, close, mediad(call));
	else
		proto_free(&leg_close_message, close);
}

static void restore_leg(const struct leg *leg, struct leg_open *open)
{
	struct leg_media *media = &open->legs[open->legs_count++];
	(void)str_copy(media->leg, sizeof(media->leg), leg->sid);
	media->role = LEG_ROLE_RESTORE;
	proto_set_long(&media->local, leg->local_sdp);
	/* A callee's answer that no bridge has confirmed is sent with it. */
	if (leg->inbound || leg->bridged)
		proto_set_long(&media->remote, leg->remote_sdp);
	if (leg->bridged) {
		(void)str_copy(open->bridge_a, sizeof(open->bridge_a),
			       leg->parent->sid);
		(void)str_copy(open->bridge_b, sizeof(open->bridge_b),
			       leg->sid);
	}
	if (leg->tone != TONE_NONE) {
		(void)str_copy(open->tone_leg, sizeof(open->tone_leg),
			       leg->sid);
		open->tone = (int)leg->tone;
	}
}

void media_restore(struct call *call)
{
	struct leg_open *open = proto_new(&leg_open_message);
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if (leg->media == MEDIA_OPEN && leg->state != LEG_GONE &&
		    open->legs_count < RESTORE_LEGS_MAX)
			restore_leg(leg, open);
	}
	if (open->legs_count)
		ask(call, call->root, &leg_open_message, open, mediad(call));
	else
		proto_free(&leg_open_message, open);
}

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
	} else if (leg->media == MEDIA_LOST) {
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

/*
 * The legs of a Dial have been opened (it is not a session restored): nothing
 * is awaited any more. Returns the first leg that mediad left out, or NULL.
 */
static struct leg *settle_opened(struct call *call)
{
	struct leg *left_out = NULL;
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if (leg->parent && is_pending(call, leg, &leg_open_message)) {
			settle(call, leg, &leg_open_message);
			leg_timer_stop(leg, TIMER_MEDIA);
		}
		if (leg->media != MEDIA_OPENING)
			continue;
		leg->media = MEDIA_LOST;
		left_out = left_out ? left_out : leg;
	}
	return left_out;
}

void on_leg_opened(struct call *call, const void *event)
{
	const struct leg_opened *opened = event;
	const struct leg_sdp *refused = NULL;
	struct leg *callee =
		call->root->runner ? call->root->runner->callee : NULL;
	bool awaited = false;
	if (call->mediad[0] && strcmp(call->mediad, opened->mediad) != 0) {
		close_stray(call, opened);
		return;
	}
	(void)str_copy(call->mediad, sizeof(call->mediad), opened->mediad);
	(void)str_copy(call->mediad_seen.boot, sizeof(call->mediad_seen.boot),
		       opened->boot);
	for (uint32_t i = 0; i < opened->legs_count; i++) {
		const struct leg_sdp *made = &opened->legs[i];
		struct leg *leg = call_leg(call, made->leg);
		if (!leg || !take_sdp(call, leg, made))
			continue;
		awaited = true;
		if (!refused && (made->error || !made->sdp))
			refused = made;
	}
	if (!awaited) {
		settle(call, call->root, &leg_open_message);
		return;
	}
	const struct leg *left_out = settle_opened(call);
	struct leg_sdp nothing;
	if (left_out && !refused) {
		nothing = no_media(left_out, "mediad left the leg out");
		refused = &nothing;
	}
	if (callee)
		dial_media(call, callee, refused);
}

void on_bridged(struct call *call, const void *event)
{
	const struct bridged *bridged = event;
	struct leg *callee = call_leg(call, bridged->b);
	if (!callee || !is_pending(call, callee, &bridge_message))
		return;
	settle(call, callee, &bridge_message);
	leg_timer_stop(callee, TIMER_MEDIA);
	callee->bridged = !bridged->error;
	if (!bridged->error)
		return;
	note(call, callee, NOTE_ERROR, (int)bridged->error, NULL, "%s",
	     bridged->error_text[0] ? bridged->error_text
				    : proto_error((int)bridged->error)->advice);
	callee->error = (int)bridged->error;
	leg_end(call, callee, CALL_FAILED);
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
static void forget(struct call *call, struct leg *leg)
{
	leg->media = MEDIA_NONE;
	leg_timer_stop(leg, TIMER_MEDIA);
	settle(call, leg, &leg_close_message);
	proto_set_long(&leg->local_sdp, NULL);
	proto_set_long(&leg->remote_sdp, NULL);
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
			forget(call, leg);
	}
}

static void not_opened(struct call *call, struct leg *callee)
{
	const struct leg *first = settle_opened(call);
	struct leg_sdp refused =
		no_media(first ? first : callee,
			 "no mediad opened the leg's media in time");
	dial_media(call, callee, &refused);
}

void media_timer(struct call *call, struct leg *leg)
{
	if (leg->media == MEDIA_CLOSING) {
		forget(call, leg);
	} else if (is_pending(call, leg, &leg_open_message)) {
		not_opened(call, leg);
	} else if (is_pending(call, leg, &bridge_message)) {
		settle(call, leg, &bridge_message);
		note(call, leg, NOTE_ERROR, ERR_MEDIA_UNKNOWN, NULL,
		     "mediad did not connect the legs in time");
		leg->error = ERR_MEDIA_UNKNOWN;
		leg_end(call, leg, CALL_FAILED);
	}
}
