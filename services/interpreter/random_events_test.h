/*
 * random_events_test.h - what happens in the random world without being asked
 * for: people leave, press keys, offer anew, transfer; daemons come back.
 */
#pragma once

#include "services/interpreter/random_outcomes_test.h"

/* Somebody who is up, or the caller at any time, hangs up. */
static void somebody_leaves(struct world *world)
{
	struct world_leg *leg = &world->legs[dice(world->leg_count)];
	bool root = leg == &world->legs[0];
	if (leg->side == SIDE_GONE || (!root && leg->side != SIDE_UP))
		return;
	int status = root && leg->side != SIDE_UP ? 487 : 0;
	leg->side = SIDE_GONE;
	SIP_LEG(leg->sid, ended, .by = LEG_END_REMOTE, .status = status);
}

static void a_timer(struct world *world)
{
	struct timer_fired fired = {0};
	if (!call_next_timer(world->call, fired.timer, &fired.due))
		return;
	if (fired.due > world->now)
		world->now = fired.due;
	if (dice(10) == 0)
		fired.due--; /* a stale one */
	happens(world, "interpreter/in0", &timer_fired_message, &fired);
}

static void a_restart(struct world *world)
{
	struct instance_restarted event = {.hello = 1};
	bool mediad = dice(2);
	world->boot++;
	(void)str_copy(event.service, sizeof(event.service),
		       mediad ? "mediad" : "sipgw");
	(void)str_copy(event.instance, sizeof(event.instance),
		       mediad ? "md0" : "gw0");
	(void)str_format(event.boot, sizeof(event.boot), "BT%u", world->boot);
	happens(world, "interpreter/in0", &instance_restarted_message, &event);
}

/* A phone that is up offers anew, or transfers its call. */
static void a_request(struct world *world)
{
	struct world_leg *leg = &world->legs[dice(world->leg_count)];
	char name[35];
	(void)str_format(name, sizeof(name), "RQ%u", world->heard_count);
	if (leg->side != SIDE_UP)
		return;
	if (dice(2)) {
		struct reoffered event = {.sdp = dice(4) ? "v=0 new" : NULL};
		event.refreshed = dice(4) == 0;
		(void)str_copy(event.leg, sizeof(event.leg), leg->sid);
		(void)str_copy(event.offer, sizeof(event.offer), name);
		happens(world, "sipgw/gw0", &reoffered_message, &event);
	} else {
		struct referred event = {.refer_to = "sip:c@h;transport=udp"};
		(void)str_copy(event.leg, sizeof(event.leg), leg->sid);
		(void)str_copy(event.refer, sizeof(event.refer), name);
		happens(world, "sipgw/gw0", &referred_message, &event);
	}
}

/* The API redirects or ends some leg, whether it is there or not. */
static void a_wish(struct world *world)
{
	struct world_leg *leg = &world->legs[dice(world->leg_count)];
	struct call_change wish = {.wish = 1 + (int)dice(3)};
	(void)str_copy(wish.leg, sizeof(wish.leg), leg->sid);
	if (wish.wish == CALL_WISH_REDIRECT && dice(3))
		wish.url = "http://app/redirected";
	else if (wish.wish == CALL_WISH_REDIRECT)
		wish.document = documents[dice(DOCUMENTS)];
	happens(world, "apid/ap0", &call_change_message, &wish);
}

/* ... or changes one of the call's first recordings. */
static void a_record_wish(struct world *world)
{
	struct record_wish wish = {.status = 1 + (int)dice(3),
				   .silent = dice(2)};
	(void)str_copy(wish.leg, sizeof(wish.leg), world->legs[0].sid);
	id_derive("RE", world->legs[0].sid, dice(3), wish.recording);
	happens(world, "apid/ap0", &record_wish_message, &wish);
}

static void a_digit(struct world *world)
{
	static const char keys[] = "*#123";
	struct digit digit = {.duration_ms = 100};
	digit.digit[0] = keys[dice(5)];
	(void)str_copy(digit.leg, sizeof(digit.leg),
		       world->legs[dice(world->leg_count)].sid);
	happens(world, "mediad/md0", &digit_message, &digit);
}

static void a_repeat(struct world *world)
{
	struct heard *heard = &world->heard[dice(world->heard_count)];
	happens(world, heard->from, heard->desc, heard->message);
}

static void something_happens(struct world *world)
{
	unsigned what = dice(100);
	if (what < 4)
		somebody_leaves(world);
	else if (what < 6)
		a_restart(world);
	else if (what < 10)
		a_repeat(world);
	else if (what < 11)
		dice(2) ? a_wish(world) : a_record_wish(world);
	else if (what < 14)
		a_digit(world);
	else if (what < 15)
		a_request(world);
	else if (what < 19 || world->waiting_count == 0)
		a_timer(world);
	else
		some_outcome(world);
}
