/*
 * rest_details.c - Notifications.json, Events.json and Recordings.json of one
 * call: what went wrong, every request to the customer's application with its
 * answer, and what was recorded.
 */
#include "services/apid/rest.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "services/apid/store.h"

#include <inttypes.h>
#include <string.h>

static const char *const no_filters[] = {NULL};

struct listing {
	const struct rest_found *found;
	struct buf json;
	unsigned count, size;
	char root[40]; /* of the call that was found */
};

static void on_call(void *owner, const struct store_call *call)
{
	struct listing *listing = owner;
	str_copy(listing->root, sizeof(listing->root), call->root);
}

/* The row after the page only tells that there is one. */
static bool next_row(struct listing *listing)
{
	if (listing->count++ >= listing->size)
		return false;
	buf_add_text(&listing->json, listing->count > 1 ? "," : "");
	return true;
}

/* All lists are read the same way. */
static void send_list(const struct rest_found *found, const char *name,
		      unsigned (*read)(struct store *store, const char *call,
				       unsigned skip, struct listing *listing),
		      struct httpd_answer *answer)
{
	struct listing listing = {.found = found,
				  .json = BUF_INIT(REST_ANSWER_MAX)};
	const struct rest *rest = found->rest;
	struct page page;
	const char *wrong = page_parse(&found->request->query, &page);
	if (wrong) {
		rest_bad(wrong, answer);
		return;
	}
	if (!store_get_call(rest->store, found->account->account_sid,
			    found->call_sid, on_call, &listing)) {
		rest_not_found(found->request->path, answer);
		return;
	}
	listing.size = page.size;
	buf_addf(&listing.json, "{\"%s\":[", name);
	unsigned count = read(rest->store, found->call_sid,
			      page.number * page.size, &listing);
	buf_add_text(&listing.json, "]");
	page_add(&page,
		 &(struct page_link){found->path, no_filters,
				     &found->request->query},
		 &(struct page_shown){.count = count > page.size ? page.size
								 : count,
				      .more_before = page.number > 0,
				      .more_after = count > page.size},
		 &listing.json);
	buf_add_text(&listing.json, "}\n");
	rest_send(&listing.json, answer);
}

/* --- notifications --- */

static void on_notification(void *owner, const struct store_notification *found)
{
	struct listing *listing = owner;
	struct buf *to = &listing->json;
	char code[24], more[HTTPD_LINK_BYTES], uri[REST_PATH_BYTES];
	if (!next_row(listing))
		return;
	str_format(code, sizeof(code), "%" PRId64, found->code);
	httpd_error_link((int)found->code, more);
	str_format(uri, sizeof(uri),
		   "%s/Accounts/%s/Calls/%s/Notifications.json",
		   listing->found->base, found->account, found->call);
	buf_addf(to, "{\"sid\":\"%s\"", found->sid);
	rest_member(to, "account_sid", found->account);
	rest_member(to, "call_sid", found->call);
	rest_member(to, "api_version", rest_version(listing->found->base));
	/* as the debugger's clients know it: 0 error, 1 warning */
	rest_member(to, "log", found->level == NOTE_ERROR ? "0" : "1");
	rest_member(to, "error_code", code);
	rest_member(to, "message_text", found->text);
	rest_member(to, "more_info", more);
	rest_member(to, "request_method", NULL);
	rest_member(to, "request_url", found->url);
	rest_date(to, "message_date", found->time_ms);
	rest_date(to, "date_created", found->time_ms);
	rest_date(to, "date_updated", found->time_ms);
	rest_member(to, "uri", uri);
	buf_add_text(to, "}");
}

static unsigned read_notifications(struct store *store, const char *call,
				   unsigned skip, struct listing *listing)
{
	return store_list_notifications(store, call, skip, listing->size + 1,
					on_notification, listing);
}

void rest_notifications(const struct rest_found *found,
			struct httpd_answer *answer)
{
	send_list(found, "notifications", read_notifications, answer);
}

/* --- events --- */

static void on_event(void *owner, const struct store_request *request,
		     const struct store_attempt *attempt)
{
	struct listing *listing = owner;
	struct buf *to = &listing->json;
	if (!next_row(listing))
		return;
	buf_add_text(to, "{\"request\":{\"method\":\"");
	buf_add_json(to, request->method);
	buf_add_text(to, "\"");
	rest_member(to, "url", request->url);
	buf_addf(to, ",\"parameters\":%s},\"response\":{\"response_code\":",
		 request->params);
	if (attempt->status)
		buf_addf(to, "%" PRId64, attempt->status);
	else
		buf_add_text(to, "null");
	buf_addf(to, ",\"request_duration\":%" PRId64, attempt->took_ms);
	rest_member(to, "content_type", attempt->content_type);
	rest_date(to, "date_created", attempt->time_ms);
	if (attempt->error)
		buf_addf(to, ",\"error_code\":%" PRId64, attempt->error);
	buf_add_text(to, "}}");
}

static unsigned read_events(struct store *store, const char *call,
			    unsigned skip, struct listing *listing)
{
	return store_list_events(store, listing->root, call, skip,
				 listing->size + 1, on_event, listing);
}

void rest_events(const struct rest_found *found, struct httpd_answer *answer)
{
	send_list(found, "events", read_events, answer);
}

/* --- recordings --- */

static void on_recording(void *owner, const struct store_recording *recording)
{
	struct listing *listing = owner;
	if (next_row(listing))
		rest_add_recording(listing->found->base, recording,
				   &listing->json);
}

static unsigned read_recordings(struct store *store, const char *call,
				unsigned skip, struct listing *listing)
{
	return store_list_recordings(
		store, listing->found->account->account_sid, call, false, skip,
		listing->size + 1, on_recording, listing);
}

void rest_recordings(const struct rest_found *found,
		     struct httpd_answer *answer)
{
	send_list(found, "recordings", read_recordings, answer);
}
