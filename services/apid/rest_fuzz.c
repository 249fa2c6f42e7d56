/*
 * rest_fuzz.c - paths and parameters of the API, as strangers write them: lines
 * of the input are the path, and then names and values in turn.
 */
#include "services/apid/rest.h"

#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "services/apid/accounts.h"
#include "services/apid/store.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 32
#define INPUT_MAX 4096
#define SID "CA00000000000000000000000000000001"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *lines[LINES_MAX + 1];

static const char *field_name(const void *lookup, unsigned n)
{
	const char *const *list = lookup;
	for (; list[0] && list[1]; list += 2)
		if (n-- == 0)
			return list[0];
	return NULL;
}

static const char *look_up(const void *lookup, const char *name)
{
	const char *const *list = lookup;
	for (; list[0] && list[1]; list += 2)
		if (strcmp(list[0], name) == 0)
			return list[1];
	return NULL;
}

static const char *field(const void *lookup, const char *name, unsigned n)
{
	const char *const *list = lookup;
	for (; list[0] && list[1]; list += 2)
		if (strcmp(list[0], name) == 0 && n-- == 0)
			return list[1];
	return NULL;
}

/* --- the house: what it is given must be fit to be said --- */

static const char *why_refused(void *owner)
{
	(void)owner;
	return NULL;
}

static const char *gateway_for(void *owner, const char *call_sid)
{
	(void)owner, (void)call_sid;
	return "gw0";
}

static void take_order(void *owner, const struct rest_order *order,
		       const void *lookup, struct httpd_answer *answer)
{
	struct envelope envelope = {.type = "x", .id = "x", .call_sid = "CA1"};
	char error[PROTO_ERROR_BYTES];
	char *json =
		proto_encode(order->desc, &envelope, order->message, error);
	(void)owner, (void)lookup;
	if (!json)
		abort();
	free(json);
	httpd_text(answer, 201, "text/plain", "taken");
}

static struct store *filled_store(void)
{
	char error[STORE_ERROR_BYTES];
	struct store *store = store_open(":memory:", error);
	store_put_call(store, &(struct store_call){.sid = SID,
						   .root = SID,
						   .account = "AC1",
						   .status = CALL_RINGING,
						   .started_ms = 1});
	store_put_recording(store, &(struct store_recording){.sid = "RE1",
							     .account = "AC1",
							     .call = SID,
							     .started_ms = 1});
	store_commit(store, 1);
	return store;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store *store;
	static struct accounts *accounts;
	char text[INPUT_MAX];
	struct httpd_answer answer = {.status = 0};
	if (!store) {
		store = filled_store();
		accounts = accounts_new("AC1", "t");
	}
	if (!str_copy_bytes(text, sizeof(text), (const char *)data, size))
		return 0;
	char *rest = text;
	memset(lines, 0, sizeof(lines));
	for (int i = 0; i < LINES_MAX && rest; i++)
		lines[i] = strsep(&rest, "\n");
	const struct rest api = {
		.store = store,
		.accounts = accounts,
		.dialect = DIALECT_SIGNALWIRE,
		.house = {NULL, why_refused, gateway_for, take_order, NULL}};
	rest_answer(&api,
		    &(struct rest_request){.method = size & 1 ? "GET" : "POST",
					   .path = lines[0],
					   .user = "AC1",
					   .password = "t",
					   .has_form = true,
					   .query = {look_up, lines + 1},
					   .form = {.value = field,
						    .name = field_name,
						    .lookup = lines + 1}},
		    &answer);
	if (!answer.body || *store_error(store))
		abort();
	free(answer.body);
	return 0;
}
