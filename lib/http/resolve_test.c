/*
 * resolve_test.c - hosts that may not be reached, that are nowhere, or whose
 * name server hangs.
 */
#include "lib/http/acts_test.h"

#include <unistd.h>

static const struct act table[] = {
	{"/", act_ok},
};

TEST(addresses_that_are_not_public_are_refused_in_any_spelling)
{
	static const char *const hosts[] = {
		"127.0.0.1",
		"localhost",
		"2130706433",
		"0177.0.0.1",
		"0x7f.1",
		"127.1",
		"[::1]",
		"[::ffff:127.0.0.1]",
		"[64:ff9b::7f00:1]",
		"0.0.0.0",
		"169.254.169.254",
		"[fd00::1]",
		"[2002:7f00:1::]",
		"10.0.0.1",
		"192.168.1.1",
		"172.16.0.1",
		"100.64.0.1",
		"224.0.0.1",
		"[fe80::1]",
		"[ff02::1]",
		"[::]",
		"user@127.0.0.1",
		"rebound.example",
	};
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		char url[128];
		begin("", table);
		str_format(url, sizeof(url), "http://%s:%d/ok", hosts[i],
			   web_port(web));
		ask(request_of(url));
		if (!CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS))
			fprintf(stderr, "  %s: %s\n", hosts[i], got.text);
		CHECK(strstr(got.text, "VOXBUS_HTTP_ALLOW"));
		CHECK_INT(web_connections(web), 0);
		ask_end();
	}
}

TEST(names_and_ports_that_lead_nowhere_are_told_apart)
{
	static const char *const nowhere[] = {NULL};
	begin("127.0.0.0/8", table);
	ask(request_of("http://127.0.0.1:1/"));
	CHECK_INT(got.error, ERR_HTTP_CONNECTION);
	dns = nowhere;
	ask(request_of("http://nowhere.example/"));
	CHECK_INT(got.error, ERR_HTTP_HOST);
	struct http_request wanted = request_of(ask_url("/"));
	char url[128];
	str_format(url, sizeof(url), "https://127.0.0.1:%d/", web_port(web));
	wanted.url = url;
	ask(wanted);
	CHECK_INT(got.error, ERR_HTTP_TLS);
	ask(request_of("no url"));
	CHECK_INT(got.error, ERR_URL_INVALID);
	CHECK(strstr(got.text, "no absolute http or https URL"));
	ask_end();
}

TEST(a_name_server_that_hangs_does_not_block_the_loop)
{
	static const char *const hangs[] = {DNS_HANGS, NULL};
	int ends[2];
	begin("127.0.0.0/8", table);
	if (pipe(ends) < 0)
		abort();
	dns = hangs;
	dns_wakes = ends[0];
	struct http_request wanted = request_of("http://slow.example/");
	wanted.total_ms = 200;
	int64_t before = clock_mono_ms();
	ask(wanted);
	CHECK_INT(got.error, ERR_HTTP_HOST);
	CHECK(clock_mono_ms() - before < 1000);
	before = clock_mono_ms();
	ask_end();
	CHECK(clock_mono_ms() - before < 1000);
	if (write(ends[1], "", 1) != 1)
		abort();
}

TEST_MAIN()
