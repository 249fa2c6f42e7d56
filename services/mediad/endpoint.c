/*
 * endpoint.c - numeric addresses. The packet path compares them, so equality
 * looks at the fields that matter instead of formatting anything.
 */
#include "services/mediad/endpoint.h"

#include "lib/base/str.h"

#include <arpa/inet.h>
#include <string.h>

bool endpoint_parse(const char *host, uint16_t port,
		    struct endpoint *endpoint_out)
{
	struct endpoint made;

	memset(&made, 0, sizeof(made));
	if (inet_pton(AF_INET, host, &made.at.v4.sin_addr) == 1)
		made.at.any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, host, &made.at.v6.sin6_addr) == 1)
		made.at.any.sa_family = AF_INET6;
	else
		return false;
	endpoint_set_port(&made, port);
	*endpoint_out = made;
	return true;
}

int endpoint_family(const struct endpoint *endpoint)
{
	return endpoint->at.any.sa_family;
}

uint16_t endpoint_port(const struct endpoint *endpoint)
{
	/* v4 and v6 keep the port at the same place. */
	return ntohs(endpoint->at.v4.sin_port);
}

void endpoint_set_port(struct endpoint *endpoint, uint16_t port)
{
	endpoint->at.v4.sin_port = htons(port);
}

socklen_t endpoint_size(const struct endpoint *endpoint)
{
	return endpoint->at.any.sa_family == AF_INET6 ? sizeof(endpoint->at.v6)
						      : sizeof(endpoint->at.v4);
}

bool endpoint_same_host(const struct endpoint *a, const struct endpoint *b)
{
	if (a->at.any.sa_family != b->at.any.sa_family)
		return false;
	if (a->at.any.sa_family == AF_INET)
		return a->at.v4.sin_addr.s_addr == b->at.v4.sin_addr.s_addr;
	return memcmp(&a->at.v6.sin6_addr, &b->at.v6.sin6_addr,
		      sizeof(a->at.v6.sin6_addr)) == 0;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->at.v4.sin_port == b->at.v4.sin_port &&
	       endpoint_same_host(a, b);
}

bool endpoint_is_wild(const struct endpoint *endpoint)
{
	if (endpoint->at.any.sa_family == AF_INET)
		return endpoint->at.v4.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&endpoint->at.v6.sin6_addr);
}

bool endpoint_is_group(const struct endpoint *endpoint)
{
	if (endpoint->at.any.sa_family == AF_INET) {
		uint32_t address = ntohl(endpoint->at.v4.sin_addr.s_addr);

		return IN_MULTICAST(address) || address == INADDR_BROADCAST;
	}
	return IN6_IS_ADDR_MULTICAST(&endpoint->at.v6.sin6_addr);
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	if (endpoint->at.any.sa_family == AF_INET)
		return ntohl(endpoint->at.v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&endpoint->at.v6.sin6_addr);
}

void endpoint_host(const struct endpoint *endpoint, char *text_out)
{
	const void *address = &endpoint->at.v4.sin_addr;

	text_out[0] = '\0';
	if (endpoint->at.any.sa_family == AF_INET6)
		address = &endpoint->at.v6.sin6_addr;
	else if (endpoint->at.any.sa_family != AF_INET)
		return;
	if (!inet_ntop(endpoint->at.any.sa_family, address, text_out,
		       ENDPOINT_TEXT_BYTES))
		text_out[0] = '\0';
}

void endpoint_text(const struct endpoint *endpoint, char *text_out)
{
	char host[ENDPOINT_TEXT_BYTES];
	bool v6 = endpoint->at.any.sa_family == AF_INET6;

	endpoint_host(endpoint, host);
	text_out[0] = '\0';
	if (host[0])
		str_format(text_out, ENDPOINT_TEXT_BYTES,
			   v6 ? "[%s]:%u" : "%s:%u", host,
			   endpoint_port(endpoint));
}
