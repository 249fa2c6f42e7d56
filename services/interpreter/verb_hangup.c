/*
 * verb_hangup.c - <Hangup>, and the end of a document: a caller who was not
 * answered gets 480, one who was gets BYE.
 */
#include "services/interpreter/call.h"

enum verb_result verb_hangup(struct call *call, struct leg *leg)
{
	leg->runner->state = RUN_OVER;
	leg_end(call, leg,
		leg->state == LEG_NEW ? CALL_NO_ANSWER : CALL_COMPLETED);
	return VERB_LEFT;
}
