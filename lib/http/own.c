/*
 * own.c - whether an address is one of this machine's own; see own.h.
 *
 * A datagram socket that is connected to an address has the source that packets
 * to it would have: to one of our own addresses, that address itself.
 */
#include "lib/http/own.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

static bool same(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a->sa_family == AF_INET6 &&
	       memcmp(&a6->sin6_addr, &b6->sin6_addr, 16) == 0;
}

bool own_address(const struct sockaddr *address, socklen_t length)
{
	struct sockaddr_storage source = {0};
	socklen_t size = sizeof(source);
	int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool own = connect(fd, address, length) == 0 &&
		   getsockname(fd, (struct sockaddr *)&source, &size) == 0 &&
		   same(address, (const struct sockaddr *)&source);
	close(fd);
	return own;
}
