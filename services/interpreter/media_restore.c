/*
 * media_restore.c - mediad came back without memory: the session's legs,
 * bridges and tones are stated again, as few messages as may be.
 */
#include "services/interpreter/media_private.h"

#include "lib/base/str.h"

static bool is_restored(const struct leg *leg)
{
	return leg->media == MEDIA_OPEN && leg->state != LEG_GONE;
}

static void restore_leg(const struct leg *leg, struct leg_open *open)
{
	struct leg_media *media = &open->legs[open->legs_count++];
	(void)str_copy(media->leg, sizeof(media->leg), leg->sid);
	media->role = LEG_ROLE_RESTORE;
	media_secure(leg, media);
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
	ask(call, leg, &leg_open_message, open, media_target(call));
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
		ask(call, first, &leg_open_message, open, media_target(call));
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
