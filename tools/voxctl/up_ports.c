/*
 * up_ports.c - whether the ports that the daemons will listen on are free.
 *
 * Asked before anything is started: somebody else's answer at the API's port
 * must not be taken for this platform's, and one line tells more than a daemon
 * that dies five times.
 */
#include "tools/voxctl/up.h"

#include "lib/base/str.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A port that one of the daemons will listen on. */
struct wanted {
	const char *host_name, *port_name; /* of the settings */
	const char *host;
	int64_t port;
	int type; /* SOCK_STREAM or SOCK_DGRAM */
};

/* 0, or errno of the attempt. */
static int try_address(const struct addrinfo *address)
{
	int one = 1, error = 0;
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC,
			0);
	if (fd < 0)
		return errno;
	/* a connection that lingers after a restart is no obstacle */
	if (address->ai_socktype == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 ||
	    (address->ai_socktype == SOCK_STREAM && listen(fd, 1) < 0))
		error = errno;
	close(fd);
	return error;
}

static enum up_port try_port(const struct wanted *wanted, char *why_out)
{
	const struct addrinfo hints = {.ai_socktype = wanted->type,
				       .ai_flags = AI_PASSIVE};
	struct addrinfo *found = NULL;
	char service[8];
	str_format(service, sizeof(service), "%d", (int)wanted->port);
	if (getaddrinfo(wanted->host, service, &hints, &found) != 0) {
		str_format(why_out, UP_WHY_BYTES, "%s=\"%s\" is no host",
			   wanted->host_name, wanted->host);
		return UP_PORT_WRONG;
	}
	int error = try_address(found);
	freeaddrinfo(found);
	if (!error)
		return UP_PORT_FREE;
	if (error == EADDRINUSE) {
		str_format(why_out, UP_WHY_BYTES,
			   "port %d of %s is taken by another process: stop "
			   "it, or set %s to a free one",
			   (int)wanted->port, wanted->host, wanted->port_name);
		return UP_PORT_TAKEN;
	}
	str_format(why_out, UP_WHY_BYTES,
		   "%s=\"%s\" with port %d cannot be listened on: %s",
		   wanted->host_name, wanted->host, (int)wanted->port,
		   strerror(error));
	return UP_PORT_WRONG;
}

enum up_port up_try_ports(const struct settings *settings, char *why_out)
{
	enum up_port answer = UP_PORT_FREE;
	const struct wanted single[] = {
		{"VOXBUS_API_HOST", "VOXBUS_API_PORT", settings->api_host,
		 settings->api_port, SOCK_STREAM},
		{"VOXBUS_SIP_HOST", "VOXBUS_SIP_PORT", settings->sip_host,
		 settings->sip_port, SOCK_DGRAM},
		{"VOXBUS_SIP_HOST", "VOXBUS_SIP_PORT", settings->sip_host,
		 settings->sip_port, SOCK_STREAM},
	};
	for (size_t i = 0; !answer && i < sizeof(single) / sizeof(single[0]);
	     i++)
		answer = try_port(&single[i], why_out);
	for (int i = 0; !answer && i < UP_DAEMONS; i++)
		answer = try_port(
			&(struct wanted){"VOXBUS_ADMIN_HOST",
					 "VOXBUS_ADMIN_PORT (the first of six)",
					 settings->admin_host,
					 settings->admin_port + i, SOCK_STREAM},
			why_out);
	return answer;
}
