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

#define OPEN_LEGS_MAX 12  /* of leg_open */
#define CLOSE_LEGS_MAX 16 /* of leg_close */

static const char *mediad(const struct call *call)
{
	return call->mediad[0] ? call->mediad : "any";
}

static void say_secure(const struct leg *leg, struct leg_media *media)
{
	media->secure = (int)leg->secure;
	media->tls = leg->tls;
}

/* The leg is told to mediad for the first time. */
static void add_leg(struct leg_open *open, struct leg *leg, enum leg_role role)
{
	struct leg_media *media = &open->legs[open->legs_count++];
	(void)str_copy(media->leg, sizeof(media->leg), leg->sid);
	media->role = (int)role;
	say_secure(leg, media);
	if (role == LEG_ROLE_ANSWER) {
		proto_set_long(&media->remote, leg->remote_sdp);
		(void)str_copy(media->source, sizeof(media->source),
			       leg->source_ip);
	} else {
		(void)str_copy(media->codecs, sizeof(media->codecs),
			       leg->plan->codecs);
		media->video = leg->plan->video;
		if (leg->plan->target.suites)
			(void)str_copy(media->suites, sizeof(media->suites),
				       leg->plan->target.suites);
	}
	leg->media = MEDIA_OPENING;
}

static void ask_to_open(struct call *call, struct leg *asker,
			struct leg_open *open)
{
	leg_timer_set(call, asker, TIMER_MEDIA, GUARD_MEDIA_MS);
	ask(call, asker, &leg_open_message, open, mediad(call));
}

bool media_have(struct call *call, struct leg *leg)
{
	if (leg->media == MEDIA_OPEN || !leg->inbound) {
		if (leg->state == LEG_NEW)
			leg_answer(call, leg);
		return true;
	}
	struct leg_open *open = proto_new(&leg_open_message);
	leg->runner->opens = true;
	add_leg(open, leg, LEG_ROLE_ANSWER);
	ask_to_open(call, leg, open);
	return false;
}

static bool opens(const struct leg *callee)
{
	return callee->state == LEG_NEW && callee->media == MEDIA_NONE &&
	       callee->plan && !callee->plan->target.error;
}

void media_open(struct call *call, struct leg *caller)
{
	struct leg_open *open = proto_new(&leg_open_message);
	struct leg *asker = NULL;
	bool video = false;
	/* Opening: for a Dial that was left. Said twice, it is the same. */
	if (caller->media <= MEDIA_OPENING && caller->inbound)
		add_leg(open, caller, LEG_ROLE_ANSWER);
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg)) {
		if (leg->state == LEG_NEW && !asker)
			asker = leg;
		if (opens(leg) && open->legs_count < OPEN_LEGS_MAX) {
			video = video || leg->plan->video;
			add_leg(open, leg, LEG_ROLE_OFFER);
		}
	}
	/* The caller's answer has pictures if any callee may see them. */
	if (open->legs_count && open->legs[0].role == LEG_ROLE_ANSWER)
		open->legs[0].video = video;
	ask_to_open(call, asker, open);
}

void media_open_root(struct call *call)
{
	struct leg_open *open = proto_new(&leg_open_message);
	add_leg(open, call->root, LEG_ROLE_OFFER);
	ask_to_open(call, call->root, open);
}

static struct bridge *new_bridge(const struct leg *caller,
				 const struct leg *callee)
{
	struct bridge *bridge = proto_new(&bridge_message);
	(void)str_copy(bridge->a, sizeof(bridge->a), caller->sid);
	(void)str_copy(bridge->b, sizeof(bridge->b), callee->sid);
	return bridge;
}

void media_bridge(struct call *call, struct leg *caller, struct leg *callee)
{
	struct bridge *bridge = new_bridge(caller, callee);
	if (!callee->answer_told) {
		(void)str_copy(bridge->answer_leg, sizeof(bridge->answer_leg),
			       callee->sid);
		proto_set_long(&bridge->answer, callee->remote_sdp);
	}
	leg_timer_set(call, callee, TIMER_MEDIA, GUARD_MEDIA_MS);
	ask(call, callee, &bridge_message, bridge, mediad(call));
}

/* No guard: if it fails, the caller hears ringing, or the answer. */
void media_bridge_early(struct call *call, struct leg *caller,
			struct leg *callee)
{
	struct bridge *bridge = new_bridge(caller, callee);
	bridge->early = true;
	(void)str_copy(bridge->answer_leg, sizeof(bridge->answer_leg),
		       callee->sid);
	proto_set_long(&bridge->answer, callee->remote_sdp);
	caller->tone = TONE_NONE;
	settle(call, caller, &tone_message);
	ask(call, callee, &bridge_message, bridge, mediad(call));
}

void media_part(struct call *call, struct leg *caller, struct leg *callee)
{
	struct bridge *bridge = new_bridge(caller, callee);
	bridge->apart = true;
	leg_timer_stop(callee, TIMER_MEDIA);
	ask(call, callee, &bridge_message, bridge, mediad(call));
}

static void name_change(const struct leg *leg, char change_out[ID_BYTES])
{
	id_derive("ME", leg->sid, 0, change_out);
}

