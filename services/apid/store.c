/*
 * store.c - the projection's tables in SQLite; see store.h.
 */
#include "services/apid/store.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORE_LAYOUT 2 /* raised when the tables change: the file is remade */
#define EXPIRE_AT_ONCE 500
/* No call is longer: bounds a search by its end to a part of the index. */
#define CALL_LONGEST_MS (24 * 3600000LL)
#define SQL_MAX 4096
#define BINDINGS_MAX 16

/*
 * Names are random, so each index by a name costs a page of its own per row:
 * there are few. What is written together (by time) lies together. The indexes
 * that a status or an end would move hold finished or live calls only, so that
 * a call's progress touches no index.
 */
static const char layout_sql[] =
	"CREATE TABLE record(one INTEGER PRIMARY KEY CHECK(one = 1),"
	" created TEXT NOT NULL, sequence INTEGER NOT NULL);"
	"INSERT INTO record VALUES(1, '', 0);"
	"CREATE TABLE calls(number INTEGER PRIMARY KEY, sid TEXT UNIQUE,"
	" root TEXT, parent TEXT, account TEXT, sender TEXT, callee TEXT,"
	" direction TEXT, status INTEGER, started INTEGER, answered INTEGER,"
	" ended INTEGER, updated INTEGER, sip_status INTEGER, error INTEGER,"
	" sip_phrase TEXT, sip_call_id TEXT, ended_by INTEGER);"
	"CREATE INDEX calls_started ON calls(account, started, sid);"
	"CREATE INDEX calls_callee ON calls(account, callee, started, sid);"
	"CREATE INDEX calls_sender ON calls(account, sender, started, sid);"
	"CREATE INDEX calls_parent ON calls(parent) WHERE parent <> '';"
	"CREATE INDEX calls_over ON calls(account, status, started, sid)"
	" WHERE ended > 0;"
	"CREATE INDEX calls_live ON calls(account, started, sid)"
	" WHERE ended = 0;"
	"CREATE TABLE notifications(number INTEGER PRIMARY KEY, sid TEXT,"
	" call TEXT, account TEXT, level INTEGER, code INTEGER, time INTEGER,"
	" text TEXT, url TEXT);"
	"CREATE INDEX notifications_call ON notifications(call);"
	"CREATE TABLE requests(number INTEGER PRIMARY KEY, root TEXT,"
	" name TEXT, call TEXT, time INTEGER, method TEXT, url TEXT,"
	" params TEXT);"
	"CREATE INDEX requests_root ON requests(root);"
	"CREATE TABLE attempts(number INTEGER PRIMARY KEY, root TEXT,"
	" name TEXT, time INTEGER, status INTEGER, error INTEGER,"
	" took INTEGER, content_type TEXT);"
	"CREATE INDEX attempts_root ON attempts(root);"
	"CREATE TABLE recordings(sid TEXT PRIMARY KEY, account TEXT,"
	" call TEXT, url TEXT, started INTEGER, duration INTEGER,"
	" channels INTEGER, bytes INTEGER, over INTEGER, absent INTEGER)"
	" WITHOUT ROWID;"
	"CREATE INDEX recordings_started ON recordings(started);";

/* What is written again and again; each is prepared once. */
enum statement {
	PUT_CALL,
	PUT_PROGRESS,
	PUT_NOTIFICATION,
	PUT_REQUEST,
	PUT_ATTEMPT,
	PUT_RECORDING,
	PUT_SEQUENCE,
	PUT_RECORD,
	STATEMENTS
};

#define LATEST(column)                                                         \
	column "=CASE WHEN excluded." column                                   \
	       " IN ('', 0) THEN recordings." column " ELSE excluded." column  \
	       " END"
#define KEEP(column)                                                           \
	column "=CASE WHEN excluded." column " IN ('', 0) THEN calls." column  \
	       " ELSE excluded." column " END"

