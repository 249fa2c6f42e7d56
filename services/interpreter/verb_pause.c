/*
 * verb_pause.c - <Pause length="1">: waits. A caller who was not answered stays
 * so: as the first verb it delays the answer.
 */
#include "services/interpreter/call.h"

enum verb_result verb_pause(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	int64_t seconds =
		verbs_number(runner->document, runner->verb, "length");
	if (seconds == 0)
		return VERB_DONE;
	runner->bare = 0;
	leg_timer_set(call, leg, TIMER_PAUSE, seconds * 1000);
	return VERB_WAITS;
}
