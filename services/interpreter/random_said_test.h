/*
 * random_said_test.h - what a call in the random world says is checked, and
 * becomes something that will be answered. happens() is how it hears events.
 */
#pragma once

#include "services/interpreter/random_tapes_test.h"

/* --- what the call says --- */

static void will_answer(struct world *world, const struct command *command,
			const char *leg)
{
	for (unsigned i = 0; i < world->waiting_count; i++) {
		struct waiting *old = &world->waiting[i];
		if (old->command == command->desc && !strcmp(old->leg, leg)) {
			/* Asked again: the thing's present state follows. */
			proto_clear(command->desc, old->message);
			proto_copy(command->desc, command->message,
				   old->message);
			return;
		}
	}
	if (!fine(world, world->waiting_count < WAITING_MAX, "too many asked"))
		return;
	struct waiting *waiting = &world->waiting[world->waiting_count++];
	memset(waiting, 0, sizeof(*waiting));
	waiting->command = command->desc;
	(void)str_copy(waiting->leg, sizeof(waiting->leg), leg);
	waiting->message = proto_new(command->desc);
	proto_copy(command->desc, command->message, waiting->message);
}

static void check_post(struct world *world, const struct post *post)
{
	struct world_leg *leg = world_leg(world, post->leg);
	if (strcmp(post->event, "recording") == 0)
		return;
	fine(world, post->sequence == leg->posts, "a gap in the numbers");
	fine(world, leg->completed == 0, "a callback after the last");
	leg->posts++;
	leg->completed += strcmp(post->event, "completed") == 0;
	check_told_tape(world, post);
	if (strcmp(post->event, "completed") == 0)
		check_last_post(world, post);
}

static bool is_terminal(int status)
{
	return status >= CALL_COMPLETED && status <= CALL_CANCELED;
}

/* All callees have a statusCallback, and so has a root of the API's. */
static void check_told(struct world *world, const struct call_closed *closed)
{
	for (uint32_t i = 0; i < closed->legs_count; i++) {
		const struct world_leg *leg =
			world_leg(world, closed->legs[i].leg);
		fine(world,
		     leg->completed ==
			     (leg != &world->legs[0] || world->by_api),
		     "a leg without its last callback");
	}
}

static void check_closed(struct world *world, const struct call_closed *closed)
{
	world->closed++;
	fine(world, is_terminal(closed->status), "closed, but not terminal");
	for (uint32_t i = 0; i < closed->legs_count; i++)
		fine(world, is_terminal(closed->legs[i].status),
		     "a leg's outcome is not terminal");
	check_told(world, closed);
}

/* Nobody talks to two at once. */
static void check_bridge(struct world *world, const struct bridge *bridge)
{
	struct world_leg *callee = world_leg(world, bridge->b);
	callee->caller[0] = '\0';
	if (bridge->apart)
		return;
	for (unsigned i = 0; i < world->leg_count; i++) {
		const struct world_leg *other = &world->legs[i];
		fine(world,
		     strcmp(other->caller, bridge->a) != 0 || other->ending ||
			     other->side == SIDE_GONE,
		     "two callees talk to one caller");
	}
	(void)str_copy(callee->caller, sizeof(callee->caller), bridge->a);
}

static void check_close(struct world *world, const struct command *command)
{
	const struct leg_close *close = command->message;
	for (uint32_t i = 0; i < close->legs_count; i++)
		world_leg(world, close->legs[i].leg)->media_closed = true;
	will_answer(world, command, close->legs[0].leg);
}

