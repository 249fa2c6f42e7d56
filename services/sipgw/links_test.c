/*
 * links_test.c - which TCP connections are ended.
 */
#include "services/sipgw/links.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct link link_from(const char *host, uint64_t bytes, int64_t rest_ms)
{
	static int fd;
	struct link link = {.fd = ++fd, .bytes = bytes, .rest_ms = rest_ms};
	struct sockaddr_in *four = (struct sockaddr_in *)&link.peer;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&link.peer;
	if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1)
		six->sin6_family = AF_INET6;
	else if (inet_pton(AF_INET, host, &four->sin_addr) == 1)
		four->sin_family = AF_INET;
	return link;
}

TEST(none_is_ended_when_there_is_none)
{
	CHECK_INT(links_judge(NULL, 0), 0);
}

TEST(who_has_said_nothing_for_long_is_ended)
{
	struct link links[] = {
		link_from("192.0.2.1", 1, 3600000),
		link_from("192.0.2.1", 0, LINKS_SILENT_MS),
		link_from("192.0.2.2", 0, LINKS_SILENT_MS - 1),
	};
	int silent = links[1].fd;
	CHECK_INT(links_judge(links, 3), 1);
	CHECK_INT(links[0].fd, silent);
}

TEST(those_that_said_least_are_more_than_a_source_may_have)
{
	struct link links[2 * LINKS_PER_SOURCE];
	size_t count = 0;
	for (; count < LINKS_PER_SOURCE + 2; count++)
		links[count] = link_from("192.0.2.1", 1000 - count, 5);
	for (; count < 2 * LINKS_PER_SOURCE; count++)
		links[count] = link_from("192.0.2.2", 1, 5);
	CHECK_INT(links_judge(links, count), 2);
	for (size_t i = 0; i < 2; i++)
		CHECK(links[i].bytes < 1000 - LINKS_PER_SOURCE + 1 &&
		      links[i].bytes > 1);
}

TEST(an_ipv6_network_is_one_source)
{
	struct link links[LINKS_PER_SOURCE + 2];
	char host[32];
	for (size_t i = 0; i < LINKS_PER_SOURCE + 1; i++) {
		str_format(host, sizeof(host), "2001:db8::%zx", i + 1);
		links[i] = link_from(host, 1, 5);
	}
	links[LINKS_PER_SOURCE + 1] = link_from("2001:db8:0:1::1", 1, 5);
	CHECK_INT(links_judge(links, LINKS_PER_SOURCE + 2), 1);
}

TEST_MAIN()
