/*
 * rest_test.h - the API in a test: a store with a few calls, a house that takes
 * orders, and requests by hand.
 *
 * Contract: for one file of a test program; open_store() first, close_store()
 * last. 'parameters' are the next request's.
 */
#pragma once

#include "services/apid/rest.h"

#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "lib/test/test.h"
#include "services/apid/accounts.h"
#include "services/apid/projection.h"
#include "services/apid/store.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNT "AC00000000000000000000000000000001"
#define BASE "/2010-04-01/Accounts/" ACCOUNT
#define CALLS 5

#define CALL "CA00000000000000000000000000000009"
#define LEG "CA0000000000000000000000000000000a"

static struct store *store;
static struct httpd_answer answer;
static const char *parameters[24]; /* name, value, … */
static enum dialect_name dialect = DIALECT_TWILIO;
static bool strict;
/* The account's record in the bucket, or NULL; what the house allows. */
static const char *account_record;
static int64_t house_dial_max, house_uri_max;

/* What the house was asked for. */
static const char *refusal, *gateway;
static struct call_start *start;
static struct call_change *change;
static struct record_wish *wish;
static char order_root[40], order_account[65];

static inline const char *why_refused(void *owner)
{
	(void)owner;
	return refusal;
}

static inline const char *gateway_for(void *owner, const char *call_sid)
{
	(void)owner;
	CHECK(id_is("CA", call_sid));
	return gateway;
}

static inline void take_order(void *owner, const struct rest_order *order,
			      const void *lookup, struct httpd_answer *to)
{
	(void)owner, (void)lookup;
	bool starts = order->desc == &call_start_message;
	void *taken = starts                                ? (void *)start
		      : order->desc == &record_wish_message ? (void *)wish
							    : (void *)change;
	proto_clear(order->desc, taken);
	proto_copy(order->desc, order->message, taken);
	str_copy(order_root, sizeof(order_root), order->root);
	str_copy(order_account, sizeof(order_account), order->account);
	if (starts)
		projection_put_start(store, order->account, 60000, start);
	if (taken == wish)
		projection_put_wish(store, order->account, wish);
	CHECK(rest_ordered(
		&(const struct rest){.store = store, .dialect = dialect}, order,
		to));
}

static inline const char *field(const void *lookup, const char *name,
				unsigned n)
{
	const char *const *list = lookup;
	for (; *list; list += 2)
		if (strcmp(list[0], name) == 0 && n-- == 0)
			return list[1];
	return NULL;
}

static inline const char *field_name(const void *lookup, unsigned n)
{
	const char *const *list = lookup;
	for (; list[0] && list[1]; list += 2)
		if (n-- == 0)
			return list[0];
	return NULL;
}

static inline const char *look_up(const void *lookup, const char *name)
{
	const char *const *list = lookup;
	for (; *list; list += 2)
		if (strcmp(list[0], name) == 0)
			return list[1];
	return NULL;
}

static inline const char *ask_as(const char *user, const char *password,
				 const char *method, const char *path)
{
	struct accounts *accounts = accounts_new(ACCOUNT, "token");
	const struct rest rest = {
		.store = store,
		.accounts = accounts,
		.dialect = dialect,
		.strict = strict,
		.dial_max = house_dial_max,
		.sip_uri_max = house_uri_max,
		.house = {NULL, why_refused, gateway_for, take_order, NULL}};
	if (account_record)
		accounts_hear(accounts, "account." ACCOUNT, account_record,
			      strlen(account_record));
	free(answer.body);
	memset(&answer, 0, sizeof(answer));
	rest_answer(&rest,
		    &(struct rest_request){.method = method,
					   .path = path,
					   .user = user,
					   .password = password,
					   .has_form = true,
					   .query = {look_up, parameters},
					   .form = {.value = field,
						    .name = field_name,
						    .lookup = parameters}},
		    &answer);
	accounts_free(accounts);
	return answer.body;
}

static inline const char *get(const char *path)
{
	return ask_as(ACCOUNT, "token", "GET", path);
}

static inline void open_store(void)
{
	char error[STORE_ERROR_BYTES];
	dialect = DIALECT_TWILIO;
	strict = false;
	account_record = NULL;
	house_dial_max = house_uri_max = 0;
	refusal = NULL;
	gateway = "gw0";
	start = proto_new(&call_start_message);
	change = proto_new(&call_change_message);
	wish = proto_new(&record_wish_message);
	memset(parameters, 0, sizeof(parameters));
	store = store_open(":memory:", error);
	for (int i = 1; i <= CALLS; i++) {
		char sid[8];
		str_format(sid, sizeof(sid), "CA%d", i);
		store_put_call(store,
			       &(struct store_call){.sid = sid,
						    .root = sid,
						    .account = ACCOUNT,
						    .from = "al",
						    .to = "sip:b@h",
						    .direction = "inbound",
						    .status = CALL_COMPLETED,
						    .started_ms = 60000 * i,
						    .answered_ms = 61000 * i,
						    .ended_ms = 62400 * i,
						    .updated_ms = 62400 * i});
	}
	store_commit(store, 1);
}

static inline void close_store(void)
{
	CHECK_TEXT(store_error(store), "");
	store = store_close(store);
	start = proto_free(&call_start_message, start);
	change = proto_free(&call_change_message, change);
	wish = proto_free(&record_wish_message, wish);
	free(answer.body);
	memset(&answer, 0, sizeof(answer));
}

static inline bool has(const char *words)
{
	bool good = answer.body && strstr(answer.body, words);
	if (!good)
		CHECK_TEXT(answer.body, words);
	return good;
}

static inline const char *post(const char *path, const char *const *form)
{
	for (unsigned i = 0; i < 24; i++)
		parameters[i] = NULL;
	for (unsigned i = 0; form[i]; i++)
		parameters[i] = form[i];
	return ask_as(ACCOUNT, "token", "POST", path);
}

static inline void put_live(const char *sid, const char *root,
			    enum call_status status)
{
	store_put_call(store, &(struct store_call){.sid = sid,
						   .root = root,
						   .account = ACCOUNT,
						   .status = status,
						   .started_ms = 1});
}
