/*
 * guard_test.c - rate limit and lists of networks.
 */
#include "services/sipgw/guard.h"

#include "lib/test/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage storage;
	memset(&storage, 0, sizeof(storage));
	struct sockaddr_in *four = (void *)&storage;
	struct sockaddr_in6 *six = (void *)&storage;
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		storage.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		storage.ss_family = AF_INET6;
	return storage;
}

static bool takes(struct guard *guard, const char *text, int64_t now_ms)
{
	struct sockaddr_storage storage = address(text);
	return guard_takes(guard, (struct sockaddr *)&storage, now_ms);
}

static bool may_reach(struct guard *guard, const char *text)
{
	struct sockaddr_storage storage = address(text);
	return guard_may_reach(guard, (struct sockaddr *)&storage);
}

static struct guard *make(int64_t rate)
{
	char error[160];
	return guard_new("127.0.0.0/8", "127.0.0.0/8", rate, error);
}

TEST(a_source_gets_its_rate_and_no_more)
{
	struct guard *guard = make(3);
	for (int i = 0; i < 3; i++)
		CHECK(takes(guard, "127.0.0.1", 1000));
	CHECK(!takes(guard, "127.0.0.1", 1000));
	CHECK(takes(guard, "127.0.0.2", 1000));
	guard_free(guard);
}

TEST(tokens_come_back_with_time)
{
	struct guard *guard = make(2);
	CHECK(takes(guard, "127.0.0.1", 1000));
	CHECK(takes(guard, "127.0.0.1", 1000));
	CHECK(!takes(guard, "127.0.0.1", 1400));
	CHECK(takes(guard, "127.0.0.1", 1501));
	CHECK(!takes(guard, "127.0.0.1", 1502));
	CHECK(takes(guard, "127.0.0.1", 9000));
	guard_free(guard);
}

TEST(an_ipv6_source_counts_by_its_network)
{
	struct guard *guard = make(1);
	CHECK(takes(guard, "2001:db8::1", 5));
	CHECK(!takes(guard, "2001:db8::2", 5));
	CHECK(takes(guard, "2001:db8:0:1::2", 5));
	guard_free(guard);
}

TEST(a_flood_of_sources_does_not_grow_the_table)
{
	struct guard *guard = make(1);
	char text[32];
	for (unsigned i = 0; i < 3 * GUARD_SOURCES; i++) {
		struct sockaddr_in four = {.sin_family = AF_INET};
		four.sin_addr.s_addr = htonl(0x0a000000U + i);
		inet_ntop(AF_INET, &four.sin_addr, text, sizeof(text));
		CHECK(takes(guard, text, 1000 + i));
	}
	guard_free(guard);
}

static struct sockaddr_in at(const char *text)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	inet_pton(AF_INET, text, &four.sin_addr);
	return four;
}

TEST(ten_wrong_passwords_bar_a_source_and_are_forgiven_one_by_one)
{
	struct guard *guard = make(1000);
	struct sockaddr_in here = at("192.0.2.1"), there = at("192.0.2.2");
	struct sockaddr *source = (struct sockaddr *)&here;
	for (int i = 0; i < GUARD_WRONG_MAX; i++) {
		CHECK(!guard_is_barred(guard, source, 1000));
		guard_wrong(guard, source, 1000);
	}
	CHECK(guard_is_barred(guard, source, 1000));
	CHECK(!guard_is_barred(guard, (struct sockaddr *)&there, 1000));
	CHECK(!guard_is_barred(guard, source, 1000 + GUARD_WRONG_EACH_MS));
	guard_wrong(guard, source, 1000 + GUARD_WRONG_EACH_MS);
	CHECK(guard_is_barred(guard, source, 1000 + GUARD_WRONG_EACH_MS));
	guard_free(guard);
}

TEST(private_destinations_must_be_named)
{
	struct guard *guard = make(1);
	CHECK(may_reach(guard, "8.8.8.8"));
	CHECK(may_reach(guard, "127.0.0.1"));
	CHECK(!may_reach(guard, "10.0.0.1"));
	CHECK(!may_reach(guard, "169.254.169.254"));
	CHECK(!may_reach(guard, "::1"));
	guard_free(guard);
}

TEST(a_wrong_list_is_refused_with_words)
{
	char error[160] = "";
	CHECK(!guard_new("127.0.0.0/8", "nonsense", 1, error));
	CHECK(error[0] != '\0');
}

TEST_MAIN()
