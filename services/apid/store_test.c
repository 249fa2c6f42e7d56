/*
 * store_test.c - rows go in, pages come out.
 */
#include "services/apid/store.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct store *store;
static char seen[4096];
static struct store_call last;
static char last_from[64];

static void open_store(void)
{
	char error[STORE_ERROR_BYTES];
	store = store_open(":memory:", error);
	CHECK(store);
}

static void close_store(void)
{
	CHECK_TEXT(store_error(store), "");
	store = store_close(store);
}

static void see_call(void *owner, const struct store_call *call)
{
	size_t length = strlen(seen);
	(void)owner;
	snprintf(seen + length, sizeof(seen) - length, "%s ", call->sid);
	last = *call;
	str_copy(last_from, sizeof(last_from), call->from);
}

static void put_calls(int count)
{
	for (int i = 1; i <= count; i++) {
		char sid[8];
		str_format(sid, sizeof(sid), "c%d", i);
		store_put_call(store, &(struct store_call){
					      .sid = sid,
					      .account = "AC1",
					      .from = i % 2 ? "odd" : "even",
					      .status = CALL_RINGING,
					      .started_ms = 1000 * i});
	}
	store_commit(store, 17);
}

static const char *list(const struct store_filter *filter,
			struct store_page page)
{
	seen[0] = '\0';
	if (!page.size)
		page.size = 50;
	store_list_calls(store, filter, &page, see_call, NULL);
	return seen;
}

static const struct store_filter all = {.account = "AC1"};

TEST(later_puts_complete_a_call_and_leave_the_rest)
{
	open_store();
	store_put_call(store, &(struct store_call){.sid = "c1",
						   .account = "AC1",
						   .from = "bob",
						   .status = CALL_RINGING,
						   .started_ms = 5});
	store_put_call(store, &(struct store_call){.sid = "c1",
						   .status = CALL_COMPLETED,
						   .ended_ms = 9});
	CHECK(store_get_call(store, "AC1", "c1", see_call, NULL));
	CHECK_TEXT(last_from, "bob");
	CHECK_INT(last.status, CALL_COMPLETED);
	CHECK_INT(last.started_ms, 5);
	CHECK_INT(last.ended_ms, 9);
	CHECK(!store_get_call(store, "AC2", "c1", see_call, NULL));
	CHECK(!store_get_call(store, "AC1", "c2", see_call, NULL));
	CHECK(!store_get_call(store, "", "c1", see_call, NULL));
	close_store();
}

TEST(progress_changes_a_live_call_and_makes_none)
{
	open_store();
	store_put_call(store, &(struct store_call){.sid = "c1",
						   .account = "AC1",
						   .status = CALL_INITIATED,
						   .started_ms = 5});
	store_put_progress(store, &(struct store_call){.sid = "c1",
						       .status = CALL_RINGING,
						       .updated_ms = 6});
	store_put_progress(store,
			   &(struct store_call){.sid = "c1",
						.status = CALL_IN_PROGRESS,
						.answered_ms = 7,
						.updated_ms = 7,
						.sip_status = 200});
	store_put_progress(store, &(struct store_call){.sid = "c2",
						       .status = CALL_RINGING});
	CHECK(store_get_call(store, "AC1", "c1", see_call, NULL));
	CHECK_INT(last.status, CALL_IN_PROGRESS);
	CHECK_INT(last.answered_ms, 7);
	CHECK_INT(last.started_ms, 5);
	CHECK_INT(last.sip_status, 200);
	CHECK(!store_get_call(store, "AC1", "c2", see_call, NULL));
	close_store();
}

TEST(progress_that_stands_twice_on_the_record_revives_no_call)
{
	open_store();
	store_put_call(store, &(struct store_call){.sid = "c1",
						   .account = "AC1",
						   .status = CALL_COMPLETED,
						   .started_ms = 5,
						   .ended_ms = 9});
	store_put_progress(store, &(struct store_call){.sid = "c1",
						       .status = CALL_RINGING,
						       .updated_ms = 10});
	CHECK(store_get_call(store, "AC1", "c1", see_call, NULL));
	CHECK_INT(last.status, CALL_COMPLETED);
	close_store();
}

TEST(a_status_is_found_among_live_and_finished_calls)
{
	const struct store_filter ringing = {.account = "AC1",
					     .status = CALL_RINGING};
	const struct store_filter busy = {.account = "AC1",
					  .status = CALL_BUSY};
	open_store();
	put_calls(2);
	store_put_call(store, &(struct store_call){.sid = "c1",
						   .status = CALL_BUSY,
						   .ended_ms = 9});
	CHECK_TEXT(list(&ringing, (struct store_page){0}), "c2 ");
	CHECK_TEXT(list(&busy, (struct store_page){0}), "c1 ");
	close_store();
}

