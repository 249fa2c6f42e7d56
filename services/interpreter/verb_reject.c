/*
 * verb_reject.c - <Reject reason="rejected|busy">: 603 or 486 to a caller who
 * was not answered; one who was is hung up.
 */
#include "services/interpreter/call.h"

#include <string.h>

enum verb_result verb_reject(struct call *call, struct leg *leg)
{
	const struct runner *runner = leg->runner;
	const char *reason =
		verbs_text(runner->document, runner->verb, "reason");
	bool busy = reason && strcmp(reason, "busy") == 0;
	if (leg->runner->purpose == RUN_SCREEN) {
		screen_decline(call, leg, END_DECLINED);
		return VERB_LEFT;
	}
	leg->runner->state = RUN_OVER;
	leg_reject(call, leg, busy ? 486 : 603,
		   busy ? CALL_BUSY : CALL_NO_ANSWER);
	return VERB_LEFT;
}
