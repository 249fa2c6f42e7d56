/*
 * bus_wire_connect.c - a connection is made by a thread of its own, since that
 * blocks: names are looked up, servers tried in turn, and greeted.
 */
#include "lib/runtime/bus_wire_private.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/bus_json.h"
#include "lib/runtime/bus_server.h"
#include "lib/runtime/bus_text.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 2000
#define LOOK_UP_MS 100      /* is the thread to end? */
#define CONNECT_WAIT_MS 100 /* and up to as much again, at random */
#define MAX_PAYLOAD ((size_t)1 << 20)
#define GREETING_BYTES 4096

/* One attempt. */
struct attempt {
	struct wire *wire;
	const struct bus_server *server;
	int64_t until_ms;
	struct news *news;
	const char *why; /* it failed; NULL: nobody listens there */
	char said[200];  /* by the server */
};

static bool is_stopping(struct wire *wire)
{
	pthread_mutex_lock(&wire->mutex);
	bool stopping = wire->stopping;
	pthread_mutex_unlock(&wire->mutex);
	return stopping;
}

/* Ready for that before then? wire_free is not held up. */
static bool wait_for(const struct attempt *attempt, short events,
		     int64_t until_ms)
{
	struct pollfd what = {.fd = attempt->news->fd, .events = events};
	for (;;) {
		int64_t left_ms = until_ms - clock_mono_ms();
		if (left_ms <= 0 || is_stopping(attempt->wire))
			return false;
		int ready =
			poll(&what, 1,
			     left_ms < LOOK_UP_MS ? (int)left_ms : LOOK_UP_MS);
		if (ready)
			return ready == 1;
	}
}

static bool reach(struct attempt *attempt, const struct addrinfo *address,
		  int64_t until_ms)
{
	int error = 0, yes = 1;
	socklen_t size = sizeof(error);
	int fd = socket(address->ai_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	attempt->news->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return true;
	if (errno == EINPROGRESS && wait_for(attempt, POLLOUT, until_ms) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && !error)
		return true;
	close(fd);
	attempt->news->fd = -1;
	return false;
}

/* A name may have several addresses (a headless service's has): one that stays
 * silent leaves the others their share of the time. */
static bool reach_any(struct attempt *attempt)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	bool reached = false;
	int64_t left = 0;
	int error = getaddrinfo(attempt->server->host, attempt->server->port,
				&hints, &found);
	if (error) {
		attempt->why = gai_strerror(error);
		return false;
	}
	for (struct addrinfo *at = found; at; at = at->ai_next)
		left++;
	for (struct addrinfo *at = found; at && !reached; at = at->ai_next) {
		int64_t now_ms = clock_mono_ms();
		reached = reach(attempt, at,
				now_ms + (attempt->until_ms - now_ms) / left--);
	}
	freeaddrinfo(found);
	return reached;
}

/* The next piece that the server says is of that kind. */
static bool hear(struct attempt *attempt, enum text_kind wanted,
		 struct text_piece *piece)
{
	struct wire_in *in = &attempt->news->in;
	for (;;) {
		enum text_kind kind =
			text_read(in->bytes + in->start, in->end - in->start,
				  TEXT_LINE_MAX, piece);
		in->start += piece->used;
		if (kind == wanted)
			return true;
		if (kind == TEXT_ERROR) {
			str_format(attempt->said, sizeof(attempt->said),
				   "the server says %.150s", piece->line);
			attempt->why = attempt->said;
			return false;
		}
		if (kind == TEXT_BROKEN) {
			attempt->why = "what answers is not NATS";
			return false;
		}
		if (kind == TEXT_NOTHING &&
		    (!wait_for(attempt, POLLIN, attempt->until_ms) ||
		     wire_in_read(in, attempt->news->fd) <= 0))
			return false;
	}
}

static void add_member(struct buf *to, const char *name, const char *value)
{
	if (!value)
		return;
	buf_addf(to, ",\"%s\":\"", name);
	buf_add_json(to, value);
	buf_add_text(to, "\"");
}

static bool greet(struct attempt *attempt)
{
	struct buf text = BUF_INIT(GREETING_BYTES);
	const struct bus_server *server = attempt->server;
	buf_add_text(&text, "CONNECT {\"verbose\":false,\"pedantic\":false"
			    ",\"tls_required\":false,\"lang\":\"c\""
			    ",\"protocol\":1,\"echo\":true,\"headers\":true"
			    ",\"no_responders\":true");
	add_member(&text, "version", VOXBUS_VERSION);
	add_member(&text, "name", attempt->wire->name);
	add_member(&text, "user", server->user);
	add_member(&text, "pass", server->password);
	add_member(&text, "auth_token", server->token);
	buf_add_text(&text, "}\r\nPING\r\n");
	/* it is small, and the first that is said: the socket takes it whole */
	bool sent = !text.full &&
		    send(attempt->news->fd, buf_text(&text), text.length,
			 MSG_NOSIGNAL) == (ssize_t)text.length;
	buf_free(&text);
	return sent;
}

