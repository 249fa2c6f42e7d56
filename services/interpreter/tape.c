/*
 * tape.c - recordings of a call: asked of mediad, begun, ended, stored; and who
 * is told of it. A call is open until its last recording is where it stays.
 *
 * A recording outlives the verb that asked for it, and its leg.
 */
#include "services/interpreter/params.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <stdlib.h>
#include <string.h>

/* Names of recordings among the things that are asked for: beyond legs. */
#define THING(tape) (CALL_LEGS_MAX + (tape)->number)

static struct leg *leg_of(struct call *call, const struct tape *tape)
{
	struct leg *leg = call->root;
	while (leg->number != tape->leg)
		leg = leg->next;
	return leg;
}

static struct tape *find(struct call *call, const char *sid)
{
	list_each (link, &call->tapes) {
		struct tape *tape = list_of(link, struct tape, link);
		if (strcmp(tape->sid, sid) == 0)
			return tape;
	}
	return NULL;
}

bool tapes_live(const struct call *call)
{
	list_each (link, &call->tapes) {
		if (list_of(link, struct tape, link)->state != TAPE_OVER)
			return true;
	}
	return false;
}

void tapes_free(struct call *call)
{
	while (!list_empty(&call->tapes)) {
		struct tape *tape =
			list_of(call->tapes.next, struct tape, link);
		list_remove(&tape->link);
		proto_free(&record_start_message, tape->start);
		free(tape->callback);
		free(tape->url);
		free(tape);
	}
}

/* --- guards: one timer a leg, for the first of its recordings --- */

static void arm(struct call *call, struct leg *leg)
{
	int64_t first = 0;
	list_each (link, &call->tapes) {
		const struct tape *tape = list_of(link, struct tape, link);
		if (tape->leg == leg->number && tape->due &&
		    (!first || tape->due < first))
			first = tape->due;
	}
	leg->timers[TIMER_TAPE] = first;
}

static void enter(struct call *call, struct tape *tape, enum tape_state state,
		  int64_t guard_ms)
{
	tape->state = state;
	tape->due = guard_ms ? call->now + guard_ms : 0;
	arm(call, leg_of(call, tape));
}

/* --- who is told --- */

static void tell(struct call *call, struct tape *tape, enum record_event event)
{
	if (!tape->callback || !(tape->events & 1U << event))
		return;
	struct post *post = proto_new(&post_message);
	struct leg *leg = leg_of(call, tape);
	id_derive("HR", tape->sid, tape->told, post->hook);
	(void)str_copy(post->leg, sizeof(post->leg), leg->sid);
	proto_set_long(&post->url, tape->callback);
	post->method = tape->method;
	post->sequence = tape->told++;
	(void)str_copy(post->event, sizeof(post->event), "recording");
	params_of_recording(call, leg, tape, post);
	say(call, &post_message, post, "any");
}

static void fail(struct call *call, struct tape *tape, int error,
		 const char *why)
{
	tape->error = error;
	note(call, leg_of(call, tape), NOTE_ERROR, error, NULL,
	     "recording %s: %s", tape->sid,
	     why && *why ? why : proto_error(error)->advice);
}

static void settle_all(struct call *call, const struct tape *tape)
{
	settle_thing(call, THING(tape), &record_start_message);
	settle_thing(call, THING(tape), &record_change_message);
	settle_thing(call, THING(tape), &record_stop_message);
}

static void over(struct call *call, struct tape *tape)
{
	enter(call, tape, TAPE_OVER, 0);
	settle_all(call, tape);
	tell(call, tape,
	     tape->absent && !tape->error ? RECORD_ABSENT : RECORD_COMPLETED);
	proto_free(&record_start_message, tape->start);
	tape->start = NULL;
}

/* It is over as far as the verb that asked for it goes. */
static void done(struct call *call, struct tape *tape)
{
	struct leg *leg = leg_of(call, tape);
	bool nothing = tape->absent || (tape->error && !tape->duration_ms);
	settle_all(call, tape);
	if (nothing)
		over(call, tape);
	else
		enter(call, tape, TAPE_DONE, GUARD_STORE_MS);
	hooks_taped(call, tape);
	if (leg->runner && leg->runner->tape == tape)
		runner_taped(call, leg, tape);
}

