/*
 * projection.c - from messages to rows; see projection.h.
 *
 * What a leg was is told by call_closed, in the interpreter's own words; the
 * messages before it only let a live call be seen.
 */
#include "services/apid/projection.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/runtime/metrics.h"
#include "proto/mask.h"
#include "proto/proto.h"
#include "services/apid/store.h"

#include <stdlib.h>
#include <string.h>

#define TYPE_BYTES 32
#define PARAMS_MAX (512 * 1024)

METRIC_COUNTER(projected, "projection_messages_total", "result=\"stored\"",
	       "Messages of the record that were looked at.")
METRIC_COUNTER(passed, "projection_messages_total", "result=\"passed\"",
	       "Messages of the record that were looked at.")
METRIC_COUNTER(malformed, "projection_messages_total", "result=\"malformed\"",
	       "Messages of the record that were looked at.")

struct heard {
	struct store *store;
	const struct envelope *envelope;
	int64_t time_ms; /* the stream's */
	uint64_t sequence;
};

/* --- calls --- */

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

/* --- notifications --- */

static void hear_noted(const struct heard *heard, const void *message)
{
	const struct noted *m = message;
	char sid[ID_BYTES];
	char *url = mask_uris(m->url ? m->url : "");
	id_derive("NO", heard->envelope->id, 0, sid);
	store_put_notification(heard->store,
			       &(struct store_notification){
				       .sequence = heard->sequence,
				       .sid = sid,
				       .call = m->leg,
				       .account = heard->envelope->account_sid,
				       .level = (enum note_level)m->level,
				       .code = m->code,
				       .time_ms = heard->time_ms,
				       .text = m->text,
				       .url = url});
	free(url);
}

/* --- requests to the application --- */

static void put_request(const struct heard *heard,
			struct store_request *request, const char *url,
			const struct param *params, uint32_t count)
{
	struct buf json = BUF_INIT(PARAMS_MAX);
	char *masked = mask_uris(url);
	buf_add_text(&json, "{");
	for (uint32_t i = 0; i < count; i++) {
		char *value = mask_uris(params[i].value ? params[i].value : "");
		buf_add_text(&json, i ? ",\"" : "\"");
		buf_add_json(&json, params[i].name);
		buf_add_text(&json, "\":\"");
		buf_add_json(&json, value);
		buf_add_text(&json, "\"");
		free(value);
	}
	buf_add_text(&json, "}");
	request->sequence = heard->sequence;
	request->time_ms = heard->time_ms;
	request->root = heard->envelope->call_sid;
	request->url = masked;
	request->params = json.full ? "{}" : buf_text(&json);
	store_put_request(heard->store, request);
	buf_free(&json);
	free(masked);
}

static const char *value_of(const struct param *params, uint32_t count,
			    const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(params[i].name, name) == 0 && params[i].value)
			return params[i].value;
	return "";
}

static void pass_over(void *owner, const struct store_call *call)
{
	(void)owner, (void)call;
}

/*
 * What became of a leg, as the application is told; its SIP status alone does
 * not say that it was given up since nobody answered.
 */
static void put_told(const struct heard *heard, const char *sid,
		     const char *word)
{
	int status = proto_value(&call_status_set, word);
	if (status < CALL_COMPLETED || status > CALL_CANCELED ||
	    !store_get_call(heard->store, heard->envelope->account_sid, sid,
			    pass_over, NULL))
		return;
	store_put_call(heard->store,
		       &(struct store_call){.sid = sid,
					    .status = (enum call_status)status,
					    .updated_ms = heard->time_ms});
}

/* A leg that was redirected, or declined, is not what its Dial has come to. */
static void hear_dial_over(const struct heard *heard, const struct get *m)
{
	const char *word =
		value_of(m->params, m->params_count, "DialCallStatus");
	if (*word && strcmp(word, "completed") != 0 &&
	    !*value_of(m->params, m->params_count, "DialDeclined"))
		put_told(heard,
			 value_of(m->params, m->params_count, "DialCallSid"),
			 word);
}

static void hear_get(const struct heard *heard, const void *message)
{
	const struct get *m = message;
	hear_dial_over(heard, m);
	struct store_request request = {
		.name = m->fetch,
		.call = m->leg,
		.method = proto_word(&http_method_set, m->method)};
	put_request(heard, &request, m->url, m->params, m->params_count);
}

static void hear_post(const struct heard *heard, const void *message)
{
	const struct post *m = message;
	if (strcmp(m->event, "completed") == 0)
		put_told(heard, m->leg,
			 value_of(m->params, m->params_count, "CallStatus"));
	struct store_request request = {
		.name = m->hook,
		.call = m->leg,
		.method = proto_word(&http_method_set, m->method)};
	put_request(heard, &request, m->url, m->params, m->params_count);
}

