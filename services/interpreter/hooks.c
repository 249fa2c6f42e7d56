/*
 * hooks.c - status callbacks of a leg: who asked for which events, and their
 * numbers. callbackd delivers them; what is sent is decided here.
 */
#include "services/interpreter/params.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>

void hook_fire(struct call *call, struct leg *leg, enum hook_event event)
{
	struct hooks *hooks = leg->hooks;
	if (!hooks || !(hooks->events & 1U << event))
		return;
	struct post *post = proto_new(&post_message);
	/* The leg's CallSid and the number name a delivery for ever. */
	id_derive("HK", leg->sid, hooks->sent, post->hook);
	(void)str_copy(post->leg, sizeof(post->leg), leg->sid);
	proto_set_long(&post->url, hooks->url);
	post->method = hooks->method;
	post->sequence = hooks->sent;
	(void)str_copy(post->event, sizeof(post->event),
		       verbs_hook_words[event]);
	params_of_hook(call, leg, event, post);
	hooks->sent++;
	say(call, &post_message, post, "any");
}

/* The last one, unless something is waited for, which ends by a guard. */
static void fire_last(struct call *call, struct leg *leg)
{
	struct hooks *hooks = leg->hooks;
	if (!hooks || !hooks->due)
		return;
	bool records = leg->tape && leg->tape->state < TAPE_DONE;
	bool waits = hooks->measures || records;
	if (waits && hooks->events & 1U << HOOK_COMPLETED)
		return;
	hook_fire(call, leg, HOOK_COMPLETED);
	free(hooks->url);
	free(hooks);
	leg->hooks = NULL;
	free(leg->stats);
	leg->stats = NULL;
}

void hook_completed(struct call *call, struct leg *leg)
{
	bool open = leg->media == MEDIA_OPEN || leg->media == MEDIA_CLOSING;
	if (!leg->hooks)
		return;
	leg->hooks->due = true;
	leg->hooks->measures =
		leg->answered && open && call->dialect->tells_quality;
	fire_last(call, leg);
}

void hook_measured(struct call *call, struct leg *leg,
		   const struct leg_stats *stats)
{
	if (!leg->hooks)
		return;
	if (stats && call->dialect->tells_quality) {
		if (!leg->stats) /* told when the leg is gone */
			leg->stats = mem_new(1, sizeof(*leg->stats));
		*leg->stats = *stats;
	}
	leg->hooks->measures = false;
	fire_last(call, leg);
}

void hooks_taped(struct call *call, const struct tape *tape)
{
	for (struct leg *leg = call->root; leg; leg = leg->next) {
		if (leg->tape == tape)
			fire_last(call, leg);
	}
}

void hooks_measure(struct call *call)
{
	bool waits = false, talks = false;
	for (const struct leg *leg = call->root; leg; leg = leg->next) {
		waits |= leg->hooks && leg->hooks->measures &&
			 leg->media == MEDIA_OPEN;
		talks |= leg->state < LEG_CANCELING;
	}
	/* Where nobody talks any more, all is closed by one message. */
	if (waits)
		media_close(call, talks ? CLOSE_GONE : CLOSE_ALL);
}
