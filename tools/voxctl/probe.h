/*
 * probe.h - asks a TCP port for its first line, without blocking: is
 * nats-server there, is a daemon ready?
 *
 * Contract: one question at a time a probe; 'answered' is called once, on the
 * loop, with the first line (borrowed, without its end) or NULL when none came
 * in time. A probe may be started again from there. Loop's thread.
 */
#pragma once

#include "lib/runtime/loop.h"

#include <stddef.h>
#include <sys/socket.h>

#define PROBE_LINE_MAX 2048
#define PROBE_WAIT_MS 1000

struct probe_address {
	struct sockaddr_storage address;
	socklen_t size;
};

struct probe {
	struct loop *loop;
	struct loop_watch watch;
	struct loop_timer timer;
	const char *say; /* sent once connected; NULL: nothing */
	char line[PROBE_LINE_MAX];
	size_t length;
	bool connected; /* somebody listens there */
	void (*answered)(void *owner, struct probe *probe, const char *line);
	void *owner;
};

/*
 * Looks a host up; 0.0.0.0 and :: become the loopback. May block on a name:
 * only before the loop runs. False: there is no such host.
 */
bool probe_find(const char *host, int port, struct probe_address *address_out);
void probe_start(struct probe *probe, struct loop *loop,
		 const struct probe_address *address);
void probe_stop(struct probe *probe);
