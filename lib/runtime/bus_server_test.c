/*
 * bus_server_test.c - which servers a URL names.
 */
#include "lib/runtime/bus_server.h"

#include "lib/test/test.h"

#include <stddef.h>

static struct bus_servers servers;
static char why[BUS_SERVER_ERROR_BYTES];

static void check_place(unsigned number, const char *host, const char *port)
{
	CHECK_TEXT(servers.list[number].host, host);
	CHECK_TEXT(servers.list[number].port, port);
}

TEST(a_url_names_host_and_port)
{
	CHECK(bus_servers_read("nats://127.0.0.1:4222", &servers, why));
	CHECK_INT(servers.count, 1);
	check_place(0, "127.0.0.1", "4222");
	CHECK(servers.list[0].user == NULL);
	CHECK(servers.list[0].token == NULL);
	bus_servers_free(&servers);
}

TEST(scheme_and_port_may_be_left_out_and_there_may_be_several)
{
	CHECK(bus_servers_read("one, nats://two:5/,nats://[::1],[::2]:6",
			       &servers, why));
	CHECK_INT(servers.count, 4);
	check_place(0, "one", "4222");
	check_place(1, "two", "5");
	check_place(2, "::1", "4222");
	check_place(3, "::2", "6");
	bus_servers_free(&servers);
}

TEST(who_we_are_stands_before_the_host)
{
	CHECK(bus_servers_read("nats://me:se%40cret@one,nats://tok%3aen@two",
			       &servers, why));
	CHECK_TEXT(servers.list[0].user, "me");
	CHECK_TEXT(servers.list[0].password, "se@cret");
	CHECK(servers.list[0].token == NULL);
	CHECK_TEXT(servers.list[1].token, "tok:en");
	check_place(1, "two", "4222");
	bus_servers_free(&servers);
	CHECK(bus_servers_read("nats://me:4/+#?=@one:5/x", &servers, why));
	CHECK_TEXT(servers.list[0].password, "4/+#?=");
	check_place(0, "one", "5");
	bus_servers_free(&servers);
}

TEST(what_is_no_url_is_told)
{
	static const char *const wrong[] = {
		"",         "tls://one",         "nats://",  "nats://one:0",
		"one:port", "nats://[::1",       "[::1]x",   "one,,two",
		"one:5:6",  "a,b,c,d,e,f,g,h,i", "[::1]x:5",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK(!bus_servers_read(wrong[i], &servers, why));
		CHECK_INT(servers.count, 0);
	}
}

TEST_MAIN()
