/*
 * links.h - TCP connections that others made to us: how many a source may have,
 * and how long one may be silent.
 *
 * Contract: links_open() once the sockets are open. A source (an IPv4 address,
 * an IPv6 /64) has at most LINKS_PER_SOURCE; those that have said least go
 * first. One that has said nothing for LINKS_SILENT_MS goes too. Both are
 * counted, and done within LINKS_LOOK_MS. Loop's thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define LINKS_PER_SOURCE 64
#define LINKS_SILENT_MS 10000
#define LINKS_LOOK_MS 1000

struct sipgw;

struct link {
	int fd;
	struct sockaddr_storage peer;
	uint64_t bytes;  /* that came */
	int64_t rest_ms; /* since the last of them, or since the beginning */
};

void links_open(struct sipgw *gw);
void links_close(struct sipgw *gw);
/* Orders them so that those to be closed come first; returns how many. */
size_t links_judge(struct link *links, size_t count);
