/*
 * platform_test.c - ready is when one of each kind works.
 */
#include "services/apid/platform.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>

static struct platform platform;
static struct buf text = BUF_INIT(65536);
static const char *const kinds[] = {"fetcher", "interpreter", "sipgw",
				    "mediad",  "callbackd",   "apid"};

static struct instance record(bool draining)
{
	struct instance instance = {.hello = 1, .draining = draining};
	str_copy(instance.boot, sizeof(instance.boot), "BT1");
	return instance;
}

static void all_start(int64_t now_ms)
{
	struct instance instance = record(false);
	memset(&platform, 0, sizeof(platform));
	for (unsigned i = 0; i < 6; i++)
		platform_hear(&platform, kinds[i], "x0", &instance, now_ms);
}

static bool ready(bool bus, int64_t now_ms)
{
	buf_clear(&text);
	return platform_ready(&platform, bus, now_ms, &text);
}

TEST(it_is_ready_when_one_of_each_kind_lives)
{
	memset(&platform, 0, sizeof(platform));
	CHECK(!ready(true, 0));
	CHECK(strstr(buf_text(&text), "\"missing\":[\"fetcher\",\"interp"));
	all_start(1000);
	CHECK(ready(true, 1000));
	CHECK(strstr(buf_text(&text), "{\"ready\":true,\"bus\":\"up\","
				      "\"missing\":[],\"daemons\":[{"
				      "\"service\":\"fetcher\","
				      "\"instance\":\"x0\",\"live\":true,"
				      "\"draining\":false},"));
	CHECK(!ready(false, 1000));
}

TEST(a_daemon_that_is_silent_does_not_live)
{
	struct instance instance = record(false);
	all_start(1000);
	CHECK(!ready(true, 1000 + PLATFORM_SILENT_MS));
	for (unsigned i = 0; i < 6; i++)
		if (i != 2)
			platform_hear(&platform, kinds[i], "x0", &instance,
				      4000);
	CHECK(!ready(true, 1000 + PLATFORM_SILENT_MS));
	CHECK(strstr(buf_text(&text), "\"missing\":[\"sipgw\"]"));
	platform_hear(&platform, "sipgw", "x1", &instance, 4000);
	CHECK(ready(true, 1000 + PLATFORM_SILENT_MS));
}

TEST(a_daemon_that_drains_or_left_takes_nothing)
{
	struct instance drains = record(true);
	all_start(1000);
	platform_hear(&platform, "mediad", "x0", &drains, 1100);
	CHECK(!ready(true, 1200));
	CHECK(strstr(buf_text(&text), "\"missing\":[\"mediad\"]"));
	all_start(1000);
	platform_hear(&platform, "mediad", "x0", NULL, 1100);
	CHECK(!ready(true, 1200));
	CHECK_INT(platform.count, 5);
}

TEST(more_daemons_than_are_kept_do_no_harm)
{
	struct instance instance = record(false);
	char name[16];
	all_start(1000);
	for (int i = 0; i < PLATFORM_DAEMONS_MAX + 10; i++) {
		str_format(name, sizeof(name), "y%d", i);
		platform_hear(&platform, "sipgw", name, &instance, 1000);
	}
	CHECK(ready(true, 1000));
	CHECK_INT(platform.left_out, 16);
	CHECK(!text.full);
}

TEST(one_that_works_is_picked_and_not_always_the_same)
{
	struct instance instance = record(false), draining = record(true);
	bool seen[2] = {false, false};
	all_start(0);
	CHECK_TEXT(platform_pick(&platform, "sipgw", "CA1", 0), "x0");
	platform_hear(&platform, "sipgw", "x1", &instance, 0);
	for (char salt[] = "CA0"; salt[2] <= '9'; salt[2]++)
		seen[platform_pick(&platform, "sipgw", salt, 0)[1] - '0'] =
			true;
	CHECK(seen[0] && seen[1]);
	platform_hear(&platform, "sipgw", "x0", &draining, 0);
	for (char salt[] = "CA0"; salt[2] <= '9'; salt[2]++)
		CHECK_TEXT(platform_pick(&platform, "sipgw", salt, 0), "x1");
	CHECK(!platform_pick(&platform, "sipgw", "CA1",
			     PLATFORM_SILENT_MS + 1));
}

TEST_MAIN()
