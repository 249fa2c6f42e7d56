/*
 * restart.c - a daemon that holds something of the call is back: what has no
 * outcome is asked again; what a new process cannot know is stated again.
 */
#include "services/interpreter/call.h"

#include "lib/base/str.h"

#include <string.h>

void on_instance_restarted(struct call *call, const void *event)
{
	const struct instance_restarted *restarted = event;
	bool mediad = strcmp(restarted->service, "mediad") == 0;
	struct call_seen *seen =
		mediad ? &call->mediad_seen : &call->gateway_seen;
	const char *mine = mediad ? call->mediad : call->gateway;
	if (strcmp(mine, restarted->instance) == 0) {
		bool same = strcmp(seen->boot, restarted->boot) == 0;
		if (same && seen->hello == restarted->hello)
			return; /* a repeat */
		(void)str_copy(seen->boot, sizeof(seen->boot), restarted->boot);
		seen->hello = restarted->hello;
		if (mediad && !same)
			media_restore(call);
	}
	ask_again(call, restarted->service, restarted->instance);
}

/* It was given up while sipgw was away, and its dialog still stands. */
void on_restored(struct call *call, const void *event)
{
	struct leg *leg = call_leg(call, ((const struct restored *)event)->leg);
	if (leg && leg->state == LEG_GONE)
		leg_bye(call, leg);
}
