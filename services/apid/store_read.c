/*
 * store_read.c - what is asked of the tables; see store.h.
 */
#include "services/apid/store_private.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <assert.h>
#include <string.h>

/* No call is longer: bounds a search by its end to a part of the index. */
#define CALL_LONGEST_MS (24 * 3600000LL)
#define SQL_MAX 4096
#define BINDINGS_MAX 16

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
		store_fail(store);
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

static void visit_call(sqlite3_stmt *row, store_call_fn *visit, void *owner)
{
	visit(owner,
	      &(struct store_call){
		      .sid = store_text(row, 0),
		      .root = store_text(row, 1),
		      .parent = store_text(row, 2),
		      .account = store_text(row, 3),
		      .from = store_text(row, 4),
		      .to = store_text(row, 5),
		      .direction = store_text(row, 6),
		      .status = (enum call_status)sqlite3_column_int(row, 7),
		      .started_ms = sqlite3_column_int64(row, 8),
		      .answered_ms = sqlite3_column_int64(row, 9),
		      .ended_ms = sqlite3_column_int64(row, 10),
		      .updated_ms = sqlite3_column_int64(row, 11),
		      .sip_status = sqlite3_column_int64(row, 12),
		      .error = sqlite3_column_int64(row, 13),
		      .sip_phrase = store_text(row, 14),
		      .sip_call_id = store_text(row, 15),
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
	sqlite3_stmt *row = store->statements[GET_CALL];
	sqlite3_bind_text(row, 1, sid, -1, SQLITE_STATIC);
	sqlite3_bind_text(row, 2, account, -1, SQLITE_STATIC);
	bool found = sqlite3_step(row) == SQLITE_ROW;
	if (found)
		visit_call(row, visit, owner);
	sqlite3_reset(row);
	sqlite3_clear_bindings(row);
	return found;
}

#define RECORDING_COLUMNS                                                      \
	"SELECT sid, account, call, url, started, duration, channels, bytes,"  \
	" over, absent, status FROM recordings"

static void visit_recording(sqlite3_stmt *row, store_recording_fn *visit,
			    void *owner)
{
	visit(owner, &(struct store_recording){
			     .sid = store_text(row, 0),
			     .account = store_text(row, 1),
			     .call = store_text(row, 2),
			     .url = store_text(row, 3),
			     .started_ms = sqlite3_column_int64(row, 4),
			     .duration_ms = sqlite3_column_int64(row, 5),
			     .channels = sqlite3_column_int64(row, 6),
			     .bytes = sqlite3_column_int64(row, 7),
			     .over = sqlite3_column_int64(row, 8),
			     .absent = sqlite3_column_int64(row, 9),
			     .status = (enum record_status)sqlite3_column_int(
				     row, 10)});
}

bool store_get_recording(struct store *store, const char *account,
			 const char *sid, store_recording_fn *visit,
			 void *owner)
{
	struct query query = {.sql = BUF_INIT(SQL_MAX)};
	buf_add_text(&query.sql, RECORDING_COLUMNS);
	add_text(&query, " WHERE sid = ?", sid);
	add_text(&query, " AND account = ?", account);
	sqlite3_stmt *row = start_query(store, &query);
	bool found = row && sqlite3_step(row) == SQLITE_ROW;
	if (found)
		visit_recording(row, visit, owner);
	sqlite3_finalize(row);
	return found;
}

unsigned store_list_recordings(struct store *store, const char *account,
			       const char *call, bool live, unsigned skip,
			       unsigned size, store_recording_fn *visit,
			       void *owner)
{
	struct query query = {.sql = BUF_INIT(SQL_MAX)};
	unsigned count = 0;
	buf_add_text(&query.sql, RECORDING_COLUMNS);
	add_text(&query, " WHERE call = ?", call);
	add_text(&query, " AND account = ?", account);
	buf_add_text(&query.sql, live ? " AND over = 0" : "");
	where_number(&query, " ORDER BY started DESC, sid LIMIT ?", size);
	where_number(&query, " OFFSET ?", skip);
	sqlite3_stmt *row = start_query(store, &query);
	for (; row && sqlite3_step(row) == SQLITE_ROW; count++)
		visit_recording(row, visit, owner);
	sqlite3_finalize(row);
	return count;
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
			      .sid = store_text(row, 0),
			      .call = store_text(row, 1),
			      .account = store_text(row, 2),
			      .level = (enum note_level)sqlite3_column_int(row,
									   3),
			      .code = sqlite3_column_int64(row, 4),
			      .time_ms = sqlite3_column_int64(row, 5),
			      .text = store_text(row, 6),
			      .url = store_text(row, 7)});
	sqlite3_finalize(row);
	return count;
}

static void visit_event(sqlite3_stmt *row, store_event_fn *visit, void *owner)
{
	visit(owner,
	      &(struct store_request){.name = store_text(row, 0),
				      .root = store_text(row, 1),
				      .call = store_text(row, 2),
				      .method = store_text(row, 3),
				      .url = store_text(row, 4),
				      .params = store_text(row, 5)},
	      &(struct store_attempt){
		      .name = store_text(row, 0),
		      .root = store_text(row, 1),
		      .sequence = (uint64_t)sqlite3_column_int64(row, 6),
		      .time_ms = sqlite3_column_int64(row, 7),
		      .status = sqlite3_column_int64(row, 8),
		      .error = sqlite3_column_int64(row, 9),
		      .took_ms = sqlite3_column_int64(row, 10),
		      .content_type = store_text(row, 11)});
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
