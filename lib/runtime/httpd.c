/*
 * httpd.c - the HTTP server of a daemon, on its loop; see httpd.h.
 *
 * libmicrohttpd runs without a thread: its epoll descriptor is watched by our
 * loop, and its next time-out is a timer of ours.
 */
#include "lib/runtime/httpd_private.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/httpd_form.h"
#include "proto/proto.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTPD_BODY_MAX 65536
#define HTTPD_BACKLOG 128

/* --- the request --- */

static bool path_fits(const char *pattern, const char *path)
{
	size_t length = strlen(pattern);
	if (length && pattern[length - 1] == '*')
		return strncmp(pattern, path, length - 1) == 0;
	return strcmp(pattern, path) == 0;
}

/* HEAD is answered like GET; libmicrohttpd leaves the body out. */
static bool method_fits(const char *wanted, const char *method)
{
	return !wanted || str_equal(wanted, method) ||
	       (str_equal(wanted, "GET") && str_equal(method, "HEAD"));
}

static void route(struct httpd *httpd, const struct httpd_request *request,
		  struct httpd_answer *answer)
{
	bool path_known = false;
	for (const struct httpd_route *r = httpd->routes; r->path; r++) {
		if (!path_fits(r->path, request->path))
			continue;
		path_known = true;
		if (!method_fits(r->method, request->method))
			continue;
		r->handle(httpd->owner, request, answer);
		return;
	}
	if (path_known)
		httpd_error(answer, 405, ERR_API_METHOD, "Method not allowed");
	else
		httpd_error(answer, 404, ERR_API_NOT_FOUND,
			    "The requested resource was not found");
}

static enum MHD_Result answer_request(struct httpd *httpd,
				      struct exchange *exchange,
				      const char *method, const char *path)
{
	char peer[64] = "unknown";
	struct httpd_answer answer = {0};
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct httpd_request request = {
		.method = method,
		.path = path,
		.body = buf_text(&exchange->body),
		.body_size = exchange->body.length,
		.peer = peer,
		.lookup = exchange,
	};
	if (info && info->client_addr)
		cidr_text(info->client_addr, peer);
	if (exchange->client)
		exchange->client->asking_since_ms = 0;
	httpd_read_credentials(exchange, &request);
	if (exchange->body.full)
		httpd_error(&answer, 413, ERR_API_TOO_LARGE,
			    "The body is above 64 kB");
	else
		route(httpd, &request, &answer);
	if (!answer.late)
		return httpd_send(exchange, &answer);
	if (exchange->late == LATE_ANSWERED) /* while the handler ran */
		return httpd_send(exchange, &exchange->late_answer);
	exchange->late = LATE_SUSPENDED;
	MHD_suspend_connection(exchange->connection);
	return MHD_YES;
}

static struct exchange *exchange_new(struct httpd *httpd,
				     struct MHD_Connection *connection)
{
	struct exchange *exchange = mem_new(1, sizeof(*exchange));
	exchange->httpd = httpd;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	exchange->connection = connection;
	exchange->client = info ? info->socket_context : NULL;
	exchange->body = (struct buf)BUF_INIT(HTTPD_BODY_MAX);
	return exchange;
}

/* Called for the headers, for each piece of the body, and for its end. */
static enum MHD_Result on_piece(void *owner, struct MHD_Connection *connection,
				const char *path, const char *method,
				const char *version, const char *data,
				size_t *size, void **context)
{
	struct exchange *exchange = *context;
	(void)version;
	if (!exchange) {
		*context = exchange_new(owner, connection);
		return MHD_YES;
	}
	if (exchange->late == LATE_ANSWERED)
		return httpd_send(exchange, &exchange->late_answer);
	if (*size) {
		buf_add(&exchange->body, data, *size); /* too much: 'full' */
		*size = 0;
		return MHD_YES;
	}
	return answer_request(owner, exchange, method, path);
}

