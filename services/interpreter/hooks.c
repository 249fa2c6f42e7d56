/*
 * hooks.c - status callbacks of a leg: who asked for which events, and their
 * numbers. callbackd delivers them; what is sent is decided here.
 */
#include "services/interpreter/params.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>

static void fire(struct call *call, struct leg *leg, enum hook_event event,
		 const struct leg_stats *stats)
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
	params_of_hook(call, leg, event, stats, post);
	hooks->sent++;
	say(call, &post_message, post, "any");
}

void hook_fire(struct call *call, struct leg *leg, enum hook_event event)
{
	fire(call, leg, event, NULL);
}

static void fire_last(struct call *call, struct leg *leg,
		      const struct leg_stats *stats)
{
	fire(call, leg, HOOK_COMPLETED, stats);
	if (leg->hooks)
		free(leg->hooks->url);
	free(leg->hooks);
	leg->hooks = NULL;
}

void hook_completed(struct call *call, struct leg *leg)
{
	struct hooks *hooks = leg->hooks;
	bool open = leg->media == MEDIA_OPEN || leg->media == MEDIA_CLOSING;
	if (hooks && leg->answered && open && call->dialect->tells_quality &&
	    hooks->events & 1U << HOOK_COMPLETED)
		hooks->measures = true;
	else
		fire_last(call, leg, leg->stats);
}

void hook_measured(struct call *call, struct leg *leg,
		   const struct leg_stats *stats)
{
	if (leg->hooks && leg->hooks->measures) {
		fire_last(call, leg, stats);
	} else if (leg->hooks && stats && call->dialect->tells_quality) {
		if (!leg->stats) /* it is ending: told when it is gone */
			leg->stats = mem_new(1, sizeof(*leg->stats));
		*leg->stats = *stats;
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
