/*
 * web.c - somebody else's web server, for tests; see web.h.
 */
#include "lib/test/web.h"

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/runtime/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (4 * 1024 * 1024)
#define TLS_HANDSHAKE 0x16

struct web {
	struct loop *loop;
	struct loop_watch watch;
	web_fn *arrived;
	void *owner;
	struct list peers;
	unsigned connections, requests;
};

struct web_peer {
	struct list link;
	struct web *web;
	struct loop_watch watch;
	struct buf in, out;
	size_t sent;
	const char *repeated;
	bool ending;
};

static void peer_free(struct web_peer *peer)
{
	list_remove(&peer->link);
	loop_watch_stop(&peer->watch);
	close(peer->watch.fd);
	buf_free(&peer->in);
	buf_free(&peer->out);
	free(peer);
}

/* False: the peer is gone. */
static bool flush(struct web_peer *peer)
{
	if (peer->repeated && peer->out.length - peer->sent < 65536)
		buf_add_text(&peer->out, peer->repeated);
	ssize_t sent = send(peer->watch.fd, peer->out.data + peer->sent,
			    peer->out.length - peer->sent,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent > 0)
		peer->sent += (size_t)sent;
	if (peer->sent == peer->out.length) {
		buf_clear(&peer->out);
		peer->sent = 0;
		if (peer->ending) {
			peer_free(peer);
			return false;
		}
	}
	bool more = peer->out.length || peer->repeated || peer->ending;
	loop_watch_change(&peer->watch, EPOLLIN | (more ? EPOLLOUT : 0));
	return true;
}

/* Bytes of the first complete request, or 0. */
static size_t request_length(const struct web_peer *peer)
{
	const char *text = buf_text(&peer->in);
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strstr(text, "Content-Length: ");
	if (!end)
		return 0;
	size_t size = (size_t)(end - text) + 4;
	if (length && length < end)
		size += (size_t)strtoul(length + 16, NULL, 10);
	return size <= peer->in.length ? size : 0;
}

static void on_readable(struct web_peer *peer)
{
	char data[65536];
	size_t size;
	ssize_t got = recv(peer->watch.fd, data, sizeof(data), MSG_DONTWAIT);
	if (got <= 0) {
		peer_free(peer);
		return;
	}
	buf_add(&peer->in, data, (size_t)got);
	if (peer->in.data[0] == TLS_HANDSHAKE) {
		web_answer(peer, "400 Bad Request", "", "");
		web_end(peer);
		return;
	}
	if ((size = request_length(peer))) {
		char *request = buf_take(&peer->in);
		request[size] = '\0';
		peer->web->requests++;
		peer->web->arrived(peer->web->owner, peer, request);
		free(request);
	}
}

static void on_peer(struct loop_watch *watch, uint32_t events)
{
	struct web_peer *peer = watch->owner;
	if ((events & EPOLLOUT) && !flush(peer))
		return;
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		on_readable(peer);
}

static void on_connection(struct loop_watch *watch, uint32_t events)
{
	struct web *web = watch->owner;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	(void)events;
	if (fd < 0)
		return;
	struct web_peer *peer = mem_new(1, sizeof(*peer));
	peer->web = web;
	peer->in.max = peer->out.max = REQUEST_MAX;
	peer->watch =
		(struct loop_watch){.fd = fd, .ready = on_peer, .owner = peer};
	web->connections++;
	list_add_tail(&web->peers, &peer->link);
	loop_watch_start(web->loop, &peer->watch, EPOLLIN);
}

struct web *web_new(struct loop *loop, web_fn *arrived, void *owner)
{
	return web_new_at(loop, "127.0.0.1", 0, arrived, owner);
}

struct web *web_new_at(struct loop *loop, const char *at, int port,
		       web_fn *arrived, void *owner)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port)};
	struct web *web = mem_new(1, sizeof(*web));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || inet_pton(AF_INET, at, &address.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 512) < 0)
		abort();
	web->loop = loop;
	web->arrived = arrived;
	web->owner = owner;
	list_init(&web->peers);
	web->watch = (struct loop_watch){
		.fd = fd, .ready = on_connection, .owner = web};
	loop_watch_start(loop, &web->watch, EPOLLIN);
	return web;
}

struct web *web_free(struct web *web)
{
	if (web) {
		list_each (link, &web->peers)
			peer_free(list_of(link, struct web_peer, link));
		loop_watch_stop(&web->watch);
		close(web->watch.fd);
		free(web);
	}
	return NULL;
}

int web_port(const struct web *web)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	if (getsockname(web->watch.fd, (struct sockaddr *)&address, &size) < 0)
		abort();
	return ntohs(address.sin_port);
}

unsigned web_connections(const struct web *web)
{
	return web->connections;
}

unsigned web_requests(const struct web *web)
{
	return web->requests;
}

void web_send(struct web_peer *peer, const char *data, size_t size)
{
	buf_add(&peer->out, data, size);
	loop_watch_change(&peer->watch, EPOLLIN | EPOLLOUT);
}

void web_answer(struct web_peer *peer, const char *status, const char *headers,
		const char *body)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	buf_addf(&text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s",
		 status, strlen(body), headers, body);
	web_send(peer, buf_text(&text), text.length);
	buf_free(&text);
}

void web_repeat(struct web_peer *peer, const char *text)
{
	peer->repeated = text;
	loop_watch_change(&peer->watch, EPOLLIN | EPOLLOUT);
}

void web_end(struct web_peer *peer)
{
	peer->ending = true;
	loop_watch_change(&peer->watch, EPOLLIN | EPOLLOUT);
}
