/*
 * rest.h - the REST API that Twilio's and SignalWire's clients speak; read
 * only.
 *
 *   GET /2010-04-01/Accounts/{AccountSid}.json
 *   GET …/Calls.json                       To From ParentCallSid Status
 *                                          StartTime[<>] EndTime[<>] Page…
 *   GET …/Calls/{CallSid}.json
 *   GET …/Calls/{CallSid}/Notifications.json
 *   GET …/Calls/{CallSid}/Events.json
 *
 * With and without .json, with and without /api/laml before it. HTTP Basic with
 * AccountSid and token. Errors have Twilio's shape and numbers.
 *
 * Contract: answers at once from the store; a page is at most PAGE_MAX rows.
 * Loop's thread.
 */
#pragma once

#include "services/apid/page.h"

#include <stdbool.h>

struct buf;
struct httpd_answer;
struct store;

struct rest {
	struct store *store;
	const char *account_sid, *auth_token;
};

struct rest_request {
	const char *method, *path;
	const char *user, *password; /* NULL: none */
	struct page_ask query;
};

void rest_answer(const struct rest *rest, const struct rest_request *request,
		 struct httpd_answer *answer);

/* --- between the files of the API --- */

#define REST_ANSWER_MAX (16 * 1024 * 1024)
#define REST_PATH_BYTES 256

/* One resource that was found: its handler gets this. */
struct rest_found {
	const struct rest *rest;
	const struct rest_request *request;
	const char *call_sid;       /* "" if the path has none */
	char path[REST_PATH_BYTES]; /* as links give it */
};

typedef void rest_fn(const struct rest_found *found,
		     struct httpd_answer *answer);
rest_fn rest_calls, rest_call, rest_notifications, rest_events;

/* Takes the text over, as the answer's body. */
void rest_send(struct buf *json, struct httpd_answer *answer);
void rest_not_found(const char *path, struct httpd_answer *answer);
void rest_bad(const char *what, struct httpd_answer *answer);
/* ,"name":"text" — null when the text is empty or NULL. */
void rest_member(struct buf *to, const char *name, const char *text);
/* ,"name":"Thu, 04 Apr 2024 18:32:15 +0000" — null for 0. */
void rest_date(struct buf *to, const char *name, int64_t ms);
