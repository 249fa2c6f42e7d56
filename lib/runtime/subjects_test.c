/*
 * subjects_test.c - what a list of subjects allows, and what it may not name;
 * services/fetcher/apps_test.c has more of both.
 */
#include "lib/runtime/subjects.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

#include <string.h>

static char error[SUBJECTS_ERROR_BYTES];

TEST(a_list_allows_what_is_below_and_what_is_named)
{
	struct subjects *subjects = subjects_parse(" app.> ,shop.desk,", error);
	CHECK(subjects_match(subjects, "app.voice"));
	CHECK(subjects_match(subjects, "shop.desk"));
	CHECK(!subjects_match(subjects, "app"));
	CHECK(!subjects_match(subjects, "shop.desk.below"));
	CHECK(!subjects_match(subjects, "application"));
	subjects_free(subjects);
}

TEST(an_empty_list_allows_nothing)
{
	struct subjects *subjects = subjects_parse("", error);
	CHECK(!subjects_match(subjects, "app.voice"));
	CHECK(!subjects_match(subjects, ""));
	subjects_free(subjects);
}

TEST(what_is_wrong_with_a_list_is_told_by_the_word)
{
	CHECK(!subjects_parse("app.>,hooks.>", error));
	CHECK_TEXT(error, "'hooks' is the platform's own");
	CHECK(!subjects_parse("app.>,>", error));
	CHECK_TEXT(error, "'>' is no subject: write app.voice, or app.> for "
			  "all below");
}

TEST(a_list_has_an_end)
{
	struct buf list = BUF_INIT(4096);
	for (int i = 0; i < SUBJECTS_MAX; i++)
		buf_addf(&list, "a%d.>,", i);
	struct subjects *subjects = subjects_parse(buf_text(&list), error);
	CHECK(subjects_match(subjects, "a63.x"));
	subjects_free(subjects);
	buf_add_text(&list, "one.more");
	CHECK(!subjects_parse(buf_text(&list), error));
	CHECK_TEXT(error, "more than 64 subjects: 'one.more'");
	buf_free(&list);
}

TEST_MAIN()
