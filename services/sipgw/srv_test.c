/*
 * srv_test.c - the order of a domain's servers.
 */
#include "services/sipgw/srv.h"

#include "lib/test/test.h"

#include <string.h>

static void add(struct srv_list *list, const char *host, uint16_t priority,
		uint16_t weight)
{
	struct srv one = {"", 5060, priority, weight};
	memcpy(one.host, host, strlen(host) + 1);
	srv_add(list, &one);
}

TEST(a_lower_priority_comes_first_whatever_the_weight)
{
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct srv_list list = {.count = 0};
		add(&list, "last", 30, 60000);
		add(&list, "second", 20, 1);
		add(&list, "first", 10, 0);
		srv_order(&list, seed);
		CHECK_TEXT(list.at[0].host, "first");
		CHECK_TEXT(list.at[1].host, "second");
		CHECK_TEXT(list.at[2].host, "last");
	}
}

TEST(weights_share_the_calls_in_proportion)
{
	int big = 0, none = 0;
	for (uint64_t seed = 0; seed < 10000; seed++) {
		struct srv_list list = {.count = 0};
		add(&list, "none", 10, 0);
		add(&list, "small", 10, 25);
		add(&list, "big", 10, 75);
		srv_order(&list, seed);
		big += !strcmp(list.at[0].host, "big");
		none += !strcmp(list.at[0].host, "none");
	}
	CHECK(big > 7100 && big < 7800);
	CHECK(none > 20 && none < 250); /* one in 101 */
}

TEST(the_same_seed_gives_the_same_order)
{
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct srv_list a = {.count = 0}, b = {.count = 0};
		for (int i = 0; i < 10; i++) {
			char host[2] = {(char)('a' + i), 0};
			add(&a, host, 1, 10);
			add(&b, host, 1, 10);
		}
		srv_order(&a, seed);
		srv_order(&b, seed);
		CHECK(memcmp(&a, &b, sizeof(a)) == 0);
	}
}

TEST(each_server_stays_in_the_list_once)
{
	struct srv_list list = {.count = 0};
	int seen = 0;
	for (int i = 0; i < 20; i++) {
		char host[2] = {(char)('a' + i), 0};
		add(&list, host, (uint16_t)(i % 3), (uint16_t)(i * 7));
	}
	CHECK_INT(list.count, SRV_MAX);
	srv_order(&list, 42);
	for (unsigned i = 0; i < list.count; i++)
		seen |= 1 << (list.at[i].host[0] - 'a');
	CHECK_INT(seen, 0xffff);
}

TEST(a_dot_and_port_0_are_no_servers)
{
	struct srv_list list = {.count = 0};
	add(&list, ".", 1, 1);
	srv_add(&list, &(struct srv){.host = "a"});
	CHECK_INT(list.count, 0);
}

static void point(struct naptr_list *list, uint16_t order, uint16_t preference,
		  const char *service, const char *flags)
{
	struct naptr one = {.order = order, .preference = preference};
	memcpy(one.flags, flags, strlen(flags) + 1);
	memcpy(one.service, service, strlen(service) + 1);
	memcpy(one.replacement, service, strlen(service) + 1);
	naptr_add(list, &one);
}

TEST(pointers_come_by_order_then_preference_and_only_what_we_speak)
{
	struct naptr_list list = {.count = 0};
	point(&list, 20, 1, "SIP+D2U", "s");
	point(&list, 10, 50, "SIP+D2T", "S");
	point(&list, 10, 10, "SIPS+D2T", "s");
	point(&list, 1, 1, "SIP+D2S", "s");
	point(&list, 1, 1, "SIP+D2U", "u");
	point(&list, 1, 1, "E2U+sip", "u");
	naptr_order(&list, 1U << SIP_UDP | 1U << SIP_TCP | 1U << SIP_TLS);
	CHECK_INT(list.count, 3);
	CHECK_TEXT(list.at[0].service, "SIPS+D2T");
	CHECK_TEXT(list.at[1].service, "SIP+D2T");
	CHECK_TEXT(list.at[2].service, "SIP+D2U");
}

TEST(a_secure_target_follows_secure_pointers_only)
{
	struct naptr_list list = {.count = 0};
	point(&list, 1, 1, "SIP+D2U", "s");
	point(&list, 2, 1, "SIPS+D2T", "s");
	naptr_order(&list, 1U << SIP_TLS);
	CHECK_INT(list.count, 1);
	CHECK_INT(naptr_transport(&list.at[0]), SIP_TLS);
}

TEST_MAIN()
