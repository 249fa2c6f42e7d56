/*
 * limits_test.c - an account's limits, without a call.
 */
#include "services/sipgw/limits.h"

#include "services/sipgw/resolve.h"

#include "lib/test/test.h"

static struct sockaddr_storage at(const char *text)
{
	struct sockaddr_storage address;
	resolve_numeric(text, 5060, &address);
	return address;
}

static bool has(const char *list, const char *host, const char *address)
{
	struct sockaddr_storage to = at(address);
	return limits_list_has(list, host, (struct sockaddr *)&to);
}

TEST(a_second_holds_as_many_calls_as_it_may)
{
	struct limits_bucket bucket = {.tokens = 0};
	int taken = 0;
	for (int64_t ms = 5000; ms < 5100; ms++)
		taken += limits_take(&bucket, 3, ms);
	CHECK_INT(taken, 3);
	CHECK(!limits_take(&bucket, 3, 5300));
	CHECK(limits_take(&bucket, 3, 5500));
	CHECK(limits_take(&bucket, 3, 9000));
}

TEST(a_host_is_on_the_list_by_its_name)
{
	CHECK(has("sip.example.com", "SIP.Example.com", "192.0.2.1"));
	CHECK(has("a.example, sip.example.com", "sip.example.com.",
		  "192.0.2.1"));
	CHECK(!has("example.com", "sip.example.com", "192.0.2.1"));
	CHECK(!has("sip.example.com", "sip.example.com.evil", "192.0.2.1"));
	CHECK(!has("", "sip.example.com", "192.0.2.1"));
	CHECK(!has(",,", "", "192.0.2.1"));
}

TEST(a_star_stands_for_all_below)
{
	CHECK(has("*.example.com", "a.example.com", "192.0.2.1"));
	CHECK(has("*.example.com", "a.b.example.com", "192.0.2.1"));
	CHECK(!has("*.example.com", "example.com", "192.0.2.1"));
	CHECK(!has("*.example.com", "evilexample.com", "192.0.2.1"));
	CHECK(!has("*.example.com", ".example.com", "192.0.2.1"));
}

TEST(an_address_is_on_the_list_by_its_network)
{
	CHECK(has("192.0.2.0/24", "sip.example.com", "192.0.2.77"));
	CHECK(has("192.0.2.77", "192.0.2.77", "192.0.2.77"));
	CHECK(has("x.example,2001:db8::/32", "[2001:db8::5]", "[2001:db8::5]"));
	CHECK(!has("192.0.2.0/24", "sip.example.com", "192.0.3.1"));
}

TEST_MAIN()
