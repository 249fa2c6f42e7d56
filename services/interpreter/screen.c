/*
 * screen.c - <Sip url="...">: a callee who has answered runs a document of its
 * own while the caller hears it ring. The document's end connects them; Hangup,
 * Reject, a hang-up, an answer that is no document, or no end within
 * screeningTimeout decline, for this callee alone.
 */
#include "services/interpreter/call.h"

void screen_start(struct call *call, struct leg *leg)
{
	leg_timer_set(call, leg, TIMER_SCREEN, 1000 * leg->screen_s);
	media_answer(call, leg);
	runner_start_first(call, leg);
}

void screen_accept(struct call *call, struct leg *leg)
{
	leg->runner->state = RUN_OVER;
	leg_timer_stop(leg, TIMER_SCREEN);
	dial_accept(call, leg);
}

void screen_decline(struct call *call, struct leg *leg, enum end_reason why)
{
	leg->runner->state = RUN_OVER;
	leg->declined = true;
	leg_end_for(call, leg, CALL_COMPLETED, why);
}

void screen_timer(struct call *call, struct leg *leg)
{
	note(call, leg, NOTE_ERROR, ERR_SCREENING, leg->runner->url,
	     "the screening document has not ended within %d s: the callee is "
	     "hung up",
	     (int)leg->screen_s);
	screen_decline(call, leg, END_SCREEN_TIME);
}
