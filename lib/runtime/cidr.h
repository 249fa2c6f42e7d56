/*
 * cidr.h - lists of networks: who may call in, where customers' URLs may lead.
 *
 * Contract: parsed once; IPv4-mapped IPv6 addresses match IPv4 networks. The
 * classes follow RFC 6890 and the addresses that embed IPv4 (6to4, NAT64). Any
 * thread once parsed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct cidrs;

/* "10.0.0.0/8,::1/128"; a bare address is a network of one. NULL: 'error_out'
 * (160 bytes) says what is wrong. */
struct cidrs *cidrs_parse(const char *text, char *error_out);
struct cidrs *cidrs_free(struct cidrs *cidrs);
bool cidrs_match(const struct cidrs *cidrs, const struct sockaddr *address);
/* An address that is reachable by everybody: not private, loopback, link-local,
 * multicast, CGNAT, documentation, reserved, or an embedding of such a one. */
bool cidr_is_public(const struct sockaddr *address);
/* Numeric text of the address, without port; 'to' has 64 bytes. */
void cidr_text(const struct sockaddr *address, char *to);
/* The same address, whatever the ports. */
bool cidr_same_host(const struct sockaddr_storage *a,
		    const struct sockaddr_storage *b);
