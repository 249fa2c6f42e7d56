/*
 * httpd.h - the HTTP server of a daemon, on its loop: admin port and REST API.
 *
 * Contract: the only user of libmicrohttpd. A handler runs on the loop's
 * thread, gets the whole request (bodies up to 64 kB, otherwise 413), and
 * answers at once by filling 'answer', or later (httpd_late); 'body' is taken
 * over and freed. Paths match exactly, or by prefix when they end in '*'. What
 * no route takes gets a JSON 404. 10 s to send a request. At most 64
 * connections from one address (of IPv6: one /64) and 256 in all; from there on
 * a new one ends the one that has kept the server waiting for its request
 * longest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct httpd;
struct loop;
struct map;

struct httpd_request {
	const char *method; /* GET, POST, … */
	const char *path;
	const char *body; /* raw; "" if none */
	size_t body_size;
	const char *user; /* HTTP Basic, or NULL */
	const char *password;
	const char *peer; /* numeric address */
	void *lookup;     /* for httpd_query, httpd_header */
};

struct httpd_answer {
	int status;       /* 200 unless set */
	const char *type; /* application/json unless set */
	char *body;       /* owned by httpd from here on; NULL: empty */
	size_t size;
	int file; /* instead of a body: its descriptor, owned by httpd from
		     here on, read from its beginning; 0: none */
	uint64_t file_size;
	const char *extra_name, *extra_value; /* one more header, static text */
	bool late;                            /* set by httpd_late alone */
};

typedef void httpd_fn(void *owner, const struct httpd_request *request,
		      struct httpd_answer *answer);

struct httpd_route {
	const char *method; /* NULL: any */
	const char *path;
	httpd_fn *handle;
};

/* 'routes' ends with a zeroed one and stays valid. NULL: errno says why. */
struct httpd *httpd_new(struct loop *loop, const char *host, int port,
			const struct httpd_route *routes, void *owner);
struct httpd *httpd_free(struct httpd *httpd);
int httpd_port(const struct httpd *httpd); /* the real one, if 0 was asked */

/* First value of a query parameter / form field of the body / header, or NULL.
 */
const char *httpd_query(const struct httpd_request *request, const char *name);
/* Form fields that are repeated: the value number 'n', from 0 on, or NULL. */
const char *httpd_field(const struct httpd_request *request, const char *name,
			unsigned n);
/* The name of form field number 'n', in the body's order, or NULL. */
const char *httpd_field_name(const struct httpd_request *request, unsigned n);
const char *httpd_header(const struct httpd_request *request, const char *name);
/* Text answer helpers. */
void httpd_text(struct httpd_answer *answer, int status, const char *type,
		const char *text);
#define HTTPD_LINK_BYTES 1100

/* Where the pages of errors are: below this URL, by "/errors/NUMBER"; "", as at
 * the start: below whatever URL was asked. Before the first request. */
void httpd_errors_at(const char *url);
void httpd_error_link(int code, char *link_out);
/* Twilio's error shape: code, message, more_info, status. */
void httpd_error(struct httpd_answer *answer, int status, int code,
		 const char *message);

/*
 * The handler leaves 'answer' alone and the client waits; then, on the loop's
 * thread, exactly one httpd_late_answer, or httpd_free, after which the handle
 * is void. A client that went away meanwhile is not told of.
 */
struct httpd_late;
struct httpd_late *httpd_late(const struct httpd_request *request,
			      struct httpd_answer *answer);
/* Takes the body over. */
void httpd_late_answer(struct httpd_late *late,
		       const struct httpd_answer *answer);
