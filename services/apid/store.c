/*
 * store.c - the projection's tables in SQLite; see store.h.
 */
#include "services/apid/store_private.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORE_LAYOUT 3 /* raised when the tables change: the file is remade */

static const char layout_sql[] =
#define LAYOUT(sql) sql
#include "services/apid/store_layout.def"
#undef LAYOUT
	;

#define KEEP_OF(table, column)                                                 \
	column "=CASE WHEN excluded." column " IN ('', 0) THEN " table         \
	       "." column " ELSE excluded." column " END"
#define KEEP(column) KEEP_OF("calls", column)
#define LATEST(column) KEEP_OF("recordings", column)
static const char *const statements_sql[] = {
#define STATEMENT(constant, sql) sql,
#include "services/apid/store_statements.def"
#undef STATEMENT
};

void store_fail(struct store *store)
{
	if (!store->error[0])
		str_format(store->error, sizeof(store->error), "%.200s",
			   sqlite3_errmsg(store->db));
}

void store_execute(struct store *store, const char *sql)
{
	if (!store->error[0] &&
	    sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		store_fail(store);
}

const char *store_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text ? text : "";
}

/* --- opening --- */

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
		str_copy(store->record, sizeof(store->record),
			 store_text(row, 0));
		store->sequence = (uint64_t)sqlite3_column_int64(row, 1);
	} else {
		store_fail(store);
	}
	sqlite3_finalize(row);
}

static bool make_layout(struct store *store)
{
	char pragma[64];
	str_format(pragma, sizeof(pragma), "PRAGMA user_version = %d",
		   STORE_LAYOUT);
	store_execute(store, "PRAGMA auto_vacuum = INCREMENTAL");
	store_execute(store, "BEGIN");
	store_execute(store, layout_sql);
	store_execute(store, pragma);
	store_execute(store, "COMMIT");
	return !store->error[0];
}

static bool prepare(struct store *store)
{
	for (int i = 0; i < STATEMENTS; i++) {
		if (sqlite3_prepare_v3(store->db, statements_sql[i], -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &store->statements[i],
				       NULL) != SQLITE_OK) {
			store_fail(store);
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
	store_execute(store, "PRAGMA journal_mode = WAL");
	store_execute(store, "PRAGMA synchronous = NORMAL");
	store_execute(store, "PRAGMA temp_store = MEMORY");
	store_execute(store, "PRAGMA cache_size = -4096"); /* KiB */
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
		store_fail(store);
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