/* --- commands --- */

static void subscribe(struct call *call, const struct leg *leg,
		      const struct recording *wanted, struct tape *tape)
{
	char url[URL_BYTES];
	if (!wanted->callback || !*wanted->callback)
		return;
	if (!url_resolve(leg->runner->url, wanted->callback, url,
			 sizeof(url))) {
		note(call, leg, NOTE_ERROR, ERR_STATUS_CALLBACK,
		     leg->runner->url,
		     "recordingStatusCallback '%.100s' is no http(s) URL: no "
		     "callback is sent",
		     wanted->callback);
		return;
	}
	tape->callback = mem_copy_text(url);
	tape->method = wanted->method;
	tape->events = wanted->events;
}

static void ask_to_start(struct call *call, const struct tape *tape)
{
	struct record_start *start = proto_new(&record_start_message);
	proto_copy(&record_start_message, tape->start, start);
	start->paused = tape->paused;
	start->silent = tape->paused && tape->silent;
	ask_thing(call, THING(tape), &record_start_message, start,
		  call->mediad);
}

static void ask_to_stop(struct call *call, const struct tape *tape)
{
	struct record_stop *stop = proto_new(&record_stop_message);
	(void)str_copy(stop->recording, sizeof(stop->recording), tape->sid);
	ask_thing(call, THING(tape), &record_stop_message, stop, call->mediad);
}

struct tape *tape_start(struct call *call, struct leg *leg,
			const struct recording *wanted,
			struct record_start *start, const char *source)
{
	struct tape *tape = mem_new(1, sizeof(*tape));
	tape->number = call->tape_count++;
	tape->leg = leg->number;
	tape->source = source;
	tape->dual = wanted->dual;
	tape->track = wanted->track;
	id_derive("RE", call->sid, tape->number, tape->sid);
	list_add_tail(&call->tapes, &tape->link);
	subscribe(call, leg, wanted, tape);
	(void)str_copy(start->recording, sizeof(start->recording), tape->sid);
	(void)str_copy(start->leg, sizeof(start->leg), leg->sid);
	start->dual = wanted->dual;
	start->trim = wanted->trim;
	tape->start = start;
	enter(call, tape, TAPE_ASKED, GUARD_MEDIA_MS);
	ask_to_start(call, tape);
	return tape;
}

void tape_stop(struct call *call, struct tape *tape)
{
	if (tape->state >= TAPE_STOPPING)
		return;
	settle_all(call, tape);
	enter(call, tape, TAPE_STOPPING, GUARD_MEDIA_MS);
	ask_to_stop(call, tape);
}

static void change(struct call *call, struct tape *tape, bool paused,
		   bool silent)
{
	if (tape->paused == paused)
		return;
	struct record_change *wanted = proto_new(&record_change_message);
	(void)str_copy(wanted->recording, sizeof(wanted->recording), tape->sid);
	tape->paused = wanted->paused = paused;
	tape->silent = wanted->silent = paused && silent;
	ask_thing(call, THING(tape), &record_change_message, wanted,
		  call->mediad);
}

void tape_leave(struct call *call, struct leg *leg)
{
	if (!leg->runner || !leg->runner->tape)
		return;
	tape_stop(call, leg->runner->tape);
	leg->runner->tape = NULL;
}

void tapes_stop(struct call *call, const struct leg *leg)
{
	list_each (link, &call->tapes) {
		struct tape *tape = list_of(link, struct tape, link);
		if (tape->leg == leg->number)
			tape_stop(call, tape);
	}
}

/* One that is on its way to its store is brought there by the next mediad,
 * which tells only who asks. */
void tapes_restore(struct call *call)
{
	list_each (link, &call->tapes) {
		const struct tape *tape = list_of(link, struct tape, link);
		if (tape->state == TAPE_RUNS)
			ask_to_start(call, tape);
		else if (tape->state == TAPE_DONE)
			ask_to_stop(call, tape);
	}
}

