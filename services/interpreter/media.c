/*
 * media.c - the session's legs at mediad: opened together, bridged, given
 * tones, closed together.
 */
#include "services/interpreter/media_private.h"

#include "lib/base/str.h"

const char *media_target(const struct call *call)
{
	return call->mediad[0] ? call->mediad : "any";
}

void media_secure(const struct leg *leg, struct leg_media *media)
{
	media->secure = (int)leg->secure;
	media->tls = leg->tls;
}

void media_change_name(const struct leg *leg, char change_out[ID_BYTES])
{
	id_derive("ME", leg->sid, 0, change_out);
}

/* The leg is told to mediad for the first time. */
static void add_leg(struct leg_open *open, struct leg *leg, enum leg_role role)
{
	struct leg_media *media = &open->legs[open->legs_count++];
	(void)str_copy(media->leg, sizeof(media->leg), leg->sid);
	media->role = (int)role;
	media_secure(leg, media);
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
	ask(call, asker, &leg_open_message, open, media_target(call));
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
	ask(call, callee, &bridge_message, bridge, media_target(call));
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
	ask(call, callee, &bridge_message, bridge, media_target(call));
}

void media_part(struct call *call, struct leg *caller, struct leg *callee)
{
	struct bridge *bridge = new_bridge(caller, callee);
	bridge->apart = true;
	leg_timer_stop(callee, TIMER_MEDIA);
	ask(call, callee, &bridge_message, bridge, media_target(call));
}

void media_answer(struct call *call, struct leg *leg)
{
	struct leg_change *change = proto_new(&leg_change_message);
	(void)str_copy(change->leg, sizeof(change->leg), leg->sid);
	media_change_name(leg, change->change);
	proto_set_long(&change->answer, leg->remote_sdp);
	ask(call, leg, &leg_change_message, change, media_target(call));
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
	ask(call, leg, &tone_message, tone, media_target(call));
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
		ask(call, first, &leg_close_message, close, media_target(call));
	else
		proto_free(&leg_close_message, close);
}