static const char
	*const
		statements_sql
			[STATEMENTS] =
				{
					[PUT_CALL] =
						"INSERT INTO calls(sid, root, "
						"parent, account, sender, "
						"callee,"
						" direction, sip_phrase, "
						"sip_call_id, status, started,"
						" answered, ended, updated, "
						"sip_status, error, ended_by)"
						" VALUES(?1, ?2, ?3, ?4, ?5, "
						"?6, ?7, ?8, ?9, ?10, ?11, ?12,"
						" ?13, ?14, ?15, ?16, ?17)"
						" ON CONFLICT(sid) DO UPDATE "
						"SET " KEEP("root") "," KEEP(
							"paren"
							"t") "," KEEP("account") "," KEEP("sender") "," KEEP("callee") "," KEEP("direction") "," KEEP("sip_phrase") "," KEEP("sip_call_id") "," KEEP("status") "," KEEP("started") "," KEEP("answered") "," KEEP("ended") "," KEEP("updated") "," KEEP("sip_status") "," KEEP("error") "," KEEP("ended_by"),
					[PUT_PROGRESS] =
						"UPDATE calls SET"
						" sip_phrase=CASE ?2 WHEN '' "
						"THEN sip_phrase ELSE ?2 END,"
						" status=?3,"
						" answered=CASE WHEN "
						"answered>0 "
						"THEN answered ELSE ?4 END,"
						" updated=?5,"
						" sip_status=CASE ?6 WHEN 0 "
						"THEN sip_status ELSE ?6 END"
						" WHERE sid=?1 AND ended=0",
					[PUT_NOTIFICATION] =
						"INSERT OR REPLACE INTO "
						"notifications(sid, call, "
						"account, text,"
						" url, number, level, code, "
						"time) VALUES(?1, ?2, ?3, ?4, "
						"?5,"
						" ?6, ?7, ?8, ?9)",
					[PUT_REQUEST] =
						"INSERT OR REPLACE INTO "
						"requests(name, root, call, "
						"method,"
						" url, params, number, time) "
						"VALUES(?1, ?2, ?3, ?4, ?5, ?6,"
						" ?7, ?8)",
					[PUT_ATTEMPT] =
						"INSERT OR REPLACE INTO "
						"attempts(name, root, "
						"content_type,"
						" number, time, status, error, "
						"took) VALUES(?1, ?2, ?3, ?4,"
						" ?5, ?6, ?7, ?8)",
					[PUT_RECORDING] =
						"INSERT INTO recordings(sid,"
						" account, call, url, started,"
						" duration, channels, bytes,"
						" over, absent)"
						" VALUES(?1, ?2, ?3, ?4, ?5,"
						" ?6, ?7, ?8, ?9, ?10)"
						" ON CONFLICT(sid) DO UPDATE"
						" SET " LATEST("account") "," LATEST("call") "," LATEST("url") "," LATEST("started") "," LATEST(
							"duration") "," LATEST("channels") "," LATEST("bytes") "," LATEST("over") "," LATEST("absent"),
					[PUT_SEQUENCE] = "UPDATE record SET "
							 "sequence = ?1",
					[PUT_RECORD] =
						"UPDATE record SET created = "
						"?1, sequence = 0",
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	bool writing; /* a transaction is open */
	uint64_t sequence;
	char record[64];
	char error[STORE_ERROR_BYTES];
};

static void fail(struct store *store)
{
	if (!store->error[0])
		str_format(store->error, sizeof(store->error), "%.200s",
			   sqlite3_errmsg(store->db));
}

static void execute(struct store *store, const char *sql)
{
	if (!store->error[0] &&
	    sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(store);
}

/* --- opening --- */

static const char *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text ? text : "";
}

/* The file's layout, 0 when it is new; -1: it cannot be read. */
static int64_t layout_of(struct store *store)
{
	sqlite3_stmt *row = NULL;
	int64_t layout = -1;
	if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &row,
			       NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW)
		layout = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return layout;
}

