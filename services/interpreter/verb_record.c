/*
 * verb_record.c - <Record>: after a beep the caller is recorded, until a key, a
 * silence, its longest time or the caller's end. Then 'action' is told where
 * the recording is; also, for information, when the caller has hung up.
 */
#include "services/interpreter/params.h"

#include "lib/base/str.h"

#include <string.h>

#define LENGTH_STANDARD_S 3600

static int64_t number(const struct runner *runner, const char *attribute)
{
	return verbs_number(runner->document, runner->verb, attribute);
}

static void record(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	int64_t most = number(runner, "maxLength");
	struct recording wanted;
	verbs_recording(runner->document, runner->verb, &wanted);
	wanted.track = RECORD_INBOUND;
	struct record_start *start = proto_new(&record_start_message);
	start->track = TRACK_INBOUND;
	start->max_ms = 1000 * (most ? most : LENGTH_STANDARD_S);
	start->silence_ms = 1000 * number(runner, "timeout");
	runner->tape = tape_start(call, leg, &wanted, start, "RecordVerb");
}

enum verb_result verb_record(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	runner->bare = 0;
	runner->keys[0] = '\0';
	if (!media_have(call, leg))
		return VERB_WAITS;
	if (!verbs_bool(runner->document, runner->verb, "playBeep")) {
		record(call, leg);
		return VERB_WAITS;
	}
	struct play *play = proto_new(&play_message);
	play->items[play->items_count++].kind = PROMPT_BEEP;
	play_begin(call, leg, play);
	return VERB_WAITS;
}

void verb_record_played(struct call *call, struct leg *leg,
			const struct played *played)
{
	(void)played;
	record(call, leg);
}

void verb_record_digit(struct call *call, struct leg *leg, const char *digit)
{
	struct runner *runner = leg->runner;
	char keys[VERBS_KEYS_BYTES];
	verbs_keys(runner->document, runner->verb, "finishOnKey", call->dialect,
		   keys);
	if (!runner->tape || runner->keys[0] || !strchr(keys, digit[0]))
		return;
	(void)str_copy(runner->keys, sizeof(runner->keys), digit);
	tape_stop(call, runner->tape);
}

void verb_record_taped(struct call *call, struct leg *leg,
		       const struct tape *tape)
{
	struct runner *runner = leg->runner;
	bool alive = leg->state < LEG_CANCELING;
	const char *action =
		verbs_text(runner->document, runner->verb, "action");
	runner->tape = NULL;
	if (tape->duration_ms == 0 &&
	    (tape->error || !call->dialect->action_of_nothing)) {
		if (alive)
			runner_next(call, leg);
		else
			runner->state = RUN_OVER;
		return;
	}
	if (!alive)
		(void)str_copy(runner->keys, sizeof(runner->keys), "hangup");
	runner_ask(call, leg, "Record", action ? action : "",
		   &(struct after){.kind = AFTER_RECORD,
				   .digits = runner->keys,
				   .tape = tape});
}
