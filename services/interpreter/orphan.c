/*
 * orphan.c - an event of a call that is over, or whose history is gone:
 * whatever it shows to be alive is ended, as nobody can tell what was to become
 * of it.
 */
#include "services/interpreter/call.h"

#include "lib/base/str.h"

#include <string.h>

static const char *speaker(const struct call *call)
{
	const char *slash = strchr(call->envelope->from, '/');
	return slash ? slash + 1 : "any";
}

static void hang_up(struct call *call, const char *leg)
{
	struct hangup *hangup = proto_new(&hangup_message);
	(void)str_copy(hangup->leg, sizeof(hangup->leg), leg);
	say(call, &hangup_message, hangup, speaker(call));
}

static void confirmed_alone(struct call *call, const void *event)
{
	hang_up(call, ((const struct confirmed *)event)->leg);
}

static void answered_alone(struct call *call, const void *event)
{
	hang_up(call, ((const struct answered *)event)->leg);
}

static void restored_alone(struct call *call, const void *event)
{
	hang_up(call, ((const struct restored *)event)->leg);
}

static void ringing_alone(struct call *call, const void *event)
{
	struct cancel *cancel = proto_new(&cancel_message);
	(void)str_copy(cancel->leg, sizeof(cancel->leg),
		       ((const struct ringing *)event)->leg);
	say(call, &cancel_message, cancel, speaker(call));
}

static void opened_alone(struct call *call, const void *event)
{
	const struct leg_opened *opened = event;
	struct leg_close *close = proto_new(&leg_close_message);
	for (uint32_t i = 0; i < opened->legs_count; i++)
		(void)str_copy(close->legs[close->legs_count++].leg,
			       sizeof(close->legs[0].leg), opened->legs[i].leg);
	say(call, &leg_close_message, close, opened->mediad);
}

static const struct {
	const struct proto_message *desc;
	void (*heard)(struct call *call, const void *event);
} signs_of_life[] = {
	{&confirmed_message, confirmed_alone},
	{&answered_message, answered_alone},
	{&restored_message, restored_alone},
	{&ringing_message, ringing_alone},
	{&leg_opened_message, opened_alone},
};

void orphan_step(struct call *call, const struct proto_message *desc,
		 const void *event)
{
	struct leg nobody = {0};
	for (size_t i = 0; i < sizeof(signs_of_life) / sizeof(signs_of_life[0]);
	     i++) {
		if (signs_of_life[i].desc != desc)
			continue;
		(void)str_copy(call->sid, sizeof(call->sid),
			       call->envelope->call_sid);
		(void)str_copy(call->account, sizeof(call->account),
			       call->envelope->account_sid);
		/* Each event has its own commands, whatever was said before. */
		call->said = call->last_sequence << 8;
		(void)str_copy(nobody.sid, sizeof(nobody.sid), call->sid);
		note(call, &nobody, NOTE_ERROR, ERR_HISTORY_LOST, NULL,
		     "'%s' came for a call that is over or whose first event "
		     "is gone: it is hung up",
		     desc->name);
		signs_of_life[i].heard(call, event);
	}
}