void media_answer(struct call *call, struct leg *leg)
{
	struct leg_change *change = proto_new(&leg_change_message);
	(void)str_copy(change->leg, sizeof(change->leg), leg->sid);
	name_change(leg, change->change);
	proto_set_long(&change->answer, leg->remote_sdp);
	ask(call, leg, &leg_change_message, change, mediad(call));
}

void on_answer_told(struct call *call, const void *event)
{
	const struct leg_changed *changed = event;
	struct leg *leg = call_leg(call, changed->leg);
	char ours[ID_BYTES];
	if (!leg || !is_pending(call, leg, &leg_change_message))
		return;
	name_change(leg, ours);
	if (strcmp(changed->change, ours) != 0)
		return;
	settle(call, leg, &leg_change_message);
	leg->answer_told = !changed->error;
	if (!changed->error)
		return;
	dial_unconnected(call, leg, (int)changed->error, changed->error_text);
}

/* Whose ringback: as the Dial that runs says, or the default's. */
static void choose_ring(struct leg *leg)
{
	const struct runner *runner = leg->runner;
	const char *country =
		runner && runner->document && runner->verb != NODE_NONE
			? verbs_ring_tone(runner->document, runner->verb)
			: NULL;
	(void)str_copy(leg->ring, sizeof(leg->ring), country ? country : "");
}

void media_tone(struct call *call, struct leg *leg, enum tone_kind kind)
{
	if (leg->media != MEDIA_OPEN)
		return;
	struct tone *tone = proto_new(&tone_message);
	(void)str_copy(tone->leg, sizeof(tone->leg), leg->sid);
	tone->kind = (int)kind;
	if (kind == TONE_RINGBACK) {
		choose_ring(leg);
		(void)str_copy(tone->country, sizeof(tone->country), leg->ring);
	}
	leg->tone = kind == TONE_SILENCE ? TONE_NONE : kind;
	ask(call, leg, &tone_message, tone, mediad(call));
}

void media_close(struct call *call, enum close_which which)
{
	struct leg_close *close = proto_new(&leg_close_message);
	struct leg *first = NULL;
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if (leg->media != MEDIA_OPEN ||
		    (which == CLOSE_GONE && leg->state != LEG_GONE) ||
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

/* --- mediad came back without memory --- */

static bool is_restored(const struct leg *leg)
{
	return leg->media == MEDIA_OPEN && leg->state != LEG_GONE;
}

static void restore_leg(const struct leg *leg, struct leg_open *open)
{
	struct leg_media *media = &open->legs[open->legs_count++];
	(void)str_copy(media->leg, sizeof(media->leg), leg->sid);
	media->role = LEG_ROLE_RESTORE;
	say_secure(leg, media);
	proto_set_long(&media->local, leg->local_sdp);
	(void)str_copy(media->source, sizeof(media->source), leg->source_ip);
	(void)str_copy(media->keys, sizeof(media->keys), leg->media_keys);
	/* A callee's answer that no bridge has confirmed is sent with it. */
	if (leg->inbound || leg->met || leg->answer_told || leg->early)
		proto_set_long(&media->remote, leg->remote_sdp);
	if (leg->bridged || leg->early) {
		open->early = !leg->bridged;
		(void)str_copy(open->bridge_a, sizeof(open->bridge_a),
			       leg->parent->sid);
		(void)str_copy(open->bridge_b, sizeof(open->bridge_b),
			       leg->sid);
	}
	if (leg->tone != TONE_NONE) {
		(void)str_copy(open->tone_leg, sizeof(open->tone_leg),
			       leg->sid);
		open->tone = (int)leg->tone;
		(void)str_copy(open->tone_country, sizeof(open->tone_country),
			       leg->ring);
	}
}

void on_leg_keyed(struct call *call, const void *event)
{
	const struct leg_keyed *keyed = event;
	struct leg *leg = call_leg(call, keyed->leg);
	if (leg)
		proto_set_long(&leg->media_keys, keyed->keys);
}

static bool is_in_bridge(const struct call *call, const struct leg *leg)
{
	if (leg->bridged || leg->early)
		return true;
	for (const struct leg *other = call->root; other; other = other->next) {
		if ((other->bridged || other->early) && other->parent == leg)
			return true;
	}
	return false;
}

/* A message tells of one bridge, or of one tone: as many as there are. */
static void restore_bridge(struct call *call, struct leg *leg)
{
	struct leg_open *open = proto_new(&leg_open_message);
	if (is_restored(leg->parent))
		restore_leg(leg->parent, open);
	restore_leg(leg, open);
	ask(call, leg, &leg_open_message, open, mediad(call));
}

static struct leg *restore_some(struct call *call, struct leg *first)
{
	struct leg_open *open = proto_new(&leg_open_message);
	struct leg *leg = first;
	for (; leg && open->legs_count < OPEN_LEGS_MAX; leg = leg->next) {
		if (!is_restored(leg) || is_in_bridge(call, leg))
			continue;
		if (leg->tone != TONE_NONE && open->tone)
			break;
		restore_leg(leg, open);
	}
	if (open->legs_count)
		ask(call, first, &leg_open_message, open, mediad(call));
	else
		proto_free(&leg_open_message, open);
	return leg;
}

void media_restore(struct call *call)
{
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if ((leg->bridged || leg->early) && is_restored(leg))
			restore_bridge(call, leg);
	}
	struct leg *leg = call->root;
	while (leg)
		leg = restore_some(call, leg);
	tapes_restore(call);
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
