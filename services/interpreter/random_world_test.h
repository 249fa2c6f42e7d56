/*
 * random_world_test.h - the world of calls whose events come in any order: what
 * its phones and daemons are at, and its dice. For step_random_test.c.
 */
#pragma once

#include "services/interpreter/step.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "CA00000000000000000000000000000001"
#define LEGS_MAX 64
#define WAITING_MAX 256
#define EVENTS_MAX 4000
#define TAPES_MAX 128

/* What a command's receiver will answer: one line of the world's to-do list. */
struct waiting {
	const struct proto_message *command;
	char leg[35];
	char fetch[35];
	void *message; /* borrowed copy of the command */
};

struct heard { /* for the second run */
	const struct proto_message *desc;
	void *message;
	char from[33];
	int64_t now;
};

enum side { SIDE_NONE, SIDE_OUT, SIDE_RANG, SIDE_UP, SIDE_GONE };

struct world_leg {
	char sid[35];
	enum side side;
	bool media_open, media_closed, dialled, ending;
	char caller[35]; /* whom it was bridged to */
	unsigned posts, completed;
};

struct world_tape {
	char sid[35];
	char other[35]; /* who was connected when it began */
	bool over;
	int64_t ms; /* of sound in it */
};

struct world {
	struct call *call;
	struct commands out;
	uint64_t seed;
	int64_t now;
	uint64_t sequence;
	struct world_leg legs[LEGS_MAX];
	unsigned leg_count;
	struct waiting waiting[WAITING_MAX];
	unsigned waiting_count;
	struct heard *heard;
	unsigned heard_count;
	struct world_tape tapes[TAPES_MAX];
	unsigned tape_count;
	unsigned closed, documents, lossy, boot;
	int dialect;
	bool bad, traced, by_api;
	bool gave_up; /* the call, waiting for some recording */
};

static bool fine(struct world *world, bool good, const char *what)
{
	if (!good) {
		if (!world->bad)
			fprintf(stderr, "call with seed %llu: %s\n",
				(unsigned long long)world->seed, what);
		world->bad = true;
	}
	return good;
}

/* xorshift: the world's dice. */
static uint64_t dice_state;
static unsigned dice(unsigned sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return (unsigned)((dice_state >> 20) % sides);
}

static struct world_leg *world_leg(struct world *world, const char *sid)
{
	for (unsigned i = 0; i < world->leg_count; i++) {
		if (strcmp(world->legs[i].sid, sid) == 0)
			return &world->legs[i];
	}
	if (!fine(world, world->leg_count < LEGS_MAX, "too many legs"))
		return &world->legs[0];
	struct world_leg *leg = &world->legs[world->leg_count++];
	(void)str_copy(leg->sid, sizeof(leg->sid), sid);
	return leg;
}