/* --- events --- */

/* What the API asks for. The verb goes on when its recording has ended. */
void on_record_wish(struct call *call, const void *event)
{
	const struct record_wish *wish = event;
	struct tape *tape = find(call, wish->recording);
	const struct leg *leg =
		tape ? leg_of(call, tape) : call_leg(call, wish->leg);
	if (leg && wish->unknown)
		note(call, leg, NOTE_WARNING, ERR_API_IGNORED, NULL,
		     "the API has no parameter %s", wish->unknown);
	if (!tape || tape->state >= TAPE_STOPPING) {
		if (leg)
			note(call, leg, NOTE_WARNING, ERR_CALL_STATE, NULL,
			     "the API's Status=%s came when the recording was "
			     "over: it is ignored",
			     proto_word(&record_status_set, wish->status));
	} else if (wish->status == RECORD_STATUS_STOPPED) {
		tape_stop(call, tape);
	} else {
		change(call, tape, wish->status == RECORD_STATUS_PAUSED,
		       wish->silent);
	}
}

void on_record_started(struct call *call, const void *event)
{
	const struct record_started *started = event;
	struct tape *tape = find(call, started->recording);
	if (!tape || tape->state >= TAPE_DONE)
		return;
	settle_thing(call, THING(tape), &record_start_message);
	if (started->error) {
		fail(call, tape, (int)started->error, started->error_text);
		done(call, tape);
		return;
	}
	proto_set_long(&tape->url, started->url);
	if (!tape->started)
		tape->started = call->now;
	if (tape->state == TAPE_ASKED) {
		enter(call, tape, TAPE_RUNS, 0);
		tell(call, tape, RECORD_IN_PROGRESS);
	}
}

void on_record_changed(struct call *call, const void *event)
{
	const struct record_changed *changed = event;
	struct tape *tape = find(call, changed->recording);
	if (!tape || tape->state >= TAPE_STOPPING ||
	    changed->error == ERR_MEDIA_UNKNOWN)
		return; /* unknown: it is stated anew, or its end follows */
	if (changed->error) {
		tape->paused = changed->paused;
		note(call, leg_of(call, tape), NOTE_ERROR, (int)changed->error,
		     NULL, "recording %s: it could not be paused or go on: %s",
		     tape->sid, proto_error((int)changed->error)->advice);
	} else if (changed->paused != tape->paused) {
		return; /* of an older wish */
	}
	settle_thing(call, THING(tape), &record_change_message);
}

void on_recording_done(struct call *call, const void *event)
{
	const struct recording_done *is_done = event;
	struct tape *tape = find(call, is_done->recording);
	if (!tape || tape->state >= TAPE_DONE)
		return;
	tape->duration_ms = is_done->duration_ms;
	tape->channels = (int)is_done->channels;
	tape->absent = is_done->absent;
	if (is_done->error)
		fail(call, tape, (int)is_done->error, is_done->error_text);
	done(call, tape);
}

void on_recording_stored(struct call *call, const void *event)
{
	const struct recording_stored *stored = event;
	struct tape *tape = find(call, stored->recording);
	if (!tape || tape->state != TAPE_DONE)
		return;
	/* An error without it: the API has the file. */
	proto_set_long(&tape->url, stored->url);
	if (stored->error)
		fail(call, tape, (int)stored->error, stored->error_text);
	over(call, tape);
}

static void give_up(struct call *call, struct tape *tape)
{
	if (tape->state == TAPE_DONE) {
		fail(call, tape, ERR_RECORD_STORE,
		     "mediad did not say where its file is");
		over(call, tape);
		return;
	}
	fail(call, tape, ERR_RECORD_WRITE, "mediad did not answer in time");
	done(call, tape);
}

void tape_timer(struct call *call, struct leg *leg)
{
	list_each (link, &call->tapes) {
		struct tape *tape = list_of(link, struct tape, link);
		if (tape->leg == leg->number && tape->due &&
		    tape->due <= call->now) {
			give_up(call, tape);
			break; /* others follow at once: arm() */
		}
	}
	arm(call, leg);
}
