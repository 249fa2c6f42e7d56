/*
 * httpd.c - the HTTP server of a daemon, on its loop; see httpd.h.
 *
 * libmicrohttpd runs without a thread: its epoll descriptor is watched by our
 * loop, and its next time-out is a timer of ours. It limits silence only, so
 * connections that send a byte now and then are ended by our own list: each
 * must have sent a whole request 10 s after it was opened or last answered. Nor
 * can it be told whom to end when there are too many: it would keep the idle
 * and let the newest wait.
 */
#include "lib/runtime/httpd.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/httpd_form.h"
#include "lib/runtime/loop.h"
#include "lib/runtime/metrics.h"
#include "proto/proto.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTPD_BODY_MAX 65536
#define HTTPD_CONNECTIONS_MAX 256
#define HTTPD_CONNECTIONS_SPARE 32 /* it stops to listen when there is none */
#define HTTPD_ADDRESS_MAX 64       /* connections from one address */
#define HTTPD_REQUEST_SECONDS 10
#define HTTPD_SWEEP_MS 1000
#define HTTPD_BACKLOG 128
#define HTTPD_CREDENTIALS_MAX 512

METRIC_COUNTER(answers_2xx, "http_answers_total", "class=\"2xx\"",
	       "Answers of the daemon's HTTP server.")
METRIC_COUNTER(answers_3xx, "http_answers_total", "class=\"3xx\"",
	       "Answers of the daemon's HTTP server.")
METRIC_COUNTER(answers_4xx, "http_answers_total", "class=\"4xx\"",
	       "Answers of the daemon's HTTP server.")
METRIC_COUNTER(answers_5xx, "http_answers_total", "class=\"5xx\"",
	       "Answers of the daemon's HTTP server.")
METRIC_COUNTER(slow, "http_slow_clients_total", "",
	       "Connections ended for taking too long over a request.")
METRIC_COUNTER(crowded, "http_crowded_out_total", "",
	       "Idle connections ended because there were too many.")

struct httpd {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct loop_watch watch;
	struct loop_timer timeout; /* libmicrohttpd's */
	struct loop_timer sweep;
	struct list connections;
	struct list late;          /* exchanges whose answer is awaited */
	unsigned connection_count; /* those that end are among them */
	unsigned ending_count;
	bool was_full; /* it has stopped to listen */
	const struct httpd_route *routes;
	void *owner;
	int port;
};

/* A client, from accept to close. */
struct client {
	struct list link;
	int fd;
	uint64_t address; /* IPv4, or the first half of IPv6 */
	bool ending;
	int64_t asking_since_ms; /* 0: it has asked, the answer is on its way */
};

/* One request; libmicrohttpd keeps it for us between the pieces. */
struct exchange {
	struct httpd *httpd;
	struct MHD_Connection *connection;
	struct client *client;
	struct buf body;
	struct form *form; /* made when first asked for */
	char credentials[HTTPD_CREDENTIALS_MAX];
	/* an answer that comes later */
	enum { LATE_NOT, LATE_ASKED, LATE_SUSPENDED, LATE_ANSWERED } late;
	struct list late_link;
	struct httpd_answer late_answer;
};

/* --- the answer --- */

void httpd_text(struct httpd_answer *answer, int status, const char *type,
		const char *text)
{
	answer->status = status;
	answer->type = type;
	answer->size = strlen(text);
	answer->body = mem_copy_bytes(text, answer->size);
}

void httpd_error(struct httpd_answer *answer, int status, int code,
		 const char *message)
{
	struct buf json = BUF_INIT(4096);
	buf_addf(&json, "{\"code\":%d,\"message\":\"", code);
	buf_add_json(&json, message);
	buf_addf(&json, "\",\"more_info\":\"/errors/%d\",\"status\":%d}\n",
		 code, status);
	answer->status = status;
	answer->type = "application/json";
	answer->size = json.length;
	answer->body = buf_take(&json);
}

static void count_answer(int status)
{
	struct metric *const classes[] = {&answers_2xx, &answers_3xx,
					  &answers_4xx, &answers_5xx};
	int class = status / 100 - 2;
	if (class >= 0 && class < 4)
		metric_add(classes[class], 1);
}

static struct MHD_Response *response_of(struct httpd_answer *answer)
{
	struct MHD_Response *response;

	if (answer->file) {
		free(answer->body);
		response = MHD_create_response_from_fd64(answer->file_size,
							 answer->file);
		if (!response)
			close(answer->file);
		return response;
	}
	response = MHD_create_response_from_buffer(
		answer->body ? answer->size : 0, answer->body,
		MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(answer->body);
	return response;
}

static enum MHD_Result send_answer(struct exchange *exchange,
				   struct httpd_answer *answer)
{
	const char *type = answer->type ? answer->type : "application/json";
	int status = answer->status ? answer->status : 200;
	struct MHD_Response *response = response_of(answer);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->extra_name)
		MHD_add_response_header(response, answer->extra_name,
					answer->extra_value);
	count_answer(status);
	enum MHD_Result result = MHD_queue_response(exchange->connection,
						    (unsigned)status, response);
	MHD_destroy_response(response);
	return result;
}

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