static void read_record(struct store *store)
{
	sqlite3_stmt *row = NULL;
	if (sqlite3_prepare_v2(store->db,
			       "SELECT created, sequence FROM record", -1, &row,
			       NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW) {
		str_copy(store->record, sizeof(store->record), text_of(row, 0));
		store->sequence = (uint64_t)sqlite3_column_int64(row, 1);
	} else {
		fail(store);
	}
	sqlite3_finalize(row);
}

static bool make_layout(struct store *store)
{
	char pragma[64];
	str_format(pragma, sizeof(pragma), "PRAGMA user_version = %d",
		   STORE_LAYOUT);
	execute(store, "PRAGMA auto_vacuum = INCREMENTAL");
	execute(store, "BEGIN");
	execute(store, layout_sql);
	execute(store, pragma);
	execute(store, "COMMIT");
	return !store->error[0];
}

static bool prepare(struct store *store)
{
	for (int i = 0; i < STATEMENTS; i++) {
		if (sqlite3_prepare_v3(store->db, statements_sql[i], -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &store->statements[i],
				       NULL) != SQLITE_OK) {
			fail(store);
			return false;
		}
	}
	return true;
}

/* False: another layout, or no database; the file is to be made anew. */
static bool set_up(struct store *store)
{
	int64_t layout = layout_of(store);
	if (layout != 0 && layout != STORE_LAYOUT) {
		str_copy(store->error, sizeof(store->error), "another layout");
		return false;
	}
	execute(store, "PRAGMA journal_mode = WAL");
	execute(store, "PRAGMA synchronous = NORMAL");
	execute(store, "PRAGMA temp_store = MEMORY");
	execute(store, "PRAGMA cache_size = -4096"); /* KiB */
	if (layout == 0 && !make_layout(store))
		return false;
	read_record(store);
	return !store->error[0] && prepare(store);
}

struct store *store_close(struct store *store)
{
	if (store) {
		for (int i = 0; i < STATEMENTS; i++)
			sqlite3_finalize(store->statements[i]);
		sqlite3_close(store->db);
		free(store);
	}
	return NULL;
}

static struct store *open_once(const char *path, char *error_out)
{
	struct store *store = mem_new(1, sizeof(*store));
	bool good = sqlite3_open_v2(path, &store->db,
				    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					    SQLITE_OPEN_NOMUTEX,
				    NULL) == SQLITE_OK;
	if (!good)
		fail(store);
	else if (set_up(store))
		return store;
	str_format(error_out, STORE_ERROR_BYTES, "%.200s", store->error);
	return store_close(store);
}

static void remove_files(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char file[4096];
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (str_format(file, sizeof(file), "%s%s", path, suffixes[i]))
			unlink(file);
}

struct store *store_open(const char *path, char *error_out)
{
	struct store *store = open_once(path, error_out);
	if (store || strcmp(path, ":memory:") == 0)
		return store;
	/* broken or of another release: the record makes it again */
	remove_files(path);
	return open_once(path, error_out);
}

const char *store_error(const struct store *store)
{
	return store->error;
}

uint64_t store_sequence(const struct store *store)
{
	return store->sequence;
}

const char *store_record(const struct store *store)
{
	return store->record;
}

/* --- writing --- */

static void begin(struct store *store)
{
	if (store->writing)
		return;
	execute(store, "BEGIN");
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
		fail(store);
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
		recording->over,       recording->absent};
	put(store, PUT_RECORDING, texts, COUNT(texts), numbers, COUNT(numbers));
}

static void end_transaction(struct store *store)
{
	if (!store->writing)
		return;
	execute(store, "COMMIT");
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
	execute(store, "DELETE FROM calls; DELETE FROM notifications;"
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
		fail(store);
		return 0;
	}
	sqlite3_bind_int64(statement, 1, before_ms);
	sqlite3_bind_int(statement, 2, EXPIRE_AT_ONCE);
	if (sqlite3_step(statement) != SQLITE_DONE)
		fail(store);
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
		execute(store, "PRAGMA incremental_vacuum(200)");
	return more;
}

/* --- reading --- */

struct query {
	struct buf sql;
	const char *texts[BINDINGS_MAX]; /* NULL: the number counts */
	int64_t numbers[BINDINGS_MAX];
	int count;
};

/* Adds a condition with one "?" for the value that follows. */
static void add_text(struct query *query, const char *condition,
		     const char *text)
{
	assert(query->count < BINDINGS_MAX);
	buf_add_text(&query->sql, condition);
	query->texts[query->count++] = text;
}

/* None if there is no text. */
static void where_text(struct query *query, const char *condition,
		       const char *text)
{
	if (text && *text)
		add_text(query, condition, text);
}

static void where_number(struct query *query, const char *condition,
			 int64_t number)
{
	assert(query->count < BINDINGS_MAX);
	buf_add_text(&query->sql, condition);
	query->texts[query->count] = NULL;
	query->numbers[query->count++] = number;
}

static void where_set(struct query *query, const char *condition,
		      int64_t number)
{
	if (number)
		where_number(query, condition, number);
}

static sqlite3_stmt *start_query(struct store *store, struct query *query)
{
	sqlite3_stmt *row = NULL;
	assert(!query->sql.full);
	if (sqlite3_prepare_v2(store->db, buf_text(&query->sql), -1, &row,
			       NULL) != SQLITE_OK)
		fail(store);
	for (int i = 0; row && i < query->count; i++) {
		if (query->texts[i])
			sqlite3_bind_text(row, i + 1, query->texts[i], -1,
					  SQLITE_STATIC);
		else
			sqlite3_bind_int64(row, i + 1, query->numbers[i]);
	}
	buf_free(&query->sql);
	return row;
}

