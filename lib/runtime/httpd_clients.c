/*
 * httpd_clients.c - the clients of the HTTP server: how many, and how slow.
 *
 * libmicrohttpd limits silence only, so connections that send a byte now and
 * then are ended by our own list: each must have sent a whole request 10 s
 * after it was opened or last answered. Nor can it be told whom to end when
 * there are too many: it would keep the idle and let the newest wait.
 */
#include "lib/runtime/httpd_private.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/runtime/metrics.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HTTPD_CONNECTIONS_SPARE 32 /* it stops to listen when there is none */
#define HTTPD_ADDRESS_MAX 64       /* connections from one address */
#define HTTPD_SWEEP_MS 1000

METRIC_COUNTER(slow, "http_slow_clients_total", "",
	       "Connections ended for taking too long over a request.")
METRIC_COUNTER(crowded, "http_crowded_out_total", "",
	       "Idle connections ended because there were too many.")

static uint64_t address_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *peer = info ? info->client_addr : NULL;
	uint64_t half;
	if (peer && peer->sa_family == AF_INET)
		return ((const struct sockaddr_in *)peer)->sin_addr.s_addr;
	if (!peer || peer->sa_family != AF_INET6)
		return 0;
	const struct in6_addr *six =
		&((const struct sockaddr_in6 *)peer)->sin6_addr;
	memcpy(&half, six, sizeof(half));
	return half;
}

static void end_client(struct httpd *httpd, struct client *client,
		       struct metric *why)
{
	client->asking_since_ms = 0;
	client->ending = true;
	httpd->ending_count++;
	shutdown(client->fd, SHUT_RDWR); /* libmicrohttpd closes it */
	metric_add(why, 1);
}

/* Who has been asking longest: of one address, or of all (NULL). Or NULL. */
static struct client *slowest(struct httpd *httpd, const uint64_t *address)
{
	struct client *found = NULL;
	list_each (link, &httpd->connections) {
		struct client *client = list_of(link, struct client, link);
		if (!client->asking_since_ms ||
		    (address && client->address != *address))
			continue;
		if (!found || client->asking_since_ms < found->asking_since_ms)
			found = client;
	}
	return found;
}

static unsigned connections_from(struct httpd *httpd, uint64_t address)
{
	unsigned count = 0;
	list_each (link, &httpd->connections) {
		struct client *client = list_of(link, struct client, link);
		count += client->address == address && !client->ending;
	}
	return count;
}

/* The newcomer is one of them: it goes itself where all others are served. */
static void make_room(struct httpd *httpd, uint64_t newcomer)
{
	struct client *client = NULL;
	if (connections_from(httpd, newcomer) > HTTPD_ADDRESS_MAX)
		client = slowest(httpd, &newcomer);
	else if (httpd->connection_count - httpd->ending_count >
		 HTTPD_CONNECTIONS_MAX - HTTPD_CONNECTIONS_SPARE)
		client = slowest(httpd, NULL);
	if (client)
		end_client(httpd, client, &crowded);
}

static void client_new(struct httpd *httpd, struct MHD_Connection *connection,
		       void **context)
{
	struct client *client = mem_new(1, sizeof(*client));
	client->fd = MHD_get_connection_info(connection,
					     MHD_CONNECTION_INFO_CONNECTION_FD)
			     ->connect_fd;
	client->address = address_of(connection);
	client->asking_since_ms = clock_mono_ms();
	list_add_tail(&httpd->connections, &client->link);
	if (++httpd->connection_count >= HTTPD_CONNECTIONS_MAX)
		httpd->was_full = true;
	*context = client;
	make_room(httpd, client->address);
	if (!httpd->sweep.position)
		loop_timer_start(httpd->loop, &httpd->sweep, HTTPD_SWEEP_MS);
}

static void client_free(struct httpd *httpd, struct client *client)
{
	list_remove(&client->link);
	httpd->connection_count--;
	httpd->ending_count -= client->ending;
	free(client);
}

void httpd_on_client(void *owner, struct MHD_Connection *connection,
		     void **context, enum MHD_ConnectionNotificationCode what)
{
	struct httpd *httpd = owner;
	if (what != MHD_CONNECTION_NOTIFY_CLOSED) {
		client_new(httpd, connection, context);
	} else if (*context) {
		client_free(httpd, *context);
		*context = NULL;
	}
}

void httpd_on_sweep(struct loop_timer *timer)
{
	struct httpd *httpd = timer->owner;
	int64_t oldest_ms = clock_mono_ms() - HTTPD_REQUEST_SECONDS * 1000;
	struct client *client;
	while ((client = slowest(httpd, NULL)) &&
	       client->asking_since_ms <= oldest_ms)
		end_client(httpd, client, &slow);
	if (!list_empty(&httpd->connections))
		loop_timer_start(httpd->loop, timer, HTTPD_SWEEP_MS);
}
