/*
 * report.c - what sipgw tells the interpreter about a leg; see report.h.
 */
#include "services/sipgw/report.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/service.h"
#include "services/sipgw/leg.h"
#include "services/sipgw/sipgw.h"

#include <stddef.h>
#include <stdlib.h>

static enum report number_of(const struct proto_message *desc)
{
	static const struct {
		const struct proto_message *desc;
		enum report number;
	} kinds[] = {
		{&answered_message, REPORT_ANSWERED},
		{&failed_message, REPORT_FAILED},
		{&confirmed_message, REPORT_CONFIRMED},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].desc == desc)
			return kinds[i].number;
	return REPORT_ENDED;
}

static void say(struct service *service, const char *root,
		const char *account_sid, const char *leg_id, enum report number,
		const struct proto_message *desc, const void *message)
{
	char id[ID_BYTES];
	/* The root leg bears the call's CallSid, from which the interpreter
	 * derives its commands' ids: a prefix of our own keeps them apart. */
	id_derive("SG", leg_id, number, id);
	struct talk_to to = {
		.call_sid = root,
		.account_sid = *account_sid ? account_sid : NULL,
		.id = id,
	};
	talk_say(service, &to, desc, message);
}

void report_event(struct leg *leg, enum report number,
		  const struct proto_message *desc, const void *message)
{
	say(leg->gw->service, leg->root, leg->account_sid, leg->id, number,
	    desc, message);
}

void report_as(struct leg *leg, const char *id,
	       const struct proto_message *desc, const void *message)
{
	const struct talk_to to = {
		.call_sid = leg->root,
		.account_sid = *leg->account_sid ? leg->account_sid : NULL,
		.id = id,
	};
	talk_say(leg->gw->service, &to, desc, message);
}

/* One id for each process: another one tells it anew. */
void report_restored(struct leg *leg)
{
	struct service *service = leg->gw->service;
	struct restored restored;
	char id[ID_BYTES];
	str_copy(restored.leg, sizeof(restored.leg), leg->id);
	id_keyed("SR", leg->id, service->boot, "", "", id);
	const struct talk_to to = {
		.call_sid = leg->root,
		.account_sid = *leg->account_sid ? leg->account_sid : NULL,
		.id = id,
	};
	talk_say(service, &to, &restored_message, &restored);
}

/* Whoever waits to hear whether his INVITE was new: by name. */
struct asking {
	struct sipgw *gw;
	char leg[35];
};

static void on_incoming(void *owner, int error, uint64_t sequence, bool repeat)
{
	struct asking *asking = owner;
	struct leg *leg = leg_find(asking->gw, asking->leg);
	(void)error, (void)sequence;
	if (repeat && leg)
		report_restored(leg);
	free(asking);
}

void report_incoming(struct leg *leg, const struct incoming *incoming,
		     bool may_be_known)
{
	struct asking *asking = NULL;
	char id[ID_BYTES];
	id_derive("SG", leg->id, REPORT_INCOMING, id);
	struct talk_to to = {
		.call_sid = leg->root,
		.account_sid = *leg->account_sid ? leg->account_sid : NULL,
		.id = id,
	};
	if (may_be_known) {
		asking = mem_new(1, sizeof(*asking));
		asking->gw = leg->gw;
		str_copy(asking->leg, sizeof(asking->leg), leg->id);
		to.done = on_incoming;
		to.owner = asking;
	}
	talk_say(leg->gw->service, &to, &incoming_message, incoming);
}

void report_keep(struct leg *leg, const struct proto_message *desc,
		 const void *message)
{
	if (leg->said_message)
		proto_free(leg->said, leg->said_message);
	leg->said = desc;
	leg->said_message = proto_new(desc);
	proto_copy(desc, message, leg->said_message);
}

void report_outcome(struct leg *leg, enum report number,
		    const struct proto_message *desc, const void *message)
{
	report_event(leg, number, desc, message);
	report_keep(leg, desc, message);
}

/* The end needs no copy: the leg's own fields tell it. */
static void say_ended(struct leg *leg)
{
	struct ended ended = {
		.by = leg->end_error ? LEG_END_ERROR : leg->end_by,
		.status = leg->end_status,
		.error = leg->end_error,
	};
	str_copy(ended.leg, sizeof(ended.leg), leg->id);
	str_copy(ended.reason, sizeof(ended.reason), leg->end_reason);
	if (leg->end_error)
		str_copy(ended.error_text, sizeof(ended.error_text),
			 proto_error(leg->end_error)->advice);
	ended.headers_count = leg->end_header_count;
	for (uint32_t i = 0; i < leg->end_header_count; i++)
		ended.headers[i] = leg->end_headers[i];
	report_event(leg, REPORT_ENDED, &ended_message, &ended);
}

bool report_again(struct leg *leg)
{
	if (!leg->said)
		return false;
	if (leg->said_message)
		report_event(leg, number_of(leg->said), leg->said,
			     leg->said_message);
	else
		say_ended(leg);
	return true;
}

void report_ended(struct leg *leg)
{
	if (leg->end_error)
		log_warn(leg->root, leg->end_error, "leg %s: ended, %s",
			 leg->id, proto_error(leg->end_error)->name);
	else
		log_info(leg->root, "leg %s: ended by %s%s%s", leg->id,
			 proto_word(&leg_end_set, (int)leg->end_by),
			 *leg->end_reason ? ", " : "", leg->end_reason);
	if (leg->said_message)
		proto_free(leg->said, leg->said_message);
	leg->said = &ended_message;
	leg->said_message = NULL;
	say_ended(leg);
}

void report_refused(struct sipgw *gw, const struct envelope *command,
		    const char *leg_id, const struct proto_message *outcome,
		    int error)
{
	struct ended ended = {.by = LEG_END_ERROR, .error = error};
	struct failed failed = {.error = error};
	const char *advice = proto_error(error)->advice;
	str_copy(ended.leg, sizeof(ended.leg), leg_id);
	str_copy(ended.error_text, sizeof(ended.error_text), advice);
	str_copy(failed.leg, sizeof(failed.leg), leg_id);
	str_copy(failed.error_text, sizeof(failed.error_text), advice);
	log_warn(command->call_sid, error, "%s of leg %s refused: %s",
		 command->type, leg_id, proto_error(error)->name);
	say(gw->service, command->call_sid, command->account_sid, leg_id,
	    number_of(outcome), outcome,
	    outcome == &failed_message ? (const void *)&failed
				       : (const void *)&ended);
}
