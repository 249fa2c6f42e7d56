/*
 * endpoint.h - an address and a port, IPv4 or IPv6, as plain value.
 *
 * Contract: only numeric addresses: nothing here asks a resolver. A zeroed
 * endpoint is "none" and equals nothing but itself. Any thread.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at;
};

#define ENDPOINT_TEXT_BYTES 64

/* 'host' is numeric. False, and nothing changed, if it is not. */
bool endpoint_parse(const char *host, uint16_t port,
		    struct endpoint *endpoint_out);
int endpoint_family(const struct endpoint *endpoint); /* AF_UNSPEC: none */
uint16_t endpoint_port(const struct endpoint *endpoint);
void endpoint_set_port(struct endpoint *endpoint, uint16_t port);
socklen_t endpoint_size(const struct endpoint *endpoint);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
/* The same address, whatever the ports. */
bool endpoint_same_host(const struct endpoint *a, const struct endpoint *b);
/* 0.0.0.0 or ::, which SDP uses for "hold" (RFC 3264, 8.4). */
bool endpoint_is_wild(const struct endpoint *endpoint);
/* Multicast or broadcast: no peer of a call. */
bool endpoint_is_group(const struct endpoint *endpoint);
bool endpoint_is_loopback(const struct endpoint *endpoint);
/* "192.0.2.1:4000", "[2001:db8::1]:4000", "" if none; ENDPOINT_TEXT_BYTES. */
void endpoint_text(const struct endpoint *endpoint, char *text_out);
/* Only the address; ENDPOINT_TEXT_BYTES. */
void endpoint_host(const struct endpoint *endpoint, char *text_out);
