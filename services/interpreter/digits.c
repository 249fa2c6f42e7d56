/*
 * digits.c - keys that are pressed while a document runs, however they came: as
 * RTP events, which mediad passes on by itself to whom the leg talks to, or by
 * SIP INFO, which is pressed on for it.
 */
#include "services/interpreter/call.h"

static void press(struct call *call, const char *sid, const char *digit)
{
	struct leg *leg = call_leg(call, sid);
	if (leg && leg->state < LEG_CANCELING)
		runner_digit(call, leg, digit);
}

void on_digit(struct call *call, const void *event)
{
	const struct digit *digit = event;
	press(call, digit->leg, digit->digit);
}

void on_digit_info(struct call *call, const void *event)
{
	const struct digit_info *info = event;
	struct leg *leg = call_leg(call, info->leg);
	press(call, info->leg, info->digit);
	if (leg && leg->state == LEG_UP)
		play_digit_on(call, leg, info->digit);
}