/* Splits HTTP Basic credentials (RFC 7617) inside the exchange. */
static void read_credentials(struct exchange *exchange,
			     struct httpd_request *request)
{
	static const char scheme[] = "Basic ";
	size_t room = sizeof(exchange->credentials);
	const char *header = MHD_lookup_connection_value(
		exchange->connection, MHD_HEADER_KIND, "Authorization");
	if (!header || strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return;
	header += sizeof(scheme) - 1;
	header += strspn(header, " ");
	if (strlen(header) >= room)
		return;
	long size = digest_unbase64(header, (uint8_t *)exchange->credentials);
	if (size < 0 || (size_t)size >= room)
		return;
	exchange->credentials[size] = '\0';
	char *colon = strchr(exchange->credentials, ':');
	if (!colon || strlen(exchange->credentials) != (size_t)size)
		return;
	*colon = '\0';
	request->user = exchange->credentials;
	request->password = colon + 1;
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
	read_credentials(exchange, &request);
	if (exchange->body.full)
		httpd_error(&answer, 413, ERR_API_TOO_LARGE,
			    "The body is above 64 kB");
	else
		route(httpd, &request, &answer);
	if (!answer.late)
		return send_answer(exchange, &answer);
	if (exchange->late == LATE_ANSWERED) /* while the handler ran */
		return send_answer(exchange, &exchange->late_answer);
	exchange->late = LATE_SUSPENDED;
	MHD_suspend_connection(exchange->connection);
	return MHD_YES;
}

/* --- answers that come later --- */

struct httpd_late *httpd_late(const struct httpd_request *request,
			      struct httpd_answer *answer)
{
	struct exchange *exchange = request->lookup;
	answer->late = true;
	exchange->late = LATE_ASKED;
	list_add_tail(&exchange->httpd->late, &exchange->late_link);
	return (struct httpd_late *)exchange;
}

void httpd_late_answer(struct httpd_late *late,
		       const struct httpd_answer *answer)
{
	struct exchange *exchange = (struct exchange *)late;
	bool suspended = exchange->late == LATE_SUSPENDED;
	exchange->late_answer = *answer;
	exchange->late = LATE_ANSWERED;
	list_remove(&exchange->late_link);
	if (!suspended)
		return;
	/* on_piece is called once more: by a run, which nothing else asks for
	 */
	MHD_resume_connection(exchange->connection);
	loop_timer_start(exchange->httpd->loop, &exchange->httpd->timeout, 0);
}

/* Nobody answers any more. */
static void give_up_late(struct httpd *httpd)
{
	bool some = !list_empty(&httpd->late);
	list_each (link, &httpd->late) {
		struct exchange *exchange =
			list_of(link, struct exchange, late_link);
		struct httpd_answer answer = {0};
		httpd_error(&answer, 503, ERR_OVERLOAD, "The server is ending");
		httpd_late_answer((struct httpd_late *)exchange, &answer);
	}
	if (some) /* it may not be stopped while a connection is suspended */
		MHD_run(httpd->daemon);
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
		return send_answer(exchange, &exchange->late_answer);
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

/* NULL: the body is none. */
static const struct form *form_of(const struct httpd_request *request)
{
	struct exchange *exchange = request->lookup;
	const char *type = httpd_header(request, "Content-Type");
	if (!type || strncasecmp(type, FORM_TYPE, sizeof(FORM_TYPE) - 1) != 0)
		return NULL;
	if (!exchange->form)
		exchange->form = form_parse(buf_text(&exchange->body),
					    exchange->body.length);
	return exchange->form;
}

const char *httpd_field(const struct httpd_request *request, const char *name,
			unsigned n)
{
	const struct form *form = form_of(request);
	return form ? form_value_at(form, name, n) : NULL;
}

const char *httpd_field_name(const struct httpd_request *request, unsigned n)
{
	const struct form *form = form_of(request);
	return form ? form_name_at(form, n) : NULL;
}

const char *httpd_query(const struct httpd_request *request, const char *name)
{
	struct exchange *exchange = request->lookup;
	const char *value = MHD_lookup_connection_value(
		exchange->connection, MHD_GET_ARGUMENT_KIND, name);
	return value ? value : httpd_field(request, name, 0);
}

const char *httpd_header(const struct httpd_request *request, const char *name)
{
	struct exchange *exchange = request->lookup;
	return MHD_lookup_connection_value(exchange->connection,
					   MHD_HEADER_KIND, name);
}

/* --- clients --- */

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

static void on_client(void *owner, struct MHD_Connection *connection,
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

static void on_sweep(struct loop_timer *timer)
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
		MHD_OPTION_NOTIFY_CONNECTION, on_client, httpd, MHD_OPTION_END);
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
	httpd->sweep = (struct loop_timer){.due = on_sweep, .owner = httpd};
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
		give_up_late(httpd);
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
