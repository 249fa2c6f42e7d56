/*
 * rest.h - the REST API that Twilio's, SignalWire's and Restcomm's clients
 * speak.
 *
 *   GET  /2010-04-01/Accounts/{AccountSid}.json
 *   GET  …/Calls.json                      To From ParentCallSid Status
 *                                          StartTime[<>] EndTime[<>] Page…
 *   POST …/Calls.json                      order.h has the parameters
 *   GET  …/Calls/{CallSid}.json
 *   POST …/Calls/{CallSid}.json            redirect, complete, cancel
 *   GET  …/Calls/{CallSid}/Notifications.json
 *   GET  …/Calls/{CallSid}/Events.json
 *   GET  …/Calls/{CallSid}/Recordings.json
 *   POST …/Calls/{CallSid}/Recordings/{RecordingSid}.json
 *                                          or Twilio.CURRENT: pause, go on, end
 *   GET  …/Recordings/{RecordingSid}.json  and without .json, or .wav: the
 * sound
 *
 * With and without .json, with and without /api/laml before it, and below
 * /restcomm/2012-04-24. HTTP Basic with AccountSid and token. Errors have
 * Twilio's shape and numbers.
 *
 * Contract: what reads is answered at once from the store, a page is at most
 * PAGE_MAX rows; what writes is handed to 'house' and answered by it, once it
 * is on record. Loop's thread.
 */
#pragma once

#include "proto/proto.h"
#include "services/apid/order.h"
#include "services/apid/page.h"

#include <stdbool.h>

struct accounts;
struct buf;
struct httpd_answer;
struct store;

/* A message that is to be said; when it is on record, the call is shown, or the
 * recording. */
struct rest_order {
	const struct proto_message *desc; /* call_start, _change, record_wish */
	const void *message;
	const char *account, *root;
	const char *sid;  /* of what is to be shown */
	const char *base; /* as links begin */
};

/* What the API needs of the daemon around it. */
struct rest_house {
	void *owner;
	/* Why nothing new can be taken, or NULL. */
	const char *(*refuses)(void *owner);
	/* A live sipgw for that call, or NULL. */
	const char *(*gateway)(void *owner, const char *call_sid);
	/* 'lookup' is the request's. */
	void (*order)(void *owner, const struct rest_order *order,
		      const void *lookup, struct httpd_answer *answer);
	/* A recording's file, from the mediad that has it. */
	void (*sound)(void *owner, const char *sid, const void *lookup,
		      struct httpd_answer *answer);
};

struct rest {
	struct store *store;
	const struct accounts *accounts;
	enum dialect_name dialect; /* whose rules a new call gets */
	bool strict;
	/* Of a <Dial> and its URIs, where the account has none; 0: none. */
	int64_t dial_max, sip_uri_max, sip_headers_max;
	const char *api_url; /* where this is reached from outside; or "" */
	struct rest_house house;
};

struct rest_request {
	const char *method, *path;
	const char *user, *password; /* NULL: none */
	bool has_form;               /* the body is one */
	struct page_ask query;
	struct order_ask form;
};

void rest_answer(const struct rest *rest, const struct rest_request *request,
		 struct httpd_answer *answer);
/*
 * What is answered when an order is on record: the call as it is now; 201 for
 * one that has just been started, which is queued; or the recording, as it is
 * asked to be. False: it is not in the store.
 */
bool rest_ordered(const struct rest *rest, const struct rest_order *order,
		  struct httpd_answer *answer);

/* --- between the files of the API --- */

#define REST_ANSWER_MAX (16 * 1024 * 1024)
#define REST_PATH_BYTES 256

/* One resource that was found: its handler gets this. */
struct rest_found {
	const struct rest *rest;
	const struct rest_request *request;
	const struct account_config *account; /* who asks */
	const char *base;                     /* as links begin */
	const char *call_sid; /* or RecordingSid; "" if the path has none */
	const char *above;    /* CallSid before the RecordingSid; or "" */
	bool json;            /* the path says so */
	char path[REST_PATH_BYTES]; /* as links give it */
};

typedef void rest_fn(const struct rest_found *found,
		     struct httpd_answer *answer);
rest_fn rest_calls, rest_call, rest_notifications, rest_events;
rest_fn rest_start, rest_change, rest_recording, rest_recordings, rest_record;

/* One call's members. */
struct store_call;
void rest_add_call(const struct rest *rest, const char *base,
		   const struct store_call *call, struct buf *to);

/* One recording's. */
struct store_recording;
void rest_add_recording(const char *base,
			const struct store_recording *recording,
			struct buf *to);
/* As rest_ordered(), of a record_wish. */
bool rest_recorded(const struct rest *rest, const struct rest_order *order,
		   struct httpd_answer *answer);

/* Why nothing new is taken is the answer, if it is so. */
bool rest_is_closed(const struct rest *rest, struct httpd_answer *answer);
/* ... or that the body is no form. */
bool rest_has_form(const struct rest_found *found, struct httpd_answer *answer);
/* Read by the rules of the house. */
struct order_ask rest_ask(const struct rest_found *found);
/* What the request has besides, told to who runs the platform. */
void rest_log_names(const char *call_sid, const char *ignored,
		    const char *unknown);

/* Takes the text over, as the answer's body. */
void rest_send(struct buf *json, struct httpd_answer *answer);
void rest_not_found(const char *path, struct httpd_answer *answer);
void rest_bad(const char *what, struct httpd_answer *answer);
/* Twilio's error shape; SignalWire's list of errors beside it, in its dialect.
 */
void rest_refuse(const struct rest *rest, int status, int code,
		 const char *text, struct httpd_answer *answer);
/* "2010-04-01" of the link's base. */
const char *rest_version(const char *base);
/* ,"name":"text" — null when the text is empty or NULL. */
void rest_member(struct buf *to, const char *name, const char *text);
/* ,"name":"Thu, 04 Apr 2024 18:32:15 +0000" — null for 0. */
void rest_date(struct buf *to, const char *name, int64_t ms);
