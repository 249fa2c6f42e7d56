/*
 * hooks.c - status callbacks of a leg: who asked for which events, and their
 * numbers. callbackd delivers them; what is sent is decided here.
 */
#include "services/interpreter/call.h"

#include "lib/base/str.h"

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