static bool make(struct attempt *attempt)
{
	struct text_piece piece;
	int64_t max = 0;
	if (!reach_any(attempt))
		return false;
	if (wire_in_read(&attempt->news->in, attempt->news->fd) == 0 ||
	    !hear(attempt, TEXT_INFO, &piece))
		return false;
	if (bus_json_true(piece.line, strlen(piece.line), "tls_required")) {
		attempt->why = "the server demands TLS";
		return false;
	}
	if (bus_json_number(piece.line, strlen(piece.line), "max_payload",
			    &max) &&
	    max > 0)
		attempt->news->max_payload = (size_t)max;
	return greet(attempt) && hear(attempt, TEXT_PONG, &piece);
}

static struct news *news_free(struct news *news)
{
	if (news->fd >= 0)
		close(news->fd);
	wire_in_free(&news->in);
	free(news);
	return NULL;
}

/* NULL: it did not come about. */
static struct news *try_one(struct wire *wire, const struct bus_server *server)
{
	struct attempt attempt = {
		.wire = wire,
		.server = server,
		.until_ms = clock_mono_ms() + CONNECT_TIMEOUT_MS,
		.news = mem_new(1, sizeof(*attempt.news)),
	};
	attempt.news->fd = -1;
	attempt.news->max_payload = MAX_PAYLOAD;
	if (make(&attempt))
		return attempt.news;
	if (attempt.why && !wire->complained) {
		log_error(NULL, 0, "NATS at %s:%s: %s", server->host,
			  server->port, attempt.why);
		wire->complained = true;
	}
	return news_free(attempt.news);
}

/* --- the helper thread --- */

/* Waits on the condition, so that wire_free is not held up. */
static void wait_a_little(struct wire *wire)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	long wait_ms = CONNECT_WAIT_MS + until.tv_nsec / 1000 % CONNECT_WAIT_MS;
	until.tv_nsec += wait_ms * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!wire->stopping &&
	       pthread_cond_timedwait(&wire->wake, &wire->mutex, &until) == 0)
		;
}

/* Each server once, the one that was there last first. With the mutex locked,
 * and again on return. */
static void connect_once(struct wire *wire, const struct bus_servers *servers)
{
	struct news *news = NULL;
	pthread_mutex_unlock(&wire->mutex);
	for (unsigned i = 0; i < servers->count && !news && !is_stopping(wire);
	     i++) {
		news = try_one(wire, &servers->list[wire->next_url]);
		if (!news)
			wire->next_url = (wire->next_url + 1) % servers->count;
	}
	pthread_mutex_lock(&wire->mutex);
	if (!news) {
		wait_a_little(wire);
	} else if (wire->stopping) {
		news_free(news);
	} else {
		wire->wanted = wire->complained = false;
		inbox_put(wire->inbox, &news->item);
	}
}

static void *connector(void *data)
{
	struct wire *wire = data;
	struct bus_servers servers;
	char why[BUS_SERVER_ERROR_BYTES];
	if (!bus_servers_read(wire->url, &servers, why)) {
		log_error(NULL, 0, "NATS: cannot use the URL: %s", why);
		return NULL;
	}
	pthread_mutex_lock(&wire->mutex);
	while (!wire->stopping) {
		if (wire->wanted)
			connect_once(wire, &servers);
		else
			pthread_cond_wait(&wire->wake, &wire->mutex);
	}
	pthread_mutex_unlock(&wire->mutex);
	bus_servers_free(&servers);
	return NULL;
}

void wire_want_connection(struct wire *wire)
{
	pthread_mutex_lock(&wire->mutex);
	wire->wanted = true;
	pthread_cond_signal(&wire->wake);
	pthread_mutex_unlock(&wire->mutex);
}

void wire_connector_start(struct wire *wire)
{
	pthread_condattr_t attributes;
	wire->wanted = true;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (pthread_mutex_init(&wire->mutex, NULL) ||
	    pthread_cond_init(&wire->wake, &attributes) ||
	    pthread_create(&wire->thread, NULL, connector, wire))
		abort(); /* at the start only */
	pthread_condattr_destroy(&attributes);
}

void wire_connector_stop(struct wire *wire)
{
	pthread_mutex_lock(&wire->mutex);
	wire->stopping = true;
	pthread_cond_signal(&wire->wake);
	pthread_mutex_unlock(&wire->mutex);
	pthread_join(wire->thread, NULL);
}

void wire_connector_free(struct wire *wire)
{
	pthread_cond_destroy(&wire->wake);
	pthread_mutex_destroy(&wire->mutex);
}
