/*
 * rest_recording.c - a recording: what is known of it, or its sound.
 */
#include "services/apid/rest.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "services/apid/store.h"

#include <inttypes.h>
#include <string.h>

#define SID_BYTES 40
#define URL_BYTES 2049
#define MS_PER_S 1000

struct shown {
	const struct rest_found *found;
	const char *base;
	struct buf json;
	bool absent, elsewhere; /* elsewhere: of another call */
	char url[URL_BYTES];
};

static const char *status_of(const struct store_recording *recording)
{
	if (recording->over)
		return recording->absent ? "absent" : "completed";
	return proto_word(&record_status_set, recording->status
						      ? (int)recording->status
						      : RECORD_STATUS_RUNS);
}

void rest_add_recording(const char *base,
			const struct store_recording *recording,
			struct buf *json)
{
	buf_add_text(json, "{\"sid\":\"");
	buf_add_json(json, recording->sid);
	buf_add_text(json, "\"");
	rest_member(json, "account_sid", recording->account);
	rest_member(json, "call_sid", recording->call);
	rest_member(json, "status", status_of(recording));
	rest_date(json, "date_created", recording->started_ms);
	rest_date(json, "start_time", recording->started_ms);
	buf_addf(json, ",\"channels\":%" PRId64, recording->channels);
	buf_addf(json, ",\"duration\":\"%" PRId64 "\"",
		 recording->duration_ms / MS_PER_S);
	rest_member(json, "api_version", rest_version(base));
	buf_addf(json, ",\"uri\":\"%s/Accounts/%s/Recordings/%s.json\"}", base,
		 recording->account, recording->sid);
}

static void on_found(void *owner, const struct store_recording *recording)
{
	struct shown *shown = owner;
	const char *above = shown->found ? shown->found->above : "";

	shown->elsewhere = *above && strcmp(above, recording->call) != 0;
	shown->absent = recording->absent;
	str_copy(shown->url, sizeof(shown->url), recording->url);
	rest_add_recording(shown->base, recording, &shown->json);
	buf_add_text(&shown->json, "\n");
}

/* Whether it is over mediad knows first: the application that it has just told
 * so may ask before the record has come here. */
static void send_sound(const struct shown *shown, const char *sid,
		       struct httpd_answer *answer)
{
	const struct rest *rest = shown->found->rest;
	char text[URL_BYTES + 64];

	if (shown->absent) {
		httpd_error(answer, 404, ERR_API_NOT_FOUND,
			    "Nothing was recorded: there is no sound");
	} else if (shown->url[0]) {
		str_format(text, sizeof(text), "The recording is at %s",
			   shown->url);
		httpd_error(answer, 404, ERR_API_NOT_FOUND, text);
	} else {
		rest->house.sound(rest->house.owner, sid,
				  shown->found->request->form.lookup, answer);
	}
}

void rest_recording(const struct rest_found *found, struct httpd_answer *answer)
{
	struct shown shown = {.found = found,
			      .base = found->base,
			      .json = BUF_INIT(REST_ANSWER_MAX)};
	char sid[SID_BYTES];

	if (!str_copy(sid, sizeof(sid), found->call_sid)) {
		rest_not_found(found->path, answer);
		return;
	}
	if (str_ends(sid, ".wav"))
		sid[strlen(sid) - strlen(".wav")] = '\0';
	if (!store_get_recording(found->rest->store,
				 found->account->account_sid, sid, on_found,
				 &shown) ||
	    shown.elsewhere)
		rest_not_found(found->path, answer);
	else if (found->json)
		rest_send(&shown.json, answer);
	else
		send_sound(&shown, sid, answer);
	buf_free(&shown.json);
}

bool rest_recorded(const struct rest *rest, const struct rest_order *order,
		   struct httpd_answer *answer)
{
	struct shown shown = {.base = order->base,
			      .json = BUF_INIT(REST_ANSWER_MAX)};
	bool found = store_get_recording(rest->store, order->account,
					 order->sid, on_found, &shown);

	if (found)
		rest_send(&shown.json, answer);
	buf_free(&shown.json);
	return found;
}
