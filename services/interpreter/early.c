/*
 * early.c - what a callee sends before it answers: its own ringing, or an
 * announcement. The caller hears it instead of ours, if it is the only one that
 * is being called and the document asks for nothing else.
 */
#include "services/interpreter/call.h"

#include "lib/base/str.h"

/* Several at once would talk at the same time: then it rings. */
static bool is_alone(const struct leg *callee)
{
	const struct leg *caller = callee->parent;
	for (struct leg *leg = dial_callee(caller, NULL); leg;
	     leg = dial_callee(caller, leg)) {
		if (leg != callee && leg->state != LEG_GONE)
			return false;
	}
	return true;
}

static bool may_be_heard(const struct leg *callee)
{
	const struct leg *caller = callee->parent;
	const struct runner *runner;
	if (!caller || !dial_waits_for(callee) || callee->media != MEDIA_OPEN ||
	    caller->media != MEDIA_OPEN)
		return false;
	runner = caller->runner;
	return (caller->state == LEG_NEW || caller->state == LEG_UP ||
		caller->state == LEG_ANSWERING) &&
	       !callee->first && !runner->winner && is_alone(callee) &&
	       !verbs_ring_tone(runner->document, runner->verb);
}

bool early_hear(struct call *call, struct leg *callee, const char *sdp)
{
	if (callee->early)
		return true;
	if (!sdp || !may_be_heard(callee))
		return false;
	callee->early = true;
	proto_set_long(&callee->remote_sdp, sdp);
	if (callee->parent->state == LEG_NEW) /* answerOnBridge */
		leg_alert(call, callee->parent, true);
	record_ringing(call, callee->parent);
	media_bridge_early(call, callee->parent, callee);
	return true;
}

void early_refused(struct call *call, struct leg *callee, int error,
		   const char *why)
{
	callee->early = false;
	proto_set_long(&callee->remote_sdp, NULL);
	note(call, callee, NOTE_WARNING, error, NULL,
	     "the callee's early media cannot be heard, the caller hears "
	     "ringing: %s",
	     why);
	if (callee->state == LEG_RINGING && dial_waits_for(callee) &&
	    callee->parent->state < LEG_CANCELING)
		dial_alert(call, callee->parent);
}
