/*
 * resolve_test.c - addresses that need no name server: numeric ones and those
 * of /etc/hosts.
 */
#include "services/sipgw/resolve.h"

#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

static char heard[RESOLVE_TEXT_BYTES];
static unsigned answers;

static void on_resolved(void *owner, const char *id,
			const struct resolved *resolved)
{
	(void)owner;
	CHECK_TEXT(id, "CA1");
	answers++;
	heard[0] = '\0';
	if (resolved->count)
		resolve_text((const struct sockaddr *)&resolved->address[0],
			     heard);
}

static void ask(const char *host, int family)
{
	struct loop *loop = loop_new();
	struct resolver *resolver = resolver_new(loop, "");
	answers = 0;
	resolve_host(resolver, host, 5070, family, on_resolved, NULL, "CA1");
	for (int i = 0; i < 50 && !answers; i++)
		loop_turn(loop, 100);
	CHECK_INT(answers, 1);
	resolver_free(resolver);
	loop_free(loop);
}

TEST(a_numeric_address_is_answered_at_once)
{
	ask("127.0.0.1", AF_INET);
	CHECK_TEXT(heard, "127.0.0.1:5070");
	ask("[::1]", AF_UNSPEC);
	CHECK_TEXT(heard, "[::1]:5070");
}

TEST(an_address_of_the_wrong_family_is_none)
{
	ask("[::1]", AF_INET);
	CHECK_TEXT(heard, "");
}

TEST(brackets_without_an_address_are_none)
{
	ask("[localhost]", AF_UNSPEC);
	CHECK_TEXT(heard, "");
}

TEST(a_name_in_etc_hosts_needs_no_server)
{
	ask("localhost", AF_INET);
	CHECK_TEXT(heard, "127.0.0.1:5070");
}

TEST_MAIN()
