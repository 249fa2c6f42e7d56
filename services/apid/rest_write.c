/*
 * rest_write.c - POST Calls.json and Calls/{CallSid}.json: what was asked for
 * becomes a message to the interpreter, which the house says.
 */
#include "services/apid/rest.h"

#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "services/apid/store.h"

#include <string.h>

#define LOGIC 1 /* of the interpreter's behaviour; see incoming.logic */

/* Nothing can be taken at the moment: it says so, and is true. */
bool rest_is_closed(const struct rest *rest, struct httpd_answer *answer)
{
	const char *why = rest->house.refuses(rest->house.owner);
	if (!why)
		return false;
	rest_refuse(rest, 503, ERR_OVERLOAD, why, answer);
	answer->extra_name = "Retry-After";
	answer->extra_value = "5";
	return true;
}

bool rest_has_form(const struct rest_found *found, struct httpd_answer *answer)
{
	if (found->request->has_form)
		return true;
	rest_refuse(found->rest, 400, ERR_API_PARAMETER,
		    "The body must be application/x-www-form-urlencoded",
		    answer);
	return false;
}

struct order_ask rest_ask(const struct rest_found *found)
{
	struct order_ask ask = found->request->form;
	ask.strict = found->rest->strict;
	return ask;
}

/* The call's record tells the customer; this tells who runs the platform. */
void rest_log_names(const char *call_sid, const char *ignored,
		    const char *unknown)
{
	if (ignored && *ignored)
		log_warn(call_sid, ERR_API_IGNORED,
			 "the API's client gave what has no effect: %s",
			 ignored);
	if (unknown)
		log_warn(call_sid, ERR_API_IGNORED,
			 "the API's client gave what is no parameter: %s",
			 unknown);
}

/* --- a call is started --- */

static int64_t limit_of(int64_t account, int64_t house)
{
	return account ? account : house;
}

/* What its documents may ask for. */
static void tell_limits(const struct rest *rest,
			const struct account_config *account,
			struct call_start *start)
{
	start->dial_max = limit_of(account->dial_max, rest->dial_max);
	start->sip_uri_max = limit_of(account->sip_uri_max, rest->sip_uri_max);
	start->sip_headers_max =
		limit_of(account->sip_headers_max, rest->sip_headers_max);
}

static void order_call(const struct rest_found *found, struct call_start *start,
		       struct httpd_answer *answer)
{
	const struct rest *rest = found->rest;
	const struct rest_house *house = &rest->house;
	id_random("CA", start->leg);
	const char *gateway = house->gateway(house->owner, start->leg);
	if (!gateway) {
		rest_refuse(rest, 503, ERR_OVERLOAD,
			    "No SIP gateway takes calls at the moment", answer);
		answer->extra_name = "Retry-After";
		answer->extra_value = "5";
		return;
	}
	(void)str_copy(start->gateway, sizeof(start->gateway), gateway);
	start->dialect = (int)rest->dialect;
	start->strict = rest->strict;
	start->media_secure = (int)found->account->media_secure;
	tell_limits(rest, found->account, start);
	if (rest->api_url && *rest->api_url)
		proto_set_long(&start->api_url, rest->api_url);
	start->logic = LOGIC;
	rest_log_names(start->leg, start->ignored, start->unknown);
	house->order(
		house->owner,
		&(struct rest_order){.desc = &call_start_message,
				     .message = start,
				     .account = found->account->account_sid,
				     .root = start->leg,
				     .sid = start->leg,
				     .base = found->base},
		found->request->form.lookup, answer);
}

void rest_start(const struct rest_found *found, struct httpd_answer *answer)
{
	struct order_wrong wrong = {0};
	if (!rest_has_form(found, answer) ||
	    rest_is_closed(found->rest, answer))
		return;
	struct call_start *start = proto_new(&call_start_message);
	const struct order_ask ask = rest_ask(found);
	if (order_start(&ask, start, &wrong))
		order_call(found, start, answer);
	else
		rest_refuse(found->rest, 400, wrong.code, wrong.text, answer);
	proto_free(&call_start_message, start);
}

/* --- a call is changed --- */

struct present {
	char root[40];
	enum call_status status;
};

static void on_call(void *owner, const struct store_call *call)
{
	struct present *present = owner;
	(void)str_copy(present->root, sizeof(present->root), call->root);
	present->status = call->status;
}

#define IN(status) (1U << (status))

/* In which states a wish can come true. */
static const struct {
	enum call_wish wish;
	unsigned states;
	const char *otherwise;
} wishes[] = {
	{CALL_WISH_REDIRECT, IN(CALL_IN_PROGRESS),
	 "Call is not in-progress. Cannot redirect."},
	{CALL_WISH_COMPLETE,
	 IN(CALL_QUEUED) | IN(CALL_INITIATED) | IN(CALL_RINGING) |
		 IN(CALL_IN_PROGRESS),
	 "Call is over. Cannot complete."},
	{CALL_WISH_CANCEL,
	 IN(CALL_QUEUED) | IN(CALL_INITIATED) | IN(CALL_RINGING),
	 "Call is not queued or ringing. Cannot cancel."},
};

static bool is_possible(const struct rest *rest, enum call_wish wish,
			enum call_status status, struct httpd_answer *answer)
{
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		if (wishes[i].wish != wish || (wishes[i].states & IN(status)))
			continue;
		rest_refuse(rest, 400, ERR_CALL_STATE, wishes[i].otherwise,
			    answer);
		return false;
	}
	return true;
}

static void order_change_of(const struct rest_found *found,
			    struct call_change *change,
			    struct httpd_answer *answer)
{
	const struct rest_house *house = &found->rest->house;
	const char *account = found->account->account_sid;
	struct present present = {.root = ""};
	if (!store_get_call(found->rest->store, account, found->call_sid,
			    on_call, &present)) {
		rest_not_found(found->request->path, answer);
		return;
	}
	if (!is_possible(found->rest, (enum call_wish)change->wish,
			 present.status, answer))
		return;
	(void)str_copy(change->leg, sizeof(change->leg), found->call_sid);
	rest_log_names(change->leg, change->ignored, change->unknown);
	house->order(house->owner,
		     &(struct rest_order){.desc = &call_change_message,
					  .message = change,
					  .account = account,
					  .root = present.root,
					  .sid = found->call_sid,
					  .base = found->base},
		     found->request->form.lookup, answer);
}

void rest_change(const struct rest_found *found, struct httpd_answer *answer)
{
	struct order_wrong wrong = {0};
	if (!rest_has_form(found, answer) ||
	    rest_is_closed(found->rest, answer))
		return;
	if (!id_is("CA", found->call_sid)) {
		rest_refuse(found->rest, 400, ERR_SID_INVALID,
			    "This is no CallSid", answer);
		return;
	}
	struct call_change *change = proto_new(&call_change_message);
	const struct order_ask ask = rest_ask(found);
	if (order_change(&ask, change, &wrong))
		order_change_of(found, change, answer);
	else
		rest_refuse(found->rest, 400, wrong.code, wrong.text, answer);
	proto_free(&call_change_message, change);
}
