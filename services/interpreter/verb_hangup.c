/*
 * verb_hangup.c - <Hangup>, and the end of a document: a caller who was not
 * answered gets 480, one who was gets BYE.
 */
#include "services/interpreter/call.h"

enum verb_result verb_hangup(struct call *call, struct leg *leg)
{
	if (leg->runner->purpose == RUN_SCREEN) {
		screen_decline(call, leg, END_DECLINED);
		return VERB_LEFT;
	}
	leg->runner->state = RUN_OVER;
	if (leg->state == LEG_NEW && leg->runner->refusal) {
		leg_reject(call, leg, leg->runner->refusal,
			   leg->runner->refused_as);
		return VERB_LEFT;
	}
	leg_end_for(call, leg,
		    leg->state == LEG_NEW ? CALL_NO_ANSWER : CALL_COMPLETED,
		    END_DOCUMENT);
	return VERB_LEFT;
}
