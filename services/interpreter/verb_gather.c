/*
 * verb_gather.c - <Gather>: keys are collected while its prompts play, and
 * after. It is over with its finishing key, with as many keys as were asked
 * for, or when none came for a while; 'action' is asked what to do with them.
 * Without any, the next verb runs.
 */
#include "services/interpreter/params.h"

#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <string.h>

static int64_t number(const struct runner *runner, const char *attribute)
{
	return verbs_number(runner->document, runner->verb, attribute);
}

static bool is_of(const struct call *call, const struct runner *runner,
		  const char *attribute, const char *digit, bool if_none)
{
	char keys[VERBS_KEYS_BYTES];
	verbs_keys(runner->document, runner->verb, attribute, call->dialect,
		   keys);
	return keys[0] ? strchr(keys, digit[0]) != NULL : if_none;
}

static void wait_for_key(struct call *call, struct leg *leg)
{
	leg_timer_set(call, leg, TIMER_KEYS,
		      1000 * number(leg->runner, "timeout"));
}

static void note_speech(struct call *call, const struct leg *leg)
{
	const struct runner *runner = leg->runner;
	if (verbs_words(runner->document, runner->verb, "input") & 2U)
		note(call, leg, NOTE_WARNING, ERR_UNKNOWN_VERB, runner->url,
		     "line %u: <Gather input>: speech is not recognised by "
		     "this installation, keys are collected",
		     runner->document->nodes[runner->verb].place.line);
}

enum verb_result verb_gather(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	runner->bare = 0;
	runner->keys[0] = '\0';
	if (!media_have(call, leg))
		return VERB_WAITS;
	note_speech(call, leg);
	struct play *play = proto_new(&play_message);
	prompt_add_inside(call, leg, play);
	if (play->items_count) {
		play_begin(call, leg, play);
	} else {
		proto_free(&play_message, play);
		wait_for_key(call, leg);
	}
	return VERB_WAITS;
}

/* With keys, or without: its end. */
static void finish(struct call *call, struct leg *leg)
{
	struct runner *runner = leg->runner;
	const char *action =
		verbs_text(runner->document, runner->verb, "action");
	leg_timer_stop(leg, TIMER_KEYS);
	play_end(call, leg);
	if (!runner->keys[0] && !verbs_bool(runner->document, runner->verb,
					    "actionOnEmptyResult")) {
		runner_next(call, leg);
		return;
	}
	runner_ask(
		call, leg, "Gather", action ? action : "",
		&(struct after){.kind = AFTER_GATHER, .digits = runner->keys});
}

void verb_gather_played(struct call *call, struct leg *leg,
			const struct played *played)
{
	(void)played;
	wait_for_key(call, leg);
}

void verb_gather_digit(struct call *call, struct leg *leg, const char *digit)
{
	struct runner *runner = leg->runner;
	size_t count = strlen(runner->keys);
	int64_t most = number(runner, "numDigits");
	if (is_of(call, runner, "finishOnKey", digit, false)) {
		finish(call, leg);
		return;
	}
	if (count == 0 && !is_of(call, runner, "startInputKey", digit, true))
		return;
	(void)str_copy(runner->keys + count, sizeof(runner->keys) - count,
		       digit);
	if (verbs_bool(runner->document, runner->verb, "bargeIn"))
		play_end(call, leg);
	if (++count == (size_t)most || count + 1 == sizeof(runner->keys))
		finish(call, leg);
	else if (!leg->play[0])
		wait_for_key(call, leg);
}

void verb_gather_timer(struct call *call, struct leg *leg)
{
	finish(call, leg);
}
