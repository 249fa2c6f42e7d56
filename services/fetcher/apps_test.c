/*
 * apps_test.c - which subjects a document may be asked on.
 */
#include "services/fetcher/apps.h"

#include "lib/test/test.h"

#include <string.h>

static char error[APPS_ERROR_BYTES];

TEST(only_what_is_named_may_be_asked)
{
	struct apps *apps = apps_new(NULL, NULL, " app.>, shop.desk ,,", error);
	CHECK(apps != NULL);
	CHECK(apps_may_ask(apps, "app.voice", error));
	CHECK(apps_may_ask(apps, "app.a.b.c", error));
	CHECK(apps_may_ask(apps, "shop.desk", error));
	static const char *const others[] = {"app",
					     "apps.voice",
					     "application",
					     "shop",
					     "shop.desk.below",
					     "shop.desks",
					     "vox.apid.any.CA1",
					     "hooks.0.x",
					     "x",
					     ""};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		CHECK(!apps_may_ask(apps, others[i], error));
		CHECK(strstr(error, "VOXBUS_NATS_APPS") != NULL);
	}
	apps_free(apps);
}

TEST(without_a_name_nothing_may)
{
	struct apps *apps = apps_new(NULL, NULL, "", error);
	CHECK(!apps_may_ask(apps, "app.voice", error));
	apps_free(apps);
}

TEST(the_platforms_own_subjects_cannot_be_named)
{
	static const char *const own[] = {
		"vox.>",          "vox",      "vox.fetcher.any.CA1",
		"hooks.>",        "dead.>",   "sound",
		"sound.read.fe0", "_INBOX.>", "app.>,_R_.>"};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		CHECK(!apps_new(NULL, NULL, own[i], error));
		CHECK(strstr(error, "platform's own") != NULL);
	}
}

TEST(what_is_no_subject_is_refused)
{
	static const char *const bad[] = {">",    "*",     "a.*",     ".>",
					  "a..>", "a b",   "$JS.>",   "a.>.b",
					  "a.",   "a;b.>", "\xc3\xa4"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!apps_new(NULL, NULL, bad[i], error));
		CHECK(strstr(error, "is no subject") != NULL);
	}
}

TEST_MAIN()
