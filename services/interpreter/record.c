/*
 * record.c - <Dial record="...">: the dialled call is recorded on the caller's
 * leg, from the first ringing on or once somebody was connected, until the Dial
 * is over. The callback 'completed' of the leg that was connected tells of it;
 * where the dialect has it so, that of a call of the API's in its place.
 */
#include "services/interpreter/call.h"

#include "lib/base/str.h"

static const enum record_side sides[] = {
	[RECORD_BOTH] = TRACK_BOTH,
	[RECORD_INBOUND] = TRACK_INBOUND,
	[RECORD_OUTBOUND] = TRACK_OUTBOUND,
};

/* The moment has come at which the recording would begin. */
static void begin(struct call *call, struct leg *caller, enum record_from from)
{
	struct runner *runner = caller->runner;
	struct recording recording;
	verbs_recording(runner->document, runner->verb, &recording);
	if (recording.from != from || runner->recorded == runner->dial ||
	    caller->media != MEDIA_OPEN)
		return;
	runner->recorded = runner->dial;
	struct record_start *start = proto_new(&record_start_message);
	start->track = sides[recording.track];
	if (runner->winner)
		(void)str_copy(start->other, sizeof(start->other),
			       runner->winner->sid);
	runner->tape = tape_start(call, caller, &recording, start, "DialVerb");
	if (call->dialect->tape_of_api_call && !caller->parent &&
	    !caller->inbound)
		caller->tape = runner->tape;
}

void record_ringing(struct call *call, struct leg *caller)
{
	begin(call, caller, RECORD_FROM_RINGING);
}

void record_answered(struct call *call, struct leg *caller)
{
	begin(call, caller, RECORD_FROM_RINGING);
	begin(call, caller, RECORD_FROM_ANSWER);
	if (!call->dialect->tape_of_api_call)
		caller->runner->winner->tape = caller->runner->tape;
}
