/*
 * verb_play.c - <Play> and <Say>: the caller is answered and hears it; then the
 * next verb runs. What cannot be played is noted and passed over.
 */
#include "services/interpreter/call.h"

/* Of what goes on for ever: shorter pieces would be asked for too often. */
#define AGAIN_MS 1000

enum verb_result verb_play(struct call *call, struct leg *leg)
{
	struct play *play = proto_new(&play_message);
	if (!prompt_add(call, leg, leg->runner->verb, play)) {
		proto_free(&play_message, play);
		return VERB_DONE;
	}
	leg->runner->bare = 0;
	if (media_have(call, leg))
		play_begin(call, leg, play);
	else
		proto_free(&play_message, play);
	return VERB_WAITS;
}

static bool is_endless(const struct call *call, const struct runner *runner)
{
	return call->dialect->loop_for_ever &&
	       verbs_number(runner->document, runner->verb, "loop") == 0;
}

void verb_play_played(struct call *call, struct leg *leg,
		      const struct played *played)
{
	struct play *play;
	if (!is_endless(call, leg->runner) || played->end != PLAY_DONE ||
	    played->error || played->total_ms < AGAIN_MS) {
		runner_next(call, leg);
		return;
	}
	play = proto_new(&play_message);
	(void)prompt_add(call, leg, leg->runner->verb, play);
	play_begin(call, leg, play);
}