static void check_command(struct world *world, const struct command *command)
{
	const struct proto_message *desc = command->desc;
	fine(world, world->closed == 0, "something was said after the end");
	if (desc == &post_message) {
		check_post(world, command->message);
	} else if (desc == &call_closed_message) {
		check_closed(world, command->message);
	} else if (desc == &leg_close_message) {
		check_close(world, command);
	} else if (desc == &get_message) {
		will_answer(world, command,
			    ((const struct get *)command->message)->fetch);
	} else if (desc == &leg_open_message) {
		const struct leg_open *open = command->message;
		will_answer(world, command, open->legs[0].leg);
	} else if (desc == &bridge_message) {
		check_bridge(world, command->message);
		will_answer(world, command,
			    ((const struct bridge *)command->message)->b);
	} else if (desc == &record_start_message) {
		tape_begins(world, command->message);
		will_answer(world, command, command->message);
	} else if (desc == &record_change_message ||
		   desc == &record_stop_message) {
		/* 'recording' is the first field */
		will_answer(world, command, command->message);
	} else if (desc->use == PROTO_COMMAND) {
		/* 'leg' is the first field of all others */
		will_answer(world, command, command->message);
		world_leg(world, command->message)->dialled |=
			desc == &dial_message;
		world_leg(world, command->message)->ending |=
			desc == &hangup_message || desc == &cancel_message;
		if (desc == &dial_message &&
		    world_leg(world, command->message)->side == SIDE_NONE)
			world_leg(world, command->message)->side = SIDE_OUT;
	}
}

static void check_encoding(struct world *world, const struct command *command)
{
	struct envelope envelope = {.time = 1}, back;
	char error[PROTO_ERROR_BYTES];
	(void)str_copy(envelope.type, sizeof(envelope.type),
		       command->desc->name);
	(void)str_copy(envelope.id, sizeof(envelope.id), command->id);
	(void)str_copy(envelope.call_sid, sizeof(envelope.call_sid), ROOT);
	(void)str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		       "AC1");
	(void)str_copy(envelope.from, sizeof(envelope.from), "interpreter/i");
	char *json =
		proto_encode(command->desc, &envelope, command->message, error);
	void *again = proto_new(command->desc);
	bool good = json && proto_decode(command->desc, json, strlen(json),
					 &back, again, error);
	if (!fine(world, good, "a message breaks its table"))
		fprintf(stderr, "%s: %s\n", json ? json : "", error);
	proto_free(command->desc, again);
	free(json);
}

/* --- what happens to the call --- */

/* VOXBUS_TEST_TRACE=1: what happened, and what was said to it. */
static void trace_one(const struct proto_message *desc, const void *message,
		      const char *mark)
{
	struct envelope envelope = {.time = 1};
	char error[PROTO_ERROR_BYTES];
	(void)str_copy(envelope.type, sizeof(envelope.type), desc->name);
	char *json = proto_encode(desc, &envelope, message, error);
	fprintf(stderr, "%s %s\n", mark, json ? json : error);
	free(json);
}

static void trace(const struct world *world, const struct proto_message *desc,
		  const void *message)
{
	trace_one(desc, message, "---");
	for (uint32_t i = 0; i < world->out.count; i++)
		trace_one(world->out.list[i].desc, world->out.list[i].message,
			  "   ");
}

static void happens(struct world *world, const char *from,
		    const struct proto_message *desc, const void *message)
{
	struct envelope envelope = {0};
	if (!fine(world, world->heard_count < EVENTS_MAX, "it never ends"))
		return;
	struct heard *heard = &world->heard[world->heard_count++];
	heard->desc = desc;
	heard->message = proto_new(desc);
	heard->now = world->now;
	proto_copy(desc, message, heard->message);
	(void)str_copy(heard->from, sizeof(heard->from), from);
	(void)str_copy(envelope.from, sizeof(envelope.from), from);
	(void)str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		       "AC1");
	world->now += dice(50);
	heard->now = world->now;
	commands_clear(&world->out);
	step(world->call, &envelope, world->now, ++world->sequence, desc,
	     message, &world->out);
	if (world->traced)
		trace(world, desc, message);
	tape_ends(world, desc, message);
	for (uint32_t i = 0; i < world->out.count; i++) {
		check_command(world, &world->out.list[i]);
		if (world->seed % 64 == 0)
			check_encoding(world, &world->out.list[i]);
	}
	/* 'leg' is the first field of both */
	if (desc == &ended_message || desc == &failed_message)
		check_no_wait(world, message);
}

/* Designated initialisers cannot copy arrays: the leg is set by name. */
#define SIP_LEG(sid, type, ...)                                                \
	do {                                                                   \
		struct type sip_event = {__VA_ARGS__};                         \
		(void)str_copy(sip_event.leg, sizeof(sip_event.leg), sid);     \
		happens(world, "sipgw/gw0", &type##_message, &sip_event);      \
	} while (0)
