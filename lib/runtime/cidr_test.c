/*
 * cidr_test.c - which addresses a list holds, and which are public.
 */
#include "lib/runtime/cidr.h"

#include "lib/test/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in *in = (void *)&storage;
	struct sockaddr_in6 *in6 = (void *)&storage;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		storage.ss_family = AF_INET;
	else if (CHECK(inet_pton(AF_INET6, text, &in6->sin6_addr) == 1))
		storage.ss_family = AF_INET6;
	return storage;
}

static bool match(const char *list, const char *text)
{
	char error[160] = "";
	struct sockaddr_storage storage = address(text);
	struct cidrs *cidrs = cidrs_parse(list, error);
	CHECK_TEXT(error, "");
	if (!CHECK(cidrs != NULL))
		return false;
	bool matches = cidrs_match(cidrs, (struct sockaddr *)&storage);
	cidrs_free(cidrs);
	return matches;
}

static bool is_public(const char *text)
{
	struct sockaddr_storage storage = address(text);
	return cidr_is_public((struct sockaddr *)&storage);
}

static void refused(const char *list, const char *why)
{
	char error[160] = "";
	CHECK(cidrs_parse(list, error) == NULL);
	CHECK_TEXT(error, why);
}

TEST(the_port_does_not_make_another_host)
{
	struct sockaddr_storage one = address("192.0.2.1"), same = one;
	((struct sockaddr_in *)(void *)&same)->sin_port = htons(5060);
	CHECK(cidr_same_host(&one, &same));
	struct sockaddr_storage other = address("192.0.2.2");
	struct sockaddr_storage six = address("::ffff:192.0.2.1");
	CHECK(!cidr_same_host(&one, &other));
	CHECK(!cidr_same_host(&one, &six));
	CHECK(cidr_same_host(&six, &six));
}

