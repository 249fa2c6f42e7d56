/*
 * bus_server.h - VOXBUS_NATS_URL: which servers, and who we are to them.
 *
 * Contract: pure; any thread. "nats://user:password@host:port", the scheme, the
 * port (4222) and who we are may be left out; a user alone is a token. Several
 * are separated by commas. What is wrong is told in words.
 */
#pragma once

#include <stdbool.h>

#define BUS_SERVERS_MAX 8
#define BUS_SERVER_ERROR_BYTES 128

struct bus_server {
	char *host, *port;
	char *user, *password, *token; /* NULL: none */
};

struct bus_servers {
	struct bus_server list[BUS_SERVERS_MAX];
	unsigned count;
};

/* False: 'why_out' has BUS_SERVER_ERROR_BYTES; there is nothing to free. */
bool bus_servers_read(const char *urls, struct bus_servers *servers_out,
		      char *why_out);
void bus_servers_free(struct bus_servers *servers);