TEST(pages_go_back_and_forth_and_meet)
{
	open_store();
	put_calls(5);
	CHECK_TEXT(list(&all, (struct store_page){.size = 2}), "c5 c4 ");
	CHECK_TEXT(list(&all, (struct store_page){.size = 2,
						  .mark_ms = 4000,
						  .mark_sid = "c4"}),
		   "c3 c2 ");
	CHECK_TEXT(list(&all, (struct store_page){.size = 2,
						  .before = true,
						  .mark_ms = 3000,
						  .mark_sid = "c3"}),
		   "c5 c4 ");
	CHECK_TEXT(list(&all, (struct store_page){.size = 2, .skip = 4}),
		   "c1 ");
	close_store();
}

TEST(filters_narrow_the_list)
{
	open_store();
	put_calls(5);
	CHECK_TEXT(list(&(struct store_filter){.account = "AC1", .from = "odd"},
			(struct store_page){0}),
		   "c5 c3 c1 ");
	CHECK_TEXT(list(&(struct store_filter){.account = "AC1",
					       .started_from_ms = 2000,
					       .started_to_ms = 3000},
			(struct store_page){0}),
		   "c3 c2 ");
	CHECK_TEXT(list(&(struct store_filter){.account = "AC1",
					       .status = CALL_COMPLETED},
			(struct store_page){0}),
		   "");
	store_put_call(store, &(struct store_call){.sid = "c3",
						   .parent = "c9",
						   .status = CALL_BUSY,
						   .ended_ms = 3500});
	CHECK_TEXT(
		list(&(struct store_filter){.account = "AC1", .parent = "c9"},
		     (struct store_page){0}),
		"c3 ");
	CHECK_TEXT(list(&(struct store_filter){.account = "AC1",
					       .ended_from_ms = 3500,
					       .ended_to_ms = 3500},
			(struct store_page){0}),
		   "c3 ");
	CHECK_TEXT(list(&(struct store_filter){.account = "AC1",
					       .ended_from_ms = 3501},
			(struct store_page){0}),
		   "");
	CHECK_TEXT(list(&(struct store_filter){.account = "AC2"},
			(struct store_page){0}),
		   "");
	close_store();
}

TEST(old_rows_are_deleted_in_bounded_steps)
{
	open_store();
	put_calls(1200);
	CHECK(store_expire(store, 1100 * 1000));
	CHECK(store_expire(store, 1100 * 1000));
	CHECK(!store_expire(store, 1100 * 1000));
	CHECK_INT(store_list_calls(store, &all,
				   &(struct store_page){.size = 1000}, see_call,
				   NULL),
		  101);
	close_store();
}

TEST(what_was_projected_survives_and_another_record_starts_anew)
{
	char path[] = "/tmp/apid-store-XXXXXX", error[STORE_ERROR_BYTES];
	char side[64];
	close(mkstemp(path));
	store = store_open(path, error);
	CHECK(store);
	store_reset(store, "2026-01-01");
	put_calls(3);
	close_store();
	store = store_open(path, error);
	CHECK_INT(store_sequence(store), 17);
	CHECK_TEXT(store_record(store), "2026-01-01");
	CHECK_TEXT(list(&all, (struct store_page){0}), "c3 c2 c1 ");
	store_reset(store, "2026-02-02");
	CHECK_INT(store_sequence(store), 0);
	CHECK_TEXT(list(&all, (struct store_page){0}), "");
	close_store();
	unlink(path);
	str_format(side, sizeof(side), "%s-wal", path);
	unlink(side);
	str_format(side, sizeof(side), "%s-shm", path);
	unlink(side);
}

TEST(a_broken_file_is_made_anew)
{
	char path[] = "/tmp/apid-store-XXXXXX", error[STORE_ERROR_BYTES];
	char side[64];
	int fd = mkstemp(path);
	CHECK(write(fd, "this is no database, whatever SQLite thinks of it",
		    49) == 49);
	close(fd);
	store = store_open(path, error);
	CHECK(store);
	CHECK_INT(store_sequence(store), 0);
	close_store();
	unlink(path);
	str_format(side, sizeof(side), "%s-wal", path);
	unlink(side);
	str_format(side, sizeof(side), "%s-shm", path);
	unlink(side);
}

TEST_MAIN()
