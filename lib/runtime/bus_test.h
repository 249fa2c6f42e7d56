/*
 * bus_test.h - a nats-server of a test's own, and a client of it.
 *
 * Each test program starts a server on a free port, with its store in a
 * temporary folder.
 *
 * Contract: for one file of a test program; begin() first, end() last.
 */
#pragma once

#include "lib/runtime/bus.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a server --- */

static struct {
	pid_t pid;
	int port;
	char dir[64];
	char url[64];
} server;

static inline int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		abort();
	close(fd);
	return ntohs(address.sin_port);
}

static inline void server_run(void)
{
	char port[16];
	str_format(port, sizeof(port), "%d", server.port);
	server.pid = fork();
	if (server.pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execlp("nats-server", "nats-server", "-a", "127.0.0.1", "-p",
		       port, "-js", "-sd", server.dir, (char *)NULL);
		_exit(127);
	}
}

static inline void server_kill(void)
{
	kill(server.pid, SIGKILL);
	waitpid(server.pid, NULL, 0);
	server.pid = 0;
}

static inline void server_remove(void)
{
	char command[128];
	if (server.pid)
		server_kill();
	str_format(command, sizeof(command), "rm -rf '%s'", server.dir);
	if (system(command))
		fprintf(stderr, "%s stays\n", server.dir);
}

static inline void server_start(void)
{
	if (server.port)
		return;
	str_copy(server.dir, sizeof(server.dir), "/tmp/vox-bus-test-XXXXXX");
	if (!mkdtemp(server.dir))
		abort();
	server.port = free_port();
	str_format(server.url, sizeof(server.url), "nats://127.0.0.1:%d",
		   server.port);
	atexit(server_remove);
	server_run();
}

/* --- a client --- */

static struct loop *loop;
static struct bus *bus;

static inline bool until(bool (*holds)(void), int64_t limit_ms)
{
	int64_t end_ms = clock_mono_ms() + limit_ms;
	while (!holds() && clock_mono_ms() < end_ms)
		loop_turn(loop, 20);
	return holds();
}

static inline bool is_up(void)
{
	return bus_state(bus) == BUS_UP;
}

static int ensured, ensure_error;

static inline void on_ensured(void *owner, int error, uint64_t sequence,
			      bool repeat)
{
	(void)owner, (void)sequence, (void)repeat;
	ensured++;
	ensure_error |= error;
}

static inline bool all_ensured(void)
{
	return ensured == 3;
}

static inline void begin(void)
{
	const struct bus_stream record = {.name = "VOX",
					  .subjects = "vox.>",
					  .discard_new = true,
					  .age_max_ms = 3600000,
					  .duplicate_ms = 30000};
	const struct bus_stream hooks = {.name = "HOOKS",
					 .subjects = "hooks.>",
					 .work_queue = true,
					 .duplicate_ms = 30000};
	server_start();
	loop = loop_new();
	bus = bus_new(loop, server.url, "bus_test");
	CHECK(until(is_up, 5000));
	ensured = ensure_error = 0;
	bus_stream_ensure(bus, &record, on_ensured, NULL);
	bus_stream_ensure(bus, &hooks, on_ensured, NULL);
	bus_kv_ensure(bus, "leases", 0, on_ensured, NULL);
	CHECK(until(all_ensured, 5000));
	CHECK_INT(ensure_error, 0);
}

static inline void end(void)
{
	bus = bus_free(bus);
	loop = loop_free(loop);
}

static inline void publish_text(const char *subject, const char *id,
				const char *data, size_t size,
				bus_done_fn *done)
{
	bus_publish(bus, &(struct bus_record){.subject = subject,
					      .id = id,
					      .data = data,
					      .size = size,
					      .done = done});
}

static inline void publish(const char *subject, unsigned number,
			   bus_done_fn *done)
{
	char id[48], data[64];
	str_format(id, sizeof(id), "%s-%u", subject, number);
	str_format(data, sizeof(data), "{\"n\":%u}", number);
	publish_text(subject, id, data, strlen(data), done);
}

static inline unsigned number_in(const struct bus_message *message)
{
	return (unsigned)strtoul(message->data + strlen("{\"n\":"), NULL, 10);
}

/* --- what became of a message --- */

static int done_error;
static uint64_t done_sequence;
static bool done_repeat;
static unsigned dones;

static inline void on_done(void *owner, int error, uint64_t sequence,
			   bool repeat)
{
	(void)owner;
	dones++;
	done_error = error;
	done_sequence = sequence;
	done_repeat = repeat;
}

static unsigned dones_wanted;

static inline bool all_done(void)
{
	return dones >= dones_wanted;
}

static bool was_caught_up;

static inline void on_caught_up(void *owner)
{
	(void)owner;
	was_caught_up = true;
}

static inline bool caught_up(void)
{
	return was_caught_up;
}
