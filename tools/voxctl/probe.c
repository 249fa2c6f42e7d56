/*
 * probe.c - asks a TCP port for its first line; see probe.h.
 */
#include "tools/voxctl/probe.h"

#include "lib/base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

bool probe_find(const char *host, int port, struct probe_address *address_out)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[8];
	if (strcmp(host, "0.0.0.0") == 0)
		host = "127.0.0.1";
	if (strcmp(host, "::") == 0)
		host = "::1";
	str_format(service, sizeof(service), "%d", port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return false;
	memset(address_out, 0, sizeof(*address_out));
	memcpy(&address_out->address, found->ai_addr, found->ai_addrlen);
	address_out->size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

void probe_stop(struct probe *probe)
{
	if (!probe->loop)
		return;
	loop_timer_stop(probe->loop, &probe->timer);
	if (probe->watch.loop)
		loop_watch_stop(&probe->watch);
	if (probe->watch.fd >= 0)
		close(probe->watch.fd);
	probe->watch.fd = -1;
}

static void answer(struct probe *probe, const char *line)
{
	probe_stop(probe);
	probe->answered(probe->owner, probe, line);
}

static void on_time(struct loop_timer *timer)
{
	answer(timer->owner, NULL);
}

static void read_line(struct probe *probe)
{
	ssize_t got = read(probe->watch.fd, probe->line + probe->length,
			   sizeof(probe->line) - 1 - probe->length);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		answer(probe, NULL);
		return;
	}
	probe->length += (size_t)got;
	probe->line[probe->length] = '\0';
	char *end = strpbrk(probe->line, "\r\n");
	if (end)
		*end = '\0';
	if (end || probe->length == sizeof(probe->line) - 1)
		answer(probe, probe->line);
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
	struct probe *probe = watch->owner;
	if (!(events & EPOLLOUT)) {
		read_line(probe);
		return;
	}
	int error = 0;
	socklen_t size = sizeof(error);
	getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error ||
	    (probe->say && send(watch->fd, probe->say, strlen(probe->say),
				MSG_NOSIGNAL) < 0)) {
		answer(probe, NULL);
		return;
	}
	probe->connected = true;
	loop_watch_change(watch, EPOLLIN);
}

void probe_start(struct probe *probe, struct loop *loop,
		 const struct probe_address *address)
{
	const struct sockaddr *to = (const void *)&address->address;
	probe->loop = loop;
	probe->length = 0;
	probe->connected = false;
	probe->timer = (struct loop_timer){.due = on_time, .owner = probe};
	probe->watch = (struct loop_watch){
		.fd = socket(to->sa_family,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
		.ready = on_ready,
		.owner = probe};
	bool refused = probe->watch.fd < 0 ||
		       (connect(probe->watch.fd, to, address->size) < 0 &&
			errno != EINPROGRESS);
	if (!refused)
		loop_watch_start(loop, &probe->watch, EPOLLOUT);
	/* always told from the loop, never from inside this call */
	loop_timer_start(loop, &probe->timer, refused ? 0 : PROBE_WAIT_MS);
}
