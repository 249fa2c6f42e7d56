/*
 * web.h - somebody else's web server, for tests: good, slow or hostile.
 *
 * Contract: listens on a free loopback port, on the test's loop. 'arrived' gets
 * each complete request as raw text (head and body, terminated) and answers
 * with raw bytes, or never. A peer is valid until it hangs up or is ended, or
 * the server is freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct web;
struct web_peer;

typedef void web_fn(void *owner, struct web_peer *peer, const char *request);

struct web *web_new(struct loop *loop, web_fn *arrived, void *owner);
/* At another IPv4 address of this machine, and that port; 0: any. */
struct web *web_new_at(struct loop *loop, const char *address, int port,
		       web_fn *arrived, void *owner);
struct web *web_free(struct web *web);
int web_port(const struct web *web);
/* Connections accepted, and requests read, so far. */
unsigned web_connections(const struct web *web);
unsigned web_requests(const struct web *web);

void web_send(struct web_peer *peer, const char *data, size_t size);
/* "HTTP/1.1 <status>", Content-Length, further header lines ("A: b\r\n"). */
void web_answer(struct web_peer *peer, const char *status, const char *headers,
		const char *body);
/* Sends 'text' again and again for as long as it is taken. */
void web_repeat(struct web_peer *peer, const char *text);
/* Closes once everything is sent. */
void web_end(struct web_peer *peer);
