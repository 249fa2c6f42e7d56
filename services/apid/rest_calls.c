/*
 * rest_calls.c - Calls.json and Calls/{CallSid}.json.
 */
#include "services/apid/rest.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "services/apid/date.h"
#include "services/apid/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const filters[] = {
	"To",         "From",       "ParentCallSid", "Status",   "StartTime",
	"StartTime<", "StartTime>", "EndTime",       "EndTime<", "EndTime>",
	NULL};

/* --- one call --- */

/* The API has no word for a call that is being dialled but queued. */
static const char *status_word(enum call_status status)
{
	return proto_word(
		&call_status_set,
		(int)(status == CALL_INITIATED ? CALL_QUEUED : status));
}

/* Whole seconds of talk; "" while the call lives. */
static void duration_of(const struct store_call *call, char *to, size_t size)
{
	int64_t ms = call->answered_ms && call->ended_ms > call->answered_ms
			     ? call->ended_ms - call->answered_ms
			     : 0;
	to[0] = '\0';
	if (call->ended_ms)
		str_format(to, size, "%" PRId64, (ms + 500) / 1000);
}

static void add_uris(const char *base, const struct store_call *call,
		     struct buf *to)
{
	static const char *const subresources[] = {"notifications", "events"};
	static const char *const names[] = {"Notifications", "Events"};
	buf_addf(to, ",\"uri\":\"%s/Accounts/%s/Calls/%s.json\"", base,
		 call->account, call->sid);
	buf_add_text(to, ",\"subresource_uris\":{");
	for (size_t i = 0; i < 2; i++)
		buf_addf(to, "%s\"%s\":\"%s/Accounts/%s/Calls/%s/%s.json\"",
			 i ? "," : "", subresources[i], base, call->account,
			 call->sid, names[i]);
	buf_add_text(to, "}");
}

void rest_add_call(const struct rest *rest, const char *base,
		   const struct store_call *call, struct buf *to)
{
	char duration[24];
	duration_of(call, duration, sizeof(duration));
	buf_add_text(to, "{\"sid\":\"");
	buf_add_json(to, call->sid);
	buf_add_text(to, "\"");
	rest_date(to, "date_created", call->started_ms);
	rest_date(to, "date_updated", call->updated_ms);
	rest_member(to, "parent_call_sid", call->parent);
	rest_member(to, "account_sid", call->account);
	rest_member(to, "to", call->to);
	rest_member(to, "to_formatted", call->to);
	rest_member(to, "from", call->from);
	rest_member(to, "from_formatted", call->from);
	rest_member(to, "phone_number_sid", NULL);
	rest_member(to, "status", status_word(call->status));
	rest_date(to, "start_time", call->started_ms);
	rest_date(to, "end_time", call->ended_ms);
	if (rest->dialect == DIALECT_SIGNALWIRE && *duration)
		buf_addf(to, ",\"duration\":%s", duration);
	else
		rest_member(to, "duration", duration);
	rest_member(to, "price", NULL);
	rest_member(to, "price_unit", "USD");
	rest_member(to, "direction", call->direction);
	rest_member(to, "answered_by", NULL);
	rest_member(to, "api_version", rest_version(base));
	rest_member(to, "forwarded_from", NULL);
	rest_member(to, "group_sid", NULL);
	rest_member(to, "caller_name", NULL);
	rest_member(to, "queue_time", "0");
	rest_member(to, "trunk_sid", NULL);
	add_uris(base, call, to);
	if (call->sip_status)
		buf_addf(to, ",\"sip_result_code\":%" PRId64, call->sip_status);
	buf_add_text(to, "}");
}

struct shown {
	const struct rest *rest;
	const char *base;
	bool queued; /* it was, when it was asked for */
	struct buf json;
};

static void on_call(void *owner, const struct store_call *call)
{
	struct shown *shown = owner;
	struct store_call copy = *call;
	if (shown->queued)
		copy.status = CALL_QUEUED;
	rest_add_call(shown->rest, shown->base, &copy, &shown->json);
}

/* False: there is no such call. */
static bool show(struct shown *shown, const char *account, const char *sid,
		 struct httpd_answer *answer)
{
	bool found = store_get_call(shown->rest->store, account, sid, on_call,
				    shown);
	buf_add_text(&shown->json, "\n");
	if (found)
		rest_send(&shown->json, answer);
	buf_free(&shown->json);
	return found;
}

void rest_call(const struct rest_found *found, struct httpd_answer *answer)
{
	struct shown shown = {.rest = found->rest,
			      .base = found->base,
			      .json = BUF_INIT(REST_ANSWER_MAX)};
	if (!show(&shown, found->account->account_sid, found->call_sid, answer))
		rest_not_found(found->request->path, answer);
}

bool rest_ordered(const struct rest *rest, const struct rest_order *order,
		  struct httpd_answer *answer)
{
	if (order->desc == &record_wish_message)
		return rest_recorded(rest, order, answer);
	bool started = order->desc == &call_start_message;
	struct shown shown = {.rest = rest,
			      .base = order->base,
			      .queued = started,
			      .json = BUF_INIT(REST_ANSWER_MAX)};
	if (!show(&shown, order->account, order->sid, answer))
		return false;
	answer->status = started ? 201 : 200;
	return true;
}

