/*
 * targets_test.c - what needs no name server: numeric hosts, ports, and names
 * of /etc/hosts.
 */
#include "services/sipgw/targets.h"

#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

static struct targets found;
static int answers;

static void on_found(void *owner, const char *id, const struct targets *targets)
{
	(void)owner;
	CHECK_TEXT(id, "leg");
	found = *targets;
	answers++;
}

static const char *first(struct target_wish wish, const char *host, int family)
{
	static char text[RESOLVE_TEXT_BYTES];
	struct loop *loop = loop_new();
	struct resolver *resolver = resolver_new(loop, "127.0.0.1:9");
	str_copy(wish.host, sizeof(wish.host), host);
	wish.family = family;
	answers = 0;
	targets_find(resolver, &wish, on_found, NULL, "leg");
	CHECK_INT(answers, 1);
	resolver_free(resolver);
	loop_free(loop);
	text[0] = '\0';
	if (found.count)
		resolve_text((struct sockaddr *)&found.at[0].address, text);
	return text;
}

TEST(a_numeric_host_has_the_port_of_its_transport)
{
	struct target_wish udp = {.transport = SIP_UDP};
	struct target_wish tls = {.transport = SIP_TLS, .named = true};
	CHECK_TEXT(first(udp, "192.0.2.1", AF_INET), "192.0.2.1:5060");
	CHECK_TEXT(first(tls, "192.0.2.1", AF_INET), "192.0.2.1:5061");
	CHECK_TEXT(first(udp, "[2001:db8::1]", AF_INET6), "[2001:db8::1]:5060");
	udp.port = 5070;
	CHECK_TEXT(first(udp, "[2001:db8::1]", AF_INET6), "[2001:db8::1]:5070");
}

TEST(sips_is_tls_whatever_else_is_said)
{
	struct target_wish wish = {
		.transport = SIP_TCP, .named = true, .secure = true};
	CHECK_TEXT(first(wish, "192.0.2.1", AF_INET), "192.0.2.1:5061");
	CHECK_INT(found.at[0].transport, SIP_TLS);
}

TEST(an_address_of_the_other_family_is_none)
{
	struct target_wish wish = {.transport = SIP_UDP};
	CHECK_TEXT(first(wish, "[2001:db8::1]", AF_INET), "");
	CHECK_TEXT(first(wish, "192.0.2.1", AF_INET6), "");
}

TEST(a_name_of_etc_hosts_is_not_asked_for)
{
	struct target_wish wish = {.transport = SIP_UDP};
	CHECK_TEXT(first(wish, "localhost", AF_INET), "127.0.0.1:5060");
}

TEST(questions_that_are_open_at_the_end_are_answered)
{
	struct target_wish wish = {.host = "nowhere.test",
				   .transport = SIP_UDP,
				   .family = AF_INET};
	struct loop *loop = loop_new();
	/* A port where nobody answers. */
	struct resolver *resolver = resolver_new(loop, "127.0.0.1:9");
	answers = 0;
	targets_find(resolver, &wish, on_found, NULL, "leg");
	CHECK_INT(answers, 0);
	resolver_free(resolver);
	CHECK_INT(answers, 1);
	CHECK_INT(found.count, 0);
	loop_free(loop);
}

TEST(an_address_is_tried_once)
{
	struct targets targets = {.count = 0};
	struct sockaddr_storage address;
	resolve_numeric("192.0.2.1", 5060, &address);
	targets_add(&targets, &address, SIP_UDP);
	targets_add(&targets, &address, SIP_UDP);
	targets_add(&targets, &address, SIP_TCP);
	CHECK_INT(targets.count, 2);
	for (uint16_t port = 1; port < 100; port++) {
		resolve_numeric("192.0.2.1", port, &address);
		targets_add(&targets, &address, SIP_UDP);
	}
	CHECK_INT(targets.count, TARGETS_MAX);
}

TEST(name_servers_are_a_list_of_addresses)
{
	struct loop *loop = loop_new();
	CHECK(!resolver_new(loop, "nonsense"));
	struct resolver *resolver =
		resolver_new(loop, "127.0.0.1:53,[::1]:53,192.0.2.1");
	CHECK(resolver);
	resolver_free(resolver);
	loop_free(loop);
}

TEST_MAIN()
