/*
 * projection_requests.c - what the application was asked and told, and what it
 * should mend; see projection_private.h.
 */
#include "services/apid/projection_private.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "proto/mask.h"

#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX (512 * 1024)

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

const struct projection_row projection_requests[] = {
	{&noted_message, hear_noted},     {&get_message, hear_get},
	{&fetched_message, hear_fetched}, {&post_message, hear_post},
	{&posted_message, hear_posted},   {NULL, NULL},
};
