/*
 * rest_record.c - POST Calls/{CallSid}/Recordings/{RecordingSid}.json: a
 * recording that goes on is paused, goes on again, or is ended.
 */
#include "services/apid/rest.h"

#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "services/apid/store.h"

#include <string.h>

#define CURRENT "Twilio.CURRENT" /* the call's last one that is not over */
#define SID_BYTES 40

struct present {
	char root[SID_BYTES], sid[SID_BYTES], call[SID_BYTES];
	bool ends; /* it is over, or was asked to be */
};

static void on_call(void *owner, const struct store_call *call)
{
	struct present *present = owner;

	(void)str_copy(present->root, sizeof(present->root), call->root);
}

static void on_recording(void *owner, const struct store_recording *recording)
{
	struct present *present = owner;

	(void)str_copy(present->sid, sizeof(present->sid), recording->sid);
	(void)str_copy(present->call, sizeof(present->call), recording->call);
	present->ends =
		recording->over || recording->status == RECORD_STATUS_STOPPED;
}

/* False: that call has no such recording, or is none. */
static bool find(const struct rest_found *found, struct present *present)
{
	const char *account = found->account->account_sid;
	struct store *store = found->rest->store;
	bool is_there =
		strcmp(found->call_sid, CURRENT) == 0
			? store_list_recordings(store, account, found->above,
						true, 0, 1, on_recording,
						present) > 0
			: store_get_recording(store, account, found->call_sid,
					      on_recording, present);

	return is_there && strcmp(present->call, found->above) == 0 &&
	       store_get_call(store, account, found->above, on_call, present);
}

static void order_of(const struct rest_found *found, struct record_wish *wish,
		     struct httpd_answer *answer)
{
	const struct rest_house *house = &found->rest->house;
	struct present present = {.root = ""};

	if (!find(found, &present)) {
		rest_not_found(found->request->path, answer);
		return;
	}
	if (present.ends) {
		rest_refuse(found->rest, 400, ERR_CALL_STATE,
			    "Recording is over. Cannot change it.", answer);
		return;
	}
	(void)str_copy(wish->recording, sizeof(wish->recording), present.sid);
	(void)str_copy(wish->leg, sizeof(wish->leg), present.call);
	rest_log_names(wish->leg, NULL, wish->unknown);
	house->order(
		house->owner,
		&(struct rest_order){.desc = &record_wish_message,
				     .message = wish,
				     .account = found->account->account_sid,
				     .root = present.root,
				     .sid = present.sid,
				     .base = found->base},
		found->request->form.lookup, answer);
}

void rest_record(const struct rest_found *found, struct httpd_answer *answer)
{
	struct order_wrong wrong = {0};

	if (!rest_has_form(found, answer) ||
	    rest_is_closed(found->rest, answer))
		return;
	struct record_wish *wish = proto_new(&record_wish_message);
	const struct order_ask ask = rest_ask(found);
	if (order_recording(&ask, wish, &wrong))
		order_of(found, wish, answer);
	else
		rest_refuse(found->rest, 400, wrong.code, wrong.text, answer);
	proto_free(&record_wish_message, wish);
}
