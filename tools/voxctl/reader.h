/*
 * reader.h - one call's messages from the record, complete and in order.
 *
 * What happened so far is read by the call's literal subjects (a filter with
 * wildcards over a long record is slow) and merged by sequence; what happens
 * from then on comes by one wildcard filter, which costs nothing on new
 * messages.
 *
 * Contract: messages are borrowed for the call. Main thread.
 */
#pragma once

#include "lib/base/id.h"

#include <stdbool.h>

#define READER_MESSAGES_MAX 200000
#define READER_PREFIX_MIN 4

struct recorded;
struct session;

/* Resolves a CallSid, a unique beginning of one, the CallSid of a leg of a call
 * that is not long ago, or "last" (the call that something happened to last).
 * Returns an exit status. */
int reader_find(struct session *session, const char *name, char *call_sid_out);

struct reader_wish {
	const char *call_sid;
	bool follow; /* until the call and its webhooks are over */
	void (*arrived)(void *owner, const struct recorded *recorded);
	void *owner;
};
/* Returns an exit status; VOXCTL_NO: there is no such call on record. */
int reader_read(struct session *session, const struct reader_wish *wish);
