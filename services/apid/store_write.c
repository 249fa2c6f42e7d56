/*
 * store_write.c - rows come and go; see store.h.
 */
#include "services/apid/store_private.h"

#include "lib/base/str.h"

#define EXPIRE_AT_ONCE 500

static void begin(struct store *store)
{
	if (store->writing)
		return;
	store_execute(store, "BEGIN");
	store->writing = true;
}

/* Texts first, then numbers: ?1 … in this order. */
static void put(struct store *store, enum statement which,
		const char *const *texts, int text_count,
		const int64_t *numbers, int number_count)
{
	sqlite3_stmt *statement = store->statements[which];
	begin(store);
	if (store->error[0])
		return;
	for (int i = 0; i < text_count; i++)
		sqlite3_bind_text(statement, i + 1, texts[i] ? texts[i] : "",
				  -1, SQLITE_STATIC);
	for (int i = 0; i < number_count; i++)
		sqlite3_bind_int64(statement, text_count + i + 1, numbers[i]);
	if (sqlite3_step(statement) != SQLITE_DONE)
		store_fail(store);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

void store_put_call(struct store *store, const struct store_call *call)
{
	const char *const texts[] = {
		call->sid,       call->root,       call->parent,
		call->account,   call->from,       call->to,
		call->direction, call->sip_phrase, call->sip_call_id};
	const int64_t numbers[] = {call->status,      call->started_ms,
				   call->answered_ms, call->ended_ms,
				   call->updated_ms,  call->sip_status,
				   call->error,       call->ended_by};
	put(store, PUT_CALL, texts, COUNT(texts), numbers, COUNT(numbers));
}

void store_put_progress(struct store *store, const struct store_call *call)
{
	const char *const texts[] = {call->sid, call->sip_phrase};
	const int64_t numbers[] = {call->status, call->answered_ms,
				   call->updated_ms, call->sip_status};
	put(store, PUT_PROGRESS, texts, COUNT(texts), numbers, COUNT(numbers));
}

void store_put_notification(struct store *store,
			    const struct store_notification *notification)
{
	const char *const texts[] = {notification->sid, notification->call,
				     notification->account, notification->text,
				     notification->url};
	const int64_t numbers[] = {(int64_t)notification->sequence,
				   notification->level, notification->code,
				   notification->time_ms};
	put(store, PUT_NOTIFICATION, texts, COUNT(texts), numbers,
	    COUNT(numbers));
}

void store_put_request(struct store *store, const struct store_request *request)
{
	const char *const texts[] = {request->name, request->root,
				     request->call, request->method,
				     request->url,  request->params};
	const int64_t numbers[] = {(int64_t)request->sequence,
				   request->time_ms};
	put(store, PUT_REQUEST, texts, COUNT(texts), numbers, COUNT(numbers));
}

void store_put_attempt(struct store *store, const struct store_attempt *attempt)
{
	const char *const texts[] = {attempt->name, attempt->root,
				     attempt->content_type};
	const int64_t numbers[] = {(int64_t)attempt->sequence, attempt->time_ms,
				   attempt->status, attempt->error,
				   attempt->took_ms};
	put(store, PUT_ATTEMPT, texts, COUNT(texts), numbers, COUNT(numbers));
}

void store_put_recording(struct store *store,
			 const struct store_recording *recording)
{
	const char *const texts[] = {recording->sid, recording->account,
				     recording->call, recording->url};
	const int64_t numbers[] = {
		recording->started_ms, recording->duration_ms,
		recording->channels,   recording->bytes,
		recording->over,       recording->absent,
		recording->status};
	put(store, PUT_RECORDING, texts, COUNT(texts), numbers, COUNT(numbers));
}

static void end_transaction(struct store *store)
{
	if (!store->writing)
		return;
	store_execute(store, "COMMIT");
	if (store->error[0])
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->writing = false;
}

void store_commit(struct store *store, uint64_t sequence)
{
	const int64_t numbers[] = {(int64_t)sequence};
	put(store, PUT_SEQUENCE, NULL, 0, numbers, 1);
	end_transaction(store);
	if (!store->error[0])
		store->sequence = sequence;
}

void store_reset(struct store *store, const char *record)
{
	const char *const texts[] = {record};
	begin(store);
	store_execute(store, "DELETE FROM calls; DELETE FROM notifications;"
			     "DELETE FROM requests; DELETE FROM attempts;"
			     "DELETE FROM recordings");
	put(store, PUT_RECORD, texts, 1, NULL, 0);
	end_transaction(store);
	str_copy(store->record, sizeof(store->record), record);
	store->sequence = 0;
}

/* Deletes at most EXPIRE_AT_ONCE rows of one kind. */
static int expire_some(struct store *store, const char *sql, int64_t before_ms)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) !=
	    SQLITE_OK) {
		store_fail(store);
		return 0;
	}
	sqlite3_bind_int64(statement, 1, before_ms);
	sqlite3_bind_int(statement, 2, EXPIRE_AT_ONCE);
	if (sqlite3_step(statement) != SQLITE_DONE)
		store_fail(store);
	sqlite3_finalize(statement);
	return store->error[0] ? 0 : sqlite3_changes(store->db);
}

bool store_expire(struct store *store, int64_t before_ms)
{
	/* numbers rise with time: the oldest rows are the first ones */
#define OLDEST(table, time)                                                    \
	"DELETE FROM " table " WHERE number IN (SELECT number FROM (SELECT"    \
	" number, " time " AS time FROM " table " ORDER BY number LIMIT ?2)"   \
	" WHERE time < ?1)"
	static const char *const kinds[] = {
		OLDEST("requests", "time"),
		OLDEST("attempts", "time"),
		OLDEST("notifications", "time"),
		OLDEST("calls", "started"),
	};
#undef OLDEST
	bool more = false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (expire_some(store, kinds[i], before_ms) >= EXPIRE_AT_ONCE)
			more = true;
	if (!store->writing)
		store_execute(store, "PRAGMA incremental_vacuum(200)");
	return more;
}
