/*
 * recent_test.c - what is remembered, and that it does not grow.
 */
#include "services/fetcher/recent.h"

#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"

static void put(struct recent *recent, const char *name, const char *body)
{
	struct fetched answer = {.status = 200};
	str_copy(answer.fetch, sizeof(answer.fetch), name);
	proto_set_long(&answer.body, body);
	recent_put(recent, &answer);
	proto_clear(&fetched_message, &answer);
}

TEST(an_answer_is_remembered_with_its_body)
{
	struct recent *recent = recent_new(2, 100000);
	put(recent, "FE1", "one");
	CHECK_TEXT(recent_get(recent, "FE1")->body, "one");
	CHECK(!recent_get(recent, "FE2"));
	put(recent, "FE1", "two");
	CHECK_TEXT(recent_get(recent, "FE1")->body, "two");
	recent_free(recent);
}

TEST(the_oldest_answer_goes_when_there_are_too_many)
{
	struct recent *recent = recent_new(2, 100000);
	put(recent, "FE1", "one");
	put(recent, "FE2", "two");
	put(recent, "FE3", "three");
	CHECK(!recent_get(recent, "FE1"));
	CHECK(recent_get(recent, "FE2"));
	CHECK(recent_get(recent, "FE3"));
	recent_free(recent);
}

TEST(bytes_have_a_limit_too)
{
	struct recent *recent = recent_new(1000, 4000);
	for (unsigned i = 0; i < 100; i++) {
		char name[16];
		str_format(name, sizeof(name), "FE%u", i);
		put(recent, name, "body");
	}
	CHECK(!recent_get(recent, "FE90"));
	CHECK(recent_get(recent, "FE99"));
	recent_free(recent);
}

TEST_MAIN()