static void on_completed(void *owner, struct MHD_Connection *connection,
			 void **context, enum MHD_RequestTerminationCode how)
{
	struct exchange *exchange = *context;
	(void)owner, (void)connection, (void)how;
	if (!exchange)
		return;
	if (exchange->client && !exchange->client->ending)
		exchange->client->asking_since_ms = clock_mono_ms();
	form_free(exchange->form);
	buf_free(&exchange->body);
	free(exchange);
	*context = NULL;
}

/* --- on the loop --- */

static void run(struct httpd *httpd)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	MHD_run(httpd->daemon);
	if (httpd->was_full &&
	    httpd->connection_count < HTTPD_CONNECTIONS_MAX) {
		/* It listens again at the start of a run only, and closes
		 * connections at the end of one. */
		httpd->was_full = false;
		MHD_run(httpd->daemon);
	}
	if (MHD_get_timeout(httpd->daemon, &timeout_ms) == MHD_YES)
		loop_timer_start(httpd->loop, &httpd->timeout,
				 timeout_ms < 60000 ? (int64_t)timeout_ms
						    : 60000);
	else
		loop_timer_stop(httpd->loop, &httpd->timeout);
}

static void on_ready(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	run(watch->owner);
}

static void on_timeout(struct loop_timer *timer)
{
	run(timer->owner);
}

/* A listening socket of ours, so that errno tells what is wrong. -1: errno. */
static int listen_on(const char *host, int port)
{
	char service[16];
	struct addrinfo *found,
		hints = {.ai_family = AF_UNSPEC,
			 .ai_socktype = SOCK_STREAM,
			 .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
	int on = 1;
	str_format(service, sizeof(service), "%d", port);
	if (getaddrinfo(host, service, &hints, &found)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	int fd = socket(found->ai_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 &&
		    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ==
			    0 &&
		    bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
		    listen(fd, HTTPD_BACKLOG) == 0;
	int error = errno;
	freeaddrinfo(found);
	if (good)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static int port_of(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &size))
		return 0;
	/* sin_port and sin6_port are at the same place (RFC 3493) */
	return ntohs(((const struct sockaddr_in *)&address)->sin_port);
}

static struct MHD_Daemon *start_daemon(struct httpd *httpd, int fd)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_piece, httpd, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTPD_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTPD_REQUEST_SECONDS,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, httpd_on_client, httpd,
		MHD_OPTION_END);
}

struct httpd *httpd_new(struct loop *loop, const char *host, int port,
			const struct httpd_route *routes, void *owner)
{
	int fd = listen_on(host, port);
	if (fd < 0)
		return NULL;
	struct httpd *httpd = mem_new(1, sizeof(*httpd));
	httpd->loop = loop;
	httpd->routes = routes;
	httpd->owner = owner;
	httpd->port = port_of(fd);
	list_init(&httpd->connections);
	list_init(&httpd->late);
	httpd->sweep =
		(struct loop_timer){.due = httpd_on_sweep, .owner = httpd};
	httpd->timeout = (struct loop_timer){.due = on_timeout, .owner = httpd};
	httpd->daemon = start_daemon(httpd, fd);
	if (!httpd->daemon) {
		close(fd);
		free(httpd);
		errno = ENOMEM;
		return NULL;
	}
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	httpd->watch = (struct loop_watch){
		.fd = info->epoll_fd, .ready = on_ready, .owner = httpd};
	loop_watch_start(loop, &httpd->watch, EPOLLIN);
	return httpd;
}

struct httpd *httpd_free(struct httpd *httpd)
{
	if (httpd) {
		loop_watch_stop(&httpd->watch);
		httpd_give_up_late(httpd);
		MHD_stop_daemon(httpd->daemon);
		loop_timer_stop(httpd->loop, &httpd->timeout);
		loop_timer_stop(httpd->loop, &httpd->sweep);
		free(httpd);
	}
	return NULL;
}

int httpd_port(const struct httpd *httpd)
{
	return httpd->port;
}