#define CALL_COLUMNS                                                           \
	"SELECT sid, root, parent, account, sender, callee, direction,"        \
	" status, started, answered, ended, updated, sip_status, error,"       \
	" sip_phrase, sip_call_id, ended_by FROM calls "

static void visit_call(sqlite3_stmt *row, store_call_fn *visit, void *owner)
{
	visit(owner,
	      &(struct store_call){
		      .sid = text_of(row, 0),
		      .root = text_of(row, 1),
		      .parent = text_of(row, 2),
		      .account = text_of(row, 3),
		      .from = text_of(row, 4),
		      .to = text_of(row, 5),
		      .direction = text_of(row, 6),
		      .status = (enum call_status)sqlite3_column_int(row, 7),
		      .started_ms = sqlite3_column_int64(row, 8),
		      .answered_ms = sqlite3_column_int64(row, 9),
		      .ended_ms = sqlite3_column_int64(row, 10),
		      .updated_ms = sqlite3_column_int64(row, 11),
		      .sip_status = sqlite3_column_int64(row, 12),
		      .error = sqlite3_column_int64(row, 13),
		      .sip_phrase = text_of(row, 14),
		      .sip_call_id = text_of(row, 15),
		      .ended_by = (enum leg_end)sqlite3_column_int(row, 16)});
}

static void add_filter(struct query *query, const struct store_filter *filter)
{
	/* a plus keeps a column's index out of the choice: a parent has few
	 * children, an account many calls */
	bool parent = filter->parent && *filter->parent;
	add_text(query, parent ? " WHERE +account = ?" : " WHERE account = ?",
		 filter->account);
	where_text(query, " AND sender = ?", filter->from);
	where_text(query, " AND callee = ?", filter->to);
	where_text(query, " AND parent <> '' AND parent = ?", filter->parent);
	if (filter->status) {
		/* in the words of the indexes that hold them */
		where_number(query,
			     filter->status >= CALL_COMPLETED
				     ? " AND ended > 0 AND status = ?"
				     : " AND ended = 0 AND status = ?",
			     filter->status);
	}
	where_set(query, " AND started >= ?", filter->started_from_ms);
	where_set(query, " AND started <= ?", filter->started_to_ms);
	if (filter->ended_from_ms) {
		where_number(query, " AND ended >= ?", filter->ended_from_ms);
		where_number(query, " AND started >= ?",
			     filter->ended_from_ms - CALL_LONGEST_MS);
	}
	if (filter->ended_to_ms) {
		where_number(query, " AND ended > 0 AND ended <= ?",
			     filter->ended_to_ms);
		where_number(query, " AND started <= ?", filter->ended_to_ms);
	}
}

unsigned store_list_calls(struct store *store,
			  const struct store_filter *filter,
			  const struct store_page *page, store_call_fn *visit,
			  void *owner)
{
	struct query query = {.sql = BUF_INIT(SQL_MAX)};
	unsigned count = 0;
	assert(filter->account && *filter->account);
	if (page->before)
		buf_add_text(&query.sql, "SELECT * FROM (");
	buf_add_text(&query.sql, CALL_COLUMNS);
	add_filter(&query, filter);
	if (page->mark_ms) {
		where_number(&query,
			     page->before ? " AND (started, sid) > (?,"
					  : " AND (started, sid) < (?,",
			     page->mark_ms);
		add_text(&query, " ?)", page->mark_sid ? page->mark_sid : "");
	}
	buf_add_text(&query.sql, page->before
					 ? " ORDER BY started, sid"
					 : " ORDER BY started DESC, sid DESC");
	where_number(&query, " LIMIT ?", page->size);
	where_number(&query, " OFFSET ?", page->skip);
	if (page->before)
		buf_add_text(&query.sql, ") ORDER BY started DESC, sid DESC");
	sqlite3_stmt *row = start_query(store, &query);
	for (; row && sqlite3_step(row) == SQLITE_ROW; count++)
		visit_call(row, visit, owner);
	sqlite3_finalize(row);
	return count;
}

bool store_get_call(struct store *store, const char *account, const char *sid,
		    store_call_fn *visit, void *owner)
{
	struct query query = {.sql = BUF_INIT(SQL_MAX)};
	buf_add_text(&query.sql, CALL_COLUMNS);
	add_text(&query, " WHERE sid = ?", sid);
	add_text(&query, " AND account = ?", account);
	sqlite3_stmt *row = start_query(store, &query);
	bool found = row && sqlite3_step(row) == SQLITE_ROW;
	if (found)
		visit_call(row, visit, owner);
	sqlite3_finalize(row);
	return found;
}