TEST(an_address_is_in_a_network_by_its_first_bits)
{
	CHECK(match("10.0.0.0/8", "10.255.0.1"));
	CHECK(!match("10.0.0.0/8", "11.0.0.0"));
	CHECK(match("192.168.4.0/22", "192.168.7.255"));
	CHECK(!match("192.168.4.0/22", "192.168.8.0"));
	CHECK(match("2001:db8::/33", "2001:db8:7fff::1"));
	CHECK(!match("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(a_bare_address_is_a_network_of_one)
{
	CHECK(match(" 192.0.2.1 , ::1 ", "192.0.2.1"));
	CHECK(match("192.0.2.1,::1", "::1"));
	CHECK(!match("192.0.2.1,::1", "192.0.2.2"));
	CHECK(!match("192.0.2.1,::1", "::2"));
}

TEST(an_empty_list_holds_nothing)
{
	CHECK(!match("", "127.0.0.1"));
}

TEST(an_ipv4_address_inside_ipv6_matches_ipv4_networks_only)
{
	CHECK(match("127.0.0.0/8", "::ffff:127.0.0.1"));
	CHECK(!match("::/0", "127.0.0.1"));
	CHECK(match("::/0", "2001:db8::1"));
	CHECK(match("0.0.0.0/0", "8.8.8.8"));
	CHECK(!match("0.0.0.0/0", "::1"));
}

TEST(a_list_that_is_wrong_is_refused_with_what_is_wrong)
{
	refused("10.0.0.0/33", "/33 after 10.0.0.0 is no length of a prefix");
	refused("::1/129", "/129 after ::1 is no length of a prefix");
	refused("10.0.0.0/", "/ after 10.0.0.0 is no length of a prefix");
	refused("10.0.0/8", "\"10.0.0\" is no IP address");
	refused("host.example", "\"host.example\" is no IP address");
	refused("10.0.0.0/8,,::1", "\"\" is no IP address");
	refused("10.1.2.3/8",
		"10.1.2.3/8 names a host: the network is 10.0.0.0/8");
	refused("2001:db8::1/32",
		"2001:db8::1/32 names a host: the network is 2001:db8::/32");
}

TEST(a_list_has_at_most_256_networks)
{
	char list[300 * 8] = "";
	for (unsigned i = 0; i < 257; i++)
		memcpy(list + i * 8, "1.1.1.1,", 8);
	refused(list, "more than 256 networks");
	list[256 * 8] = '\0';
	CHECK(match(list, "1.1.1.1"));
}

TEST(private_and_special_ipv4_is_not_public)
{
	static const char *const closed[] = {
		"0.0.0.0",         "10.1.2.3",    "100.64.0.1",
		"100.127.255.255", "127.0.0.1",   "127.255.255.254",
		"169.254.169.254", "172.16.0.1",  "172.31.255.255",
		"192.0.0.8",       "192.0.2.1",   "192.88.99.1",
		"192.168.0.1",     "198.18.0.1",  "198.19.255.255",
		"198.51.100.7",    "203.0.113.9", "224.0.0.1",
		"239.255.255.255", "240.0.0.1",   "255.255.255.255",
	};
	static const char *const open[] = {
		"1.1.1.1",     "9.255.255.255", "11.0.0.1",   "100.128.0.1",
		"128.0.0.1",   "172.15.0.1",    "172.32.0.1", "192.0.1.1",
		"192.167.1.1", "198.17.1.1",    "198.20.0.1", "223.255.255.1",
	};
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (!CHECK(!is_public(closed[i])))
			CHECK_TEXT(closed[i], "not public");
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (!CHECK(is_public(open[i])))
			CHECK_TEXT(open[i], "public");
}

TEST(private_and_special_ipv6_is_not_public)
{
	static const char *const closed[] = {
		"::",          "::1",
		"fe80::1",     "fc00::1",
		"fdff::1",     "ff02::1",
		"2001:db8::1", "2001::1",
		"3fff::1",     "::ffff:10.0.0.1",
		"::7f00:1",    "100::1",
		"5f00::1",     "64:ff9b:1::1",
		"fec0::1",     "2001:10::1",
	};
	static const char *const open[] = {
		"2606:4700::1111",
		"2001:4860:4860::8888",
		"2a00::1",
		"::ffff:8.8.8.8",
	};
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (!CHECK(!is_public(closed[i])))
			CHECK_TEXT(closed[i], "not public");
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (!CHECK(is_public(open[i])))
			CHECK_TEXT(open[i], "public");
}

TEST(an_ipv6_address_that_carries_a_private_ipv4_is_not_public)
{
	CHECK(!is_public("2002:7f00:1::1"));        /* 6to4 of 127.0.0.1 */
	CHECK(!is_public("2002:a00:1::1"));         /* of 10.0.0.1 */
	CHECK(is_public("2002:808:808::1"));        /* of 8.8.8.8 */
	CHECK(!is_public("64:ff9b::a9fe:a9fe"));    /* NAT64 of metadata */
	CHECK(is_public("64:ff9b::808:808"));       /* of 8.8.8.8 */
	CHECK(!is_public("2a00::5efe:10.0.0.1"));   /* ISATAP */
	CHECK(!is_public("2a00::200:5efe:7f00:1")); /* ISATAP */
	CHECK(is_public("2a00::5efe:8.8.8.8"));
}

TEST(an_address_of_another_family_is_neither_public_nor_in_a_list)
{
	struct sockaddr_un unix_address = {.sun_family = AF_UNIX};
	char text[64], error[160];
	struct cidrs *all = cidrs_parse("0.0.0.0/0,::/0", error);
	CHECK(!cidr_is_public((struct sockaddr *)&unix_address));
	CHECK(!cidrs_match(all, (struct sockaddr *)&unix_address));
	cidr_text((struct sockaddr *)&unix_address, text);
	CHECK_TEXT(text, "unknown");
	cidrs_free(all);
}

TEST(an_address_is_written_without_its_port)
{
	char text[64];
	struct sockaddr_storage four = address("192.0.2.7");
	struct sockaddr_storage six = address("2001:db8::7");
	struct sockaddr_storage mapped = address("::ffff:192.0.2.7");
	cidr_text((struct sockaddr *)&four, text);
	CHECK_TEXT(text, "192.0.2.7");
	cidr_text((struct sockaddr *)&six, text);
	CHECK_TEXT(text, "2001:db8::7");
	cidr_text((struct sockaddr *)&mapped, text);
	CHECK_TEXT(text, "192.0.2.7");
}

TEST_MAIN()
