/*
 * natsd_test.c - where nats-server is started, and its configuration.
 */
#include "tools/voxctl/natsd.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

#include <string.h>

static struct natsd_place place;
static char why[NATSD_ERROR_BYTES];

TEST(the_url_names_host_and_port)
{
	CHECK(natsd_parse("nats://127.0.0.1:4333", &place, why));
	CHECK_TEXT(place.host, "127.0.0.1");
	CHECK_INT(place.port, 4333);
	CHECK(natsd_parse("nats://localhost/", &place, why));
	CHECK_TEXT(place.host, "localhost");
	CHECK_INT(place.port, 4222);
	CHECK(natsd_parse("nats://[::1]:4333", &place, why));
	CHECK_TEXT(place.host, "::1");
}

TEST(the_url_may_bear_credentials)
{
	CHECK(natsd_parse("nats://me:a%40b@h:1", &place, why));
	CHECK_TEXT(place.user, "me");
	CHECK_TEXT(place.password, "a@b");
	CHECK(natsd_parse("nats://token@h", &place, why));
	CHECK_TEXT(place.user, "token");
	CHECK_TEXT(place.password, "");
}

TEST(what_cannot_be_started_is_refused)
{
	static const char *const bad[] = {
		"tls://h:1",     "nats://a:1,nats://b:1",
		"nats://h:0",    "nats://:4222",
		"nats://[::1",   "nats://a%zz@h",
		"nats://a%0a@h", "nats://h\"x"};
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		CHECK(!natsd_parse(bad[i], &place, why));
		CHECK(why[0]);
	}
}

TEST(the_configuration_listens_where_it_should_and_nowhere_else)
{
	struct buf text = BUF_INIT(4096);
	CHECK(natsd_parse("nats://me:q\"uote@127.0.0.1:4333", &place, why));
	natsd_config(&(struct natsd_wish){&place, "/d/nats", "/d/log", 100},
		     &text);
	CHECK(strstr(buf_text(&text), "host: \"127.0.0.1\"\nport: 4333\n"));
	CHECK(strstr(buf_text(&text), "store_dir: \"/d/nats\"\n"));
	CHECK(strstr(buf_text(&text), "password: \"q\\\"uote\"\n"));
	CHECK(!strstr(buf_text(&text), "http"));
	buf_free(&text);
}

TEST(who_answers_is_judged_by_the_first_line)
{
	CHECK_INT(natsd_judge(NULL), NATSD_NOBODY);
	CHECK_INT(natsd_judge("SSH-2.0-x"), NATSD_STRANGER);
	CHECK_INT(natsd_judge("INFO {\"server_id\":\"x\"}"),
		  NATSD_NO_JETSTREAM);
	CHECK_INT(natsd_judge("INFO {\"jetstream\":true}"), NATSD_JETSTREAM);
}

TEST_MAIN()
