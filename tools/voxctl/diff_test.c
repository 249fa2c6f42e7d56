/*
 * diff_test.c - the first difference, by its path.
 */
#include "tools/voxctl/diff.h"

#include "lib/test/test.h"

#include <string.h>

static struct diff diff;
static const char *const ignored[] = {"time", NULL};

static bool find(const char *recorded, const char *now)
{
	return diff_find(json_of(recorded, strlen(recorded)),
			 json_of(now, strlen(now)), ignored, &diff);
}

TEST(the_same_is_the_same_whatever_is_ignored)
{
	CHECK(!find("{\"time\":1,\"a\":[1,{\"b\":\"x\"}]}",
		    "{\"time\":2,\"a\":[1,{\"b\":\"x\"}]}"));
	CHECK(!find("{\"time\":1}", "{}"));
	CHECK(!find("{}", "{\"time\":1}"));
}

TEST(a_changed_value_is_told_with_its_path)
{
	CHECK(find("{\"a\":{\"params\":[{\"v\":\"x\"},{\"v\":\"y\"}]}}",
		   "{\"a\":{\"params\":[{\"v\":\"x\"},{\"v\":\"z\"}]}}"));
	CHECK_TEXT(diff.path, "a.params[1].v");
	CHECK_TEXT(diff.recorded, "\"y\"");
	CHECK_TEXT(diff.now, "\"z\"");
}

TEST(what_is_missing_or_new_is_absent_on_the_other_side)
{
	CHECK(find("{\"a\":1,\"b\":2}", "{\"a\":1}"));
	CHECK_TEXT(diff.path, "b");
	CHECK_TEXT(diff.now, "(absent)");
	CHECK(find("{\"a\":[1]}", "{\"a\":[1,2]}"));
	CHECK_TEXT(diff.path, "a[1]");
	CHECK_TEXT(diff.recorded, "(absent)");
	CHECK(find("{}", "{\"c\":true}"));
	CHECK_TEXT(diff.path, "c");
}

TEST(ignored_names_count_only_outside)
{
	CHECK(find("{\"a\":{\"time\":1}}", "{\"a\":{\"time\":2}}"));
	CHECK_TEXT(diff.path, "a.time");
}

TEST(long_values_are_shown_from_where_they_part)
{
	char left[2000], right[2000];
	memset(left, 'x', sizeof(left));
	memcpy(left, "{\"a\":\"", 6);
	memcpy(left + sizeof(left) - 3, "\"}", 3);
	memcpy(right, left, sizeof(left));
	right[1000] = 'y';
	CHECK(find(left, right));
	CHECK(strlen(diff.now) < DIFF_VALUE_BYTES);
	CHECK(strchr(diff.now, 'y'));
	CHECK(!strchr(diff.recorded, 'y'));
}

TEST_MAIN()