static void hear_fetched(const struct heard *heard, const void *message)
{
	const struct fetched *m = message;
	store_put_attempt(
		heard->store,
		&(struct store_attempt){.name = m->fetch,
					.root = heard->envelope->call_sid,
					.sequence = heard->sequence,
					.time_ms = heard->time_ms,
					.status = m->status,
					.error = m->error,
					.took_ms = m->total_ms,
					.content_type = m->content_type});
}

static void hear_posted(const struct heard *heard, const void *message)
{
	const struct posted *m = message;
	store_put_attempt(
		heard->store,
		&(struct store_attempt){.name = m->hook,
					.root = heard->envelope->call_sid,
					.sequence = heard->sequence,
					.time_ms = heard->time_ms,
					.status = m->status,
					.error = m->error,
					.took_ms = m->total_ms});
}

/* --- recordings --- */

static void hear_record_start(const struct heard *heard, const void *message)
{
	const struct record_start *m = message;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .call = m->leg,
				    .started_ms = heard->time_ms});
}

void projection_put_wish(struct store *store, const char *account,
			 const struct record_wish *wish)
{
	store_put_recording(
		store, &(struct store_recording){
			       .sid = wish->recording,
			       .account = account,
			       .call = wish->leg,
			       .status = (enum record_status)wish->status});
}

static void hear_record_wish(const struct heard *heard, const void *message)
{
	projection_put_wish(heard->store, heard->envelope->account_sid,
			    message);
}

/* Not as it was asked for. Unknown: the interpreter states it anew. */
static void hear_record_changed(const struct heard *heard, const void *message)
{
	const struct record_changed *m = message;
	if (!m->error || m->error == ERR_MEDIA_UNKNOWN)
		return;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .status = m->paused ? RECORD_STATUS_PAUSED
							: RECORD_STATUS_RUNS});
}

static void hear_recording_done(const struct heard *heard, const void *message)
{
	const struct recording_done *m = message;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .duration_ms = m->duration_ms,
				    .channels = m->channels,
				    .over = true,
				    .absent = m->absent});
}

static void hear_recording_stored(const struct heard *heard,
				  const void *message)
{
	const struct recording_stored *m = message;
	store_put_recording(heard->store,
			    &(struct store_recording){
				    .sid = m->recording,
				    .account = heard->envelope->account_sid,
				    .bytes = m->bytes,
				    .url = m->url});
}

static const struct row {
	const struct proto_message *desc;
	void (*hear)(const struct heard *heard, const void *message);
} rows[] = {
	{&incoming_message, hear_incoming},
	{&call_start_message, hear_start},
	{&answer_message, hear_answer},
	{&dial_message, hear_dial},
	{&ringing_message, hear_ringing},
	{&answered_message, hear_answered},
	{&failed_message, hear_failed},
	{&ended_message, hear_ended},
	{&call_closed_message, hear_closed},
	{&noted_message, hear_noted},
	{&get_message, hear_get},
	{&fetched_message, hear_fetched},
	{&post_message, hear_post},
	{&posted_message, hear_posted},
	{&record_start_message, hear_record_start},
	{&record_wish_message, hear_record_wish},
	{&record_changed_message, hear_record_changed},
	{&recording_done_message, hear_recording_done},
	{&recording_stored_message, hear_recording_stored},
};

/* --- which row a message is for --- */

/*
 * 'type' is a message's first field in every release, so most messages are put
 * aside without being parsed. One that begins otherwise is parsed.
 */
static bool type_of(const struct bus_message *message, char *type_out)
{
	static const char begin[] = "{\"type\":\"";
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	if (str_starts(message->data, begin)) {
		const char *type = message->data + strlen(begin);
		return str_copy_bytes(type_out, TYPE_BYTES, type,
				      strcspn(type, "\""));
	}
	return proto_peek(message->data, message->size, &envelope, error) &&
	       str_copy(type_out, TYPE_BYTES, envelope.type);
}

static const struct row *row_of(const char *type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].desc->name, type) == 0)
			return &rows[i];
	return NULL;
}

bool projection_hear(struct store *store, const struct bus_message *message)
{
	struct envelope envelope;
	char type[TYPE_BYTES] = "", error[PROTO_ERROR_BYTES];
	const struct row *row = type_of(message, type) ? row_of(type) : NULL;
	if (!row) {
		metric_add(&passed, 1);
		return false;
	}
	void *typed = proto_new(row->desc);
	bool good = proto_decode(row->desc, message->data, message->size,
				 &envelope, typed, error);
	if (good) {
		row->hear(&(struct heard){store, &envelope, message->time_ms,
					  message->sequence},
			  typed);
		metric_add(&projected, 1);
	} else {
		metric_add(&malformed, 1);
		log_warn(NULL, 0, "message %llu on %s is malformed: %s",
			 (unsigned long long)message->sequence,
			 message->subject, error);
	}
	proto_free(row->desc, typed);
	return good;
}
