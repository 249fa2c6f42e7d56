/*
 * random_tapes_test.h - the recordings of the random world: what 'completed'
 * tells of them is true, and only who was recorded waits for it.
 */
#pragma once

#include "services/interpreter/random_world_test.h"

static struct world_tape *world_tape(struct world *world, const char *sid)
{
	for (unsigned i = 0; i < world->tape_count; i++) {
		if (strcmp(world->tapes[i].sid, sid) == 0)
			return &world->tapes[i];
	}
	if (!fine(world, world->tape_count < TAPES_MAX, "too many recordings"))
		return &world->tapes[0];
	struct world_tape *tape = &world->tapes[world->tape_count++];
	memset(tape, 0, sizeof(*tape));
	(void)str_copy(tape->sid, sizeof(tape->sid), sid);
	return tape;
}

static void tape_begins(struct world *world, const struct record_start *start)
{
	struct world_tape *tape = world_tape(world, start->recording);
	(void)str_copy(tape->other, sizeof(tape->other), start->other);
}

/* The first that is heard of its end counts. */
static void tape_ends(struct world *world, const struct proto_message *desc,
		      const void *event)
{
	const struct record_started *started = event;
	const struct recording_done *is_done = event;
	const struct timer_fired *fired = event;
	struct world_tape *tape = NULL;
	if (desc == &timer_fired_message)
		world->gave_up |= str_starts(fired->timer, "tape.");
	else if (desc == &record_started_message && started->error)
		tape = world_tape(world, started->recording);
	else if (desc == &recording_done_message)
		tape = world_tape(world, is_done->recording);
	if (!tape || tape->over)
		return;
	tape->over = true;
	if (desc == &recording_done_message)
		tape->ms = is_done->duration_ms;
}

static const char *param_of(const struct post *post, const char *name)
{
	for (uint32_t i = 0; i < post->params_count; i++) {
		if (strcmp(post->params[i].name, name) == 0)
			return post->params[i].value;
	}
	return NULL;
}

/* All of it is told, or nothing; to whom the dialect tells it. */
static void check_told_tape(struct world *world, const struct post *post)
{
	const char *sid = param_of(post, "RecordingSid");
	const char *seconds = param_of(post, "RecordingDuration");
	bool root = strcmp(post->leg, ROOT) == 0;
	fine(world, !sid == !param_of(post, "RecordingUrl") && !sid == !seconds,
	     "half of a recording is told");
	if (!sid)
		return;
	const struct world_tape *tape = world_tape(world, sid);
	fine(world, strcmp(post->event, "completed") == 0,
	     "a recording is told before the end");
	fine(world, root == (world->dialect == DIALECT_RESTCOMM),
	     "somebody else's recording is told");
	fine(world,
	     tape->over && tape->ms > 0 &&
		     atoll(seconds) ==
			     (root ? tape->ms / 1000 : (tape->ms + 500) / 1000),
	     "what is told of a recording is not so");
	fine(world, root || !*tape->other || !strcmp(tape->other, post->leg),
	     "another leg's recording is told");
}

/* Whoever was connected when it began is told it, unless it was given up. */
static void check_last_post(struct world *world, const struct post *post)
{
	bool told = param_of(post, "RecordingSid") != NULL;
	for (unsigned i = 0; i < world->tape_count; i++) {
		const struct world_tape *tape = &world->tapes[i];
		if (strcmp(tape->other, post->leg) != 0 || world->gave_up ||
		    world->dialect == DIALECT_RESTCOMM)
			continue;
		fine(world, tape->over, "the last callback did not wait");
		fine(world, told == (tape->ms > 0), "a recording is not told");
	}
}

/* Nobody else's last callback waits. */
static void check_no_wait(struct world *world, const char *leg)
{
	const struct world_leg *ended = world_leg(world, leg);
	bool waits = world->dialect == DIALECT_SIGNALWIRE; /* for its media */
	for (unsigned i = 0; i < world->tape_count; i++) {
		const struct world_tape *tape = &world->tapes[i];
		waits |= !*tape->other || strcmp(tape->other, leg) == 0;
		waits |= world->dialect == DIALECT_RESTCOMM && world->by_api;
	}
	fine(world, !ended->dialled || waits || ended->completed,
	     "a last callback waits for nothing");
}
