/*
 * apps.h - documents from applications on the bus: "nats:subject", by request
 * and reply.
 *
 * Contract: asks only subjects below one of VOXBUS_NATS_APPS, never one of the
 * platform's own, of JetStream's or of an inbox. The request's body is the form
 * that a POST would have, the URL's own query in front; headers: CallSid,
 * AccountSid, Method, Content-Type, and with a key X-Voxbus-Signature and
 * X-Voxbus-Signed-Url. The reply's body is the document; its headers may be
 * Content-Type (text/xml without one), Status, and Nats-Service-Error-Code with
 * Nats-Service-Error. 'done' is called exactly once, never from within
 * apps_ask, unless it is cancelled. Loop's thread.
 */
#pragma once

#include "lib/http/http.h"
#include "lib/runtime/subjects.h"

#include <stdbool.h>

#define APPS_ERROR_BYTES SUBJECTS_ERROR_BYTES

struct apps;
struct apps_ask;
struct bus;
struct get;
struct keys_pair;
struct loop;

/* NULL: 'error_out' (APPS_ERROR_BYTES) says what is wrong in the list. */
struct apps *apps_new(struct loop *loop, struct bus *bus, const char *allowed,
		      char *error_out);
struct apps *apps_free(struct apps *apps);

struct apps_request {
	const struct get *get;
	const char *call_sid, *account_sid;
	const struct keys_pair *keys;
	char *warning; /* OVERRIDES_ERROR_BYTES: about the URL's fragment */
};
/* 'done' as http_start's. */
struct apps_ask *apps_ask(struct apps *apps, const struct apps_request *what,
			  http_done_fn *done, void *owner);
void apps_cancel(struct apps_ask *ask);
/* Whether the list allows it; 'error_out' says why not. */
bool apps_may_ask(const struct apps *apps, const char *subject,
		  char *error_out);