/* --- which calls --- */

static const char *value_of(const struct rest_found *found, const char *name)
{
	const struct page_ask *ask = &found->request->query;
	const char *value = ask->query(ask->lookup, name);
	return value && *value ? value : NULL;
}

/* "StartTime", "StartTime<" and "StartTime>": both ends belong to it. */
static bool parse_times(const struct rest_found *found, const char *exact,
			const char *until, const char *since, int64_t *from_ms,
			int64_t *to_ms)
{
	int64_t ms, span;
	const char *value = value_of(found, exact);
	if (value) {
		if (!date_parse(value, &ms, &span))
			return false;
		*from_ms = ms;
		*to_ms = ms + span - 1;
	}
	value = value_of(found, until);
	if (value) {
		if (!date_parse(value, &ms, &span))
			return false;
		*to_ms = ms;
	}
	value = value_of(found, since);
	if (value) {
		if (!date_parse(value, &ms, &span))
			return false;
		*from_ms = ms;
	}
	return true;
}

/* NULL, or what is wrong. */
static const char *parse_filter(const struct rest_found *found,
				struct store_filter *filter)
{
	const char *status = value_of(found, "Status");
	*filter = (struct store_filter){
		.account = found->account->account_sid,
		.from = value_of(found, "From"),
		.to = value_of(found, "To"),
		.parent = value_of(found, "ParentCallSid")};
	if (status) {
		filter->status =
			(enum call_status)proto_value(&call_status_set, status);
		if (filter->status == CALL_QUEUED)
			filter->status = CALL_INITIATED;
		if (!filter->status)
			return "Status is one of queued, ringing, in-progress, "
			       "completed, busy, failed, no-answer, canceled";
	}
	if (!parse_times(found, "StartTime", "StartTime<", "StartTime>",
			 &filter->started_from_ms, &filter->started_to_ms) ||
	    !parse_times(found, "EndTime", "EndTime<", "EndTime>",
			 &filter->ended_from_ms, &filter->ended_to_ms))
		return "StartTime and EndTime are dates: 2026-11-22, "
		       "2026-11-22T01:02:03Z or RFC 2822";
	return NULL;
}

/* --- the list --- */

struct row {
	size_t start, end; /* in 'json' */
	int64_t ms;
	char sid[40];
};

struct listing {
	const struct rest_found *found;
	struct buf json;
	struct row *rows;
	unsigned count;
};

static void on_listed(void *owner, const struct store_call *call)
{
	struct listing *listing = owner;
	struct row *row = &listing->rows[listing->count++];
	row->start = listing->json.length;
	rest_add_call(listing->found->rest, listing->found->base, call,
		      &listing->json);
	row->end = listing->json.length;
	row->ms = call->started_ms;
	str_copy(row->sid, sizeof(row->sid), call->sid);
}

/* One row more than asked for was read: it tells whether there is another page,
 * and is the first one when the page was read backwards. */
static void add_list(const struct rest_found *found, const struct page *page,
		     const struct listing *listing, struct buf *to)
{
	bool more = listing->count > page->size;
	unsigned first = page->before && more ? 1 : 0;
	unsigned last = first + (more ? page->size : listing->count);
	struct page_shown shown = {
		.count = last - first,
		.more_before = page->before
				       ? more
				       : page->number > 0 || page->mark_ms > 0,
		.more_after = page->before || more};
	buf_add_text(to, "{\"calls\":[");
	for (unsigned i = first; i < last; i++) {
		const struct row *row = &listing->rows[i];
		buf_add_text(to, i > first ? "," : "");
		buf_add(to, listing->json.data + row->start,
			row->end - row->start);
	}
	buf_add_text(to, "]");
	if (shown.count) {
		const struct row *a = &listing->rows[first];
		const struct row *b = &listing->rows[last - 1];
		shown.first_ms = a->ms;
		shown.last_ms = b->ms;
		str_copy(shown.first_sid, sizeof(shown.first_sid), a->sid);
		str_copy(shown.last_sid, sizeof(shown.last_sid), b->sid);
	} else {
		shown.more_before = shown.more_after = false;
	}
	page_add(page,
		 &(struct page_link){found->path, filters,
				     &found->request->query},
		 &shown, to);
	buf_add_text(to, "}\n");
}

void rest_calls(const struct rest_found *found, struct httpd_answer *answer)
{
	struct store_filter filter;
	struct page page;
	const char *wrong = page_parse(&found->request->query, &page);
	if (!wrong)
		wrong = parse_filter(found, &filter);
	if (wrong) {
		rest_bad(wrong, answer);
		return;
	}
	struct row rows[PAGE_MAX + 1];
	struct listing listing = {.found = found,
				  .json = BUF_INIT(REST_ANSWER_MAX),
				  .rows = rows};
	struct buf json = BUF_INIT(REST_ANSWER_MAX);
	store_list_calls(
		found->rest->store, &filter,
		&(struct store_page){
			.size = page.size + 1,
			.skip = page.mark_ms ? 0 : page.number * page.size,
			.before = page.before,
			.mark_ms = page.mark_ms,
			.mark_sid = page.mark_sid},
		on_listed, &listing);
	add_list(found, &page, &listing, &json);
	buf_free(&listing.json);
	rest_send(&json, answer);
}
