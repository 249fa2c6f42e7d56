/*
 * httpd_ask_test.h - a server on loopback and a client that asks it, as it
 * should or not. For *_test.c files.
 */
#pragma once

#include "lib/runtime/httpd.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static struct httpd *httpd;

/* Says what it was asked, with all that belongs to it. */
static inline void on_echo(void *owner, const struct httpd_request *request,
			   struct httpd_answer *answer)
{
	struct buf text = BUF_INIT(1 << 17);
	const char *q = httpd_query(request, "q");
	const char *x = httpd_header(request, "X-Word");
	CHECK_TEXT(owner, "owner");
	buf_addf(&text, "%s %s q=%s x=%s user=%s password=%s peer=%s body=%zu:",
		 request->method, request->path, q ? q : "-", x ? x : "-",
		 request->user ? request->user : "-",
		 request->password ? request->password : "-", request->peer,
		 request->body_size);
	buf_add(&text, request->body,
		request->body_size < 100 ? request->body_size : 100);
	httpd_text(answer, 200, "text/plain", buf_text(&text));
	buf_free(&text);
}

static inline void start(const struct httpd_route *routes)
{
	loop = loop_new();
	httpd = httpd_new(loop, "127.0.0.1", 0, routes, "owner");
	CHECK(httpd && httpd_port(httpd) > 0);
}

static inline void turns(unsigned count)
{
	while (count--)
		loop_turn(loop, 1);
}

static inline void end(void)
{
	httpd = httpd_free(httpd);
	loop = loop_free(loop);
}

/* From 127.0.0.'last', which is this machine's own whatever it is. */
static inline int connect_from(unsigned last, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(0x7f000000 + last)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

static inline int connect_to(int port)
{
	return connect_from(1, port);
}

static inline void write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t sent =
			send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0) {
			data += sent;
			size -= (size_t)sent;
		} else if (errno != EAGAIN) {
			return;
		}
		loop_turn(loop, 1);
	}
}

/* Reads until 'words' came, the other side closed, or two seconds passed. */
static inline void read_until(int fd, const char *words, struct buf *answer)
{
	char piece[4096];
	for (unsigned turns = 0; turns < 2000; turns++) {
		loop_turn(loop, 1);
		ssize_t got = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (got > 0)
			buf_add(answer, piece, (size_t)got);
		if (got == 0 || strstr(buf_text(answer), words))
			return;
	}
}

/* One request on a connection of its own; the answer must hold 'words'. */
static inline void ask(const char *request, const char *words)
{
	struct buf answer = BUF_INIT(1 << 17);
	int fd = connect_to(httpd_port(httpd));
	write_all(fd, request, strlen(request));
	read_until(fd, words, &answer);
	if (!CHECK(strstr(buf_text(&answer), words) != NULL))
		CHECK_TEXT(buf_text(&answer), words);
	close(fd);
	buf_free(&answer);
}

#define HOST "Host: h\r\n"
