/*
 * store_private.h - between the files of the store alone; the only door to
 * SQLite.
 */
#pragma once

#include "services/apid/store.h"

#include <sqlite3.h>

#define CALL_COLUMNS                                                           \
	"SELECT sid, root, parent, account, sender, callee, direction,"        \
	" status, started, answered, ended, updated, sip_status, error,"       \
	" sip_phrase, sip_call_id, ended_by FROM calls "

enum statement {
#define STATEMENT(constant, sql) constant,
#include "services/apid/store_statements.def"
#undef STATEMENT
	STATEMENTS
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	bool writing; /* a transaction is open */
	uint64_t sequence;
	char record[64];
	char error[STORE_ERROR_BYTES];
};

/* Keeps the first error, for store_error(). */
void store_fail(struct store *store);
/* Nothing is done after an error. */
void store_execute(struct store *store, const char *sql);
/* Never NULL; of the row, until its next step. */
const char *store_text(sqlite3_stmt *row, int column);
