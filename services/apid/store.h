/*
 * store.h - the projection's tables in SQLite; the only user of it.
 *
 * Everything in it can be made again from the record, so the file is written
 * without waiting for the disk more than WAL does, and is thrown away when its
 * layout or the record is another one.
 *
 * Contract: texts of rows are borrowed by puts, and valid during the visit by
 * lists. Puts gather in one transaction until store_commit, which also keeps
 * how far the record has been projected. Errors are sticky: store_error tells
 * the first one, and nothing is committed after it. Loop's thread; every call
 * is bounded in rows.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_PAGE_MAX 1000
#define STORE_ERROR_BYTES 256

struct store;

/* One leg. In puts, what is empty or 0 leaves the row as it is. */
struct store_call {
	const char *sid, *root, *parent, *account;
	const char *from, *to, *direction;
	enum call_status status;
	int64_t started_ms, answered_ms, ended_ms, updated_ms;
	int64_t sip_status, error;
	const char *sip_phrase, *sip_call_id;
	enum leg_end ended_by;
};

/* 'sequence' in the record makes these rows unique. */
struct store_notification {
	uint64_t sequence;
	const char *sid, *call, *account; /* NO…, the leg's CallSid */
	enum note_level level;
	int64_t code, time_ms;
	const char *text, *url;
};

/* A request to the customer's application; one or more answers follow. */
struct store_request {
	uint64_t sequence;
	int64_t time_ms;
	const char *name; /* of the fetch or the hook */
	const char *root, *call, *method, *url;
	const char *params; /* a JSON object */
};

struct store_attempt {
	uint64_t sequence;
	const char *name, *root; /* of its request */
	int64_t time_ms, status, error, took_ms;
	const char *content_type;
};

/* In puts, what is empty or 0 leaves the row as it is. */
struct store_recording {
	const char *sid, *account, *call; /* RE…, the leg's CallSid */
	int64_t started_ms, duration_ms, channels, bytes;
	bool over, absent;
	enum record_status status; /* that the API asked for last */
	const char *url;           /* where it is, if not here */
};

/* ":memory:" for tests. NULL: 'error_out' (STORE_ERROR_BYTES) says why. */
struct store *store_open(const char *path, char *error_out);
struct store *store_close(struct store *store);
/* "" as long as there was none. */
const char *store_error(const struct store *store);

/* The last message of the record that is projected, and which record that is
 * (its stream's time of creation). */
uint64_t store_sequence(const struct store *store);
const char *store_record(const struct store *store);
/* Forgets everything: a new record. */
void store_reset(struct store *store, const char *record);

void store_put_call(struct store *store, const struct store_call *call);
/* Of a live call that is there: status, answered_ms, updated_ms, sip_status and
 * sip_phrase; touches no index. */
void store_put_progress(struct store *store, const struct store_call *call);
void store_put_notification(struct store *store,
			    const struct store_notification *notification);
void store_put_request(struct store *store,
		       const struct store_request *request);
void store_put_attempt(struct store *store,
		       const struct store_attempt *attempt);
void store_put_recording(struct store *store,
			 const struct store_recording *recording);
void store_commit(struct store *store, uint64_t sequence);
/* Deletes some of what is older; true: there is more. */
bool store_expire(struct store *store, int64_t before_ms);

/* --- reading --- */

/* Which calls; empty and 0: any. Bounds include their ends. */
struct store_filter {
	const char *account, *from, *to, *parent;
	enum call_status status;
	int64_t started_from_ms, started_to_ms, ended_from_ms, ended_to_ms;
};

/* Newest first. Only those beyond the mark, or 'skip' of them left out. */
struct store_page {
	unsigned size; /* at most STORE_PAGE_MAX */
	unsigned skip;
	bool before;     /* the mark: rows newer than it */
	int64_t mark_ms; /* 0: no mark */
	const char *mark_sid;
};

typedef void store_call_fn(void *owner, const struct store_call *call);
typedef void store_notification_fn(void *owner,
				   const struct store_notification *found);
typedef void store_event_fn(void *owner, const struct store_request *request,
			    const struct store_attempt *attempt);

/* Returns how many there were, at most page->size. */
unsigned store_list_calls(struct store *store,
			  const struct store_filter *filter,
			  const struct store_page *page, store_call_fn *visit,
			  void *owner);
bool store_get_call(struct store *store, const char *account, const char *sid,
		    store_call_fn *visit, void *owner);
typedef void store_recording_fn(void *owner,
				const struct store_recording *found);
bool store_get_recording(struct store *store, const char *account,
			 const char *sid, store_recording_fn *visit,
			 void *owner);
/* Of one leg, newest first; 'live': those that are not over. */
unsigned store_list_recordings(struct store *store, const char *account,
			       const char *call, bool live, unsigned skip,
			       unsigned size, store_recording_fn *visit,
			       void *owner);
/* Of one leg ('root': its root call), oldest first. */
unsigned store_list_notifications(struct store *store, const char *call,
				  unsigned skip, unsigned size,
				  store_notification_fn *visit, void *owner);
unsigned store_list_events(struct store *store, const char *root,
			   const char *call, unsigned skip, unsigned size,
			   store_event_fn *visit, void *owner);
