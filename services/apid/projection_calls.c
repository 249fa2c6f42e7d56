/*
 * projection_calls.c - calls as they are told of; see projection_private.h.
 *
 * What a leg was is told by call_closed, in the interpreter's own words; the
 * messages before it only let a live call be seen.
 */
#include "services/apid/projection_private.h"

#include "proto/mask.h"

#include <stdlib.h>
#include <string.h>

static void hear_incoming(const struct heard *heard, const void *message)
{
	const struct incoming *m = message;
	char *from = mask_uris(m->from_uri), *to = mask_uris(m->to_uri);
	store_put_call(
		heard->store,
		&(struct store_call){.sid = m->leg,
				     .root = heard->envelope->call_sid,
				     .account = heard->envelope->account_sid,
				     .from = from,
				     .to = to,
				     .direction = "inbound",
				     .status = CALL_RINGING,
				     .started_ms = heard->time_ms,
				     .updated_ms = heard->time_ms,
				     .sip_call_id = m->sip_call_id});
	free(from);
	free(to);
}

/* Whom, without the headers that are sent along. */
static char *target_of(const char *uri)
{
	char *to = mask_uris(uri);
	to[strcspn(to, "?")] = '\0';
	return to;
}

void projection_put_start(struct store *store, const char *account,
			  int64_t time_ms, const struct call_start *start)
{
	char *to = target_of(start->to), *from = mask_uris(start->caller_id);
	store_put_call(store, &(struct store_call){.sid = start->leg,
						   .root = start->leg,
						   .account = account,
						   .from = from,
						   .to = to,
						   .direction = "outbound-api",
						   .status = CALL_QUEUED,
						   .started_ms = time_ms,
						   .updated_ms = time_ms});
	free(from);
	free(to);
}

static void hear_start(const struct heard *heard, const void *message)
{
	projection_put_start(heard->store, heard->envelope->account_sid,
			     heard->time_ms, message);
}

/* The leg that the API asked for: it is there already. */
static void hear_root_dial(const struct heard *heard, const struct dial *m)
{
	store_put_call(heard->store,
		       &(struct store_call){.sid = m->leg,
					    .status = CALL_INITIATED,
					    .updated_ms = heard->time_ms,
					    .sip_call_id = m->sip_call_id});
}

static void hear_dial(const struct heard *heard, const void *message)
{
	const struct dial *m = message;
	if (strcmp(m->leg, heard->envelope->call_sid) == 0) {
		hear_root_dial(heard, m);
		return;
	}
	char *to = mask_uris(m->uri);
	store_put_call(
		heard->store,
		&(struct store_call){.sid = m->leg,
				     .root = heard->envelope->call_sid,
				     .parent = heard->envelope->call_sid,
				     .account = heard->envelope->account_sid,
				     .from = m->from_user,
				     .to = to,
				     .direction = "outbound-dial",
				     .status = CALL_INITIATED,
				     .started_ms = heard->time_ms,
				     .updated_ms = heard->time_ms,
				     .sip_call_id = m->sip_call_id});
	free(to);
}

/* From our 200 on, whenever its ACK comes. */
static void hear_answer(const struct heard *heard, const void *message)
{
	const struct answer *m = message;
	store_put_progress(heard->store,
			   &(struct store_call){.sid = m->leg,
						.status = CALL_IN_PROGRESS,
						.answered_ms = heard->time_ms,
						.updated_ms = heard->time_ms});
}

static void hear_ringing(const struct heard *heard, const void *message)
{
	const struct ringing *m = message;
	store_put_progress(heard->store,
			   &(struct store_call){.sid = m->leg,
						.status = CALL_RINGING,
						.updated_ms = heard->time_ms});
}

static void hear_answered(const struct heard *heard, const void *message)
{
	const struct answered *m = message;
	store_put_progress(heard->store,
			   &(struct store_call){.sid = m->leg,
						.status = CALL_IN_PROGRESS,
						.answered_ms = heard->time_ms,
						.updated_ms = heard->time_ms,
						.sip_status = m->status,
						.sip_phrase = m->phrase});
}

static enum call_status status_of_failure(int64_t sip_status)
{
	static const struct {
		int64_t sip_status;
		enum call_status status;
	} known[] = {
		{408, CALL_NO_ANSWER}, {480, CALL_NO_ANSWER}, {486, CALL_BUSY},
		{487, CALL_CANCELED},  {600, CALL_BUSY},      {603, CALL_BUSY},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].sip_status == sip_status)
			return known[i].status;
	return CALL_FAILED;
}

static void hear_failed(const struct heard *heard, const void *message)
{
	const struct failed *m = message;
	store_put_call(
		heard->store,
		&(struct store_call){.sid = m->leg,
				     .status = status_of_failure(m->status),
				     .ended_ms = heard->time_ms,
				     .updated_ms = heard->time_ms,
				     .sip_status = m->status,
				     .sip_phrase = m->phrase,
				     .error = m->error});
}

static void hear_ended(const struct heard *heard, const void *message)
{
	const struct ended *m = message;
	store_put_call(heard->store,
		       &(struct store_call){
			       .sid = m->leg,
			       .status = m->status
						 ? status_of_failure(m->status)
						 : CALL_COMPLETED,
			       .ended_ms = heard->time_ms,
			       .updated_ms = heard->time_ms,
			       .sip_status = m->status,
			       .ended_by = (enum leg_end)m->by,
			       .error = m->error});
}

static void put_outcome(const struct heard *heard,
			const struct leg_outcome *leg, int64_t error)
{
	const char *root = heard->envelope->call_sid;
	bool is_root = strcmp(leg->leg, root) == 0;
	char *to = mask_uris(leg->to ? leg->to : "");
	char *from = mask_uris(leg->from);
	store_put_call(
		heard->store,
		&(struct store_call){.sid = leg->leg,
				     .root = root,
				     .parent = is_root        ? ""
					       : *leg->parent ? leg->parent
							      : root,
				     .account = heard->envelope->account_sid,
				     .from = from,
				     .to = to,
				     .direction = leg->direction,
				     .status = (enum call_status)leg->status,
				     .started_ms = leg->started,
				     .answered_ms = leg->answered,
				     .ended_ms = leg->ended ? leg->ended
							    : heard->time_ms,
				     .updated_ms = heard->time_ms,
				     .sip_status = leg->sip_status,
				     .sip_phrase = leg->sip_phrase,
				     .sip_call_id = leg->sip_call_id,
				     .ended_by = (enum leg_end)leg->ended_by,
				     .error = is_root ? error : 0});
	free(from);
	free(to);
}

static void hear_closed(const struct heard *heard, const void *message)
{
	const struct call_closed *m = message;
	for (uint32_t i = 0; i < m->legs_count; i++)
		put_outcome(heard, &m->legs[i], m->error);
}

const struct projection_row projection_calls[] = {
	{&incoming_message, hear_incoming},  {&call_start_message, hear_start},
	{&answer_message, hear_answer},      {&dial_message, hear_dial},
	{&ringing_message, hear_ringing},    {&answered_message, hear_answered},
	{&failed_message, hear_failed},      {&ended_message, hear_ended},
	{&call_closed_message, hear_closed}, {NULL, NULL},
};