bool store_get_recording(struct store *store, const char *account,
			 const char *sid, store_recording_fn *visit,
			 void *owner)
{
	struct query query = {.sql = BUF_INIT(SQL_MAX)};
	buf_add_text(&query.sql,
		     "SELECT sid, account, call, url, started, duration,"
		     " channels, bytes, over, absent FROM recordings");
	add_text(&query, " WHERE sid = ?", sid);
	add_text(&query, " AND account = ?", account);
	sqlite3_stmt *row = start_query(store, &query);
	bool found = row && sqlite3_step(row) == SQLITE_ROW;
	if (found)
		visit(owner,
		      &(struct store_recording){
			      .sid = text_of(row, 0),
			      .account = text_of(row, 1),
			      .call = text_of(row, 2),
			      .url = text_of(row, 3),
			      .started_ms = sqlite3_column_int64(row, 4),
			      .duration_ms = sqlite3_column_int64(row, 5),
			      .channels = sqlite3_column_int64(row, 6),
			      .bytes = sqlite3_column_int64(row, 7),
			      .over = sqlite3_column_int64(row, 8),
			      .absent = sqlite3_column_int64(row, 9)});
	sqlite3_finalize(row);
	return found;
}

unsigned store_list_notifications(struct store *store, const char *call,
				  unsigned skip, unsigned size,
				  store_notification_fn *visit, void *owner)
{
	struct query query = {.sql = BUF_INIT(SQL_MAX)};
	unsigned count = 0;
	buf_add_text(&query.sql,
		     "SELECT sid, call, account, level, code, time, text, url"
		     " FROM notifications");
	add_text(&query, " WHERE call = ?", call);
	where_number(&query, " ORDER BY number LIMIT ?", size);
	where_number(&query, " OFFSET ?", skip);
	sqlite3_stmt *row = start_query(store, &query);
	for (; row && sqlite3_step(row) == SQLITE_ROW; count++)
		visit(owner,
		      &(struct store_notification){
			      .sid = text_of(row, 0),
			      .call = text_of(row, 1),
			      .account = text_of(row, 2),
			      .level = (enum note_level)sqlite3_column_int(row,
									   3),
			      .code = sqlite3_column_int64(row, 4),
			      .time_ms = sqlite3_column_int64(row, 5),
			      .text = text_of(row, 6),
			      .url = text_of(row, 7)});
	sqlite3_finalize(row);
	return count;
}

static void visit_event(sqlite3_stmt *row, store_event_fn *visit, void *owner)
{
	visit(owner,
	      &(struct store_request){.name = text_of(row, 0),
				      .root = text_of(row, 1),
				      .call = text_of(row, 2),
				      .method = text_of(row, 3),
				      .url = text_of(row, 4),
				      .params = text_of(row, 5)},
	      &(struct store_attempt){
		      .name = text_of(row, 0),
		      .root = text_of(row, 1),
		      .sequence = (uint64_t)sqlite3_column_int64(row, 6),
		      .time_ms = sqlite3_column_int64(row, 7),
		      .status = sqlite3_column_int64(row, 8),
		      .error = sqlite3_column_int64(row, 9),
		      .took_ms = sqlite3_column_int64(row, 10),
		      .content_type = text_of(row, 11)});
}

/* All requests of the root's tree are few; those of the leg are picked. */
unsigned store_list_events(struct store *store, const char *root,
			   const char *call, unsigned skip, unsigned size,
			   store_event_fn *visit, void *owner)
{
	struct query query = {.sql = BUF_INIT(SQL_MAX)};
	unsigned count = 0;
	buf_add_text(&query.sql,
		     "SELECT r.name, r.root, r.call, r.method, r.url, r.params,"
		     " a.number, a.time, a.status, a.error, a.took,"
		     " a.content_type FROM requests r JOIN attempts a"
		     " ON a.root = r.root AND a.name = r.name");
	add_text(&query, " WHERE r.root = ?", root);
	add_text(&query, " AND r.call = ?", call);
	where_number(&query, " ORDER BY a.number LIMIT ?", size);
	where_number(&query, " OFFSET ?", skip);
	sqlite3_stmt *row = start_query(store, &query);
	for (; row && sqlite3_step(row) == SQLITE_ROW; count++)
		visit_event(row, visit, owner);
	sqlite3_finalize(row);
	return count;
}
