/*
 * digits.c - keys that are pressed while a document runs, however they came: as
 * RTP events or by SIP INFO.
 */
#include "services/interpreter/call.h"

static void press(struct call *call, const char *sid, const char *digit)
{
	struct leg *leg = call_leg(call, sid);
	if (leg && leg->state < LEG_CANCELING)
		dial_digit(call, leg, digit);
}

void on_digit(struct call *call, const void *event)
{
	const struct digit *digit = event;
	press(call, digit->leg, digit->digit);
}

void on_digit_info(struct call *call, const void *event)
{
	const struct digit_info *info = event;
	press(call, info->leg, info->digit);
}
