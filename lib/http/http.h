/*
 * http.h - the one HTTP client: documents and webhooks, without a blocking
 * call.
 *
 * Contract: runs on libcurl's multi interface upon the daemon's loop; names are
 * resolved on libcurl's own threads. HTTP/1.1 with keep-alive, HTTP/2 where TLS
 * offers it, TLS 1.2 or later, certificates verified. Connections are made only
 * to public addresses of other machines and to those in 'allow', decided on the
 * numeric address of each socket before it exists, at every redirect: neither
 * names nor spellings of addresses matter. Environment proxies are not used.
 *
 * Everything has a limit: time to connect, time between the pieces of the
 * answer, time in all (redirects and further attempts included), unpacked bytes
 * of the body, bytes of the headers, redirects, attempts. 301, 302, 307 and 308
 * repeat method and parameters, 303 becomes a GET without them; https never
 * leads to http; credentials never leave their origin. A further attempt begins
 * at the first URL again.
 *
 * Signed requests carry what sign.h says. Of a form's name that comes twice
 * each different value is sent once, as form_settle orders them: so all
 * verifiers agree.
 *
 * http_start never calls back before it has returned. 'done' is called exactly
 * once unless the transfer is cancelled, and may start and cancel others, but
 * not free the client. What it is handed is borrowed for the call. Nothing is
 * logged; requests are counted here. Loop's thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEADERS_MAX (32 * 1024)  /* of one answer, in bytes */
#define HTTP_UNWANTED_MAX (64 * 1024) /* of a body that nobody wants */
#define HTTP_ERROR_BYTES 320
#define HTTP_EXTRA_MAX 4
#define HTTP_COOKIES_MAX 4000 /* bytes that are carried; more are dropped */
#define HTTP_FACT_BYTES 256   /* longer ones of these headers are left out */

struct http;
struct http_transfer;
struct cidrs;
struct loop;

struct http_header {
	const char *name, *value;
};

/* The next bytes of a 2xx body, unpacked. False: no more of it is wanted. */
typedef bool http_sink_fn(void *owner, const char *data, size_t size);

/* A file as a request's body, by PUT; never redirected. */
struct http_upload {
	int fd; /* borrowed until the transfer is over */
	uint64_t size;
	const char *content_type;
	const char *region; /* of an S3-compatible store; NULL: not signed */
	const char *key, *secret;
};

struct http_request {
	const char *url; /* absolute; userinfo becomes Authorization: Basic, the
			    fragment is neither sent nor signed */
	enum http_method method;
	const struct param *params; /* GET: appended to the URL's own query;
				       POST: a form */
	size_t params_count;
	const char *json;   /* POST: the body, instead of a form: the URL gets
			       the body's hash, bodySHA256; NULL: none */
	size_t body_max;    /* 0: the body is not wanted, the status decides */
	http_sink_fn *sink; /* NULL: the body is kept for the result. A failed
			       one may have been handed over in part. */
	bool no_sound; /* a sound's body is not read: "" comes in its place */
	unsigned redirects_max;
	int64_t connect_ms, total_ms;
	int64_t read_ms;         /* for the answer's beginning, and between its
				    pieces; 0: no limit of its own */
	unsigned retries;        /* attempts after the first one */
	unsigned retry_after;    /* which failures: enum overrides_retry */
	const char *cookies;     /* of earlier answers, a line each; "": none;
				    NULL: none are sent or taken */
	const char *signing_key; /* NULL: not signed */
	const char *second_key;  /* signs too, see sign.h; NULL: none */
	struct http_header extra[HTTP_EXTRA_MAX]; /* up to one without name */
	const struct http_upload *upload;         /* NULL: none; 'method' is not
						     looked at then */
};

struct http_result {
	int status;       /* 0: no answer came */
	int error;        /* of errors.def; 0: a 2xx came, as it was wanted */
	const char *text; /* what was wrong and what to do; "" without error */
	const char *url;  /* last one requested, without userinfo and without
			     the parameters that a GET appends */
	const char *content_type; /* "" if none, or not printable */
	const char *cookies;      /* all that are there now; "" without any */
	const char *body; /* unpacked, terminated; "" unless error is 0 */
	size_t size;
	int64_t retry_after_ms; /* the answer's wish; 0: none */
	/* For caches; "" if none, not printable, or too long. */
	const char *etag, *last_modified, *cache_control;
	unsigned redirects; /* followed, by the last attempt */
	unsigned attempts;  /* made; the rest tells of the last one */
	bool reused;        /* over a connection that was there */
	/* Of the last request, for the record; see recorded.h. The first two
	 * only where the body is wanted or something went wrong; "" if none. */
	const char *sent;    /* headers of ours, a line each */
	const char *headers; /* the answer's */
	const char *excerpt; /* what a body that was no 2xx's began with */
	const char *address; /* "192.0.2.7:443", connected to or refused */
	const char *earlier; /* redirects and attempts before, a line each */
	int version;         /* 10, 11, 20: HTTP's, by the answer; 0: none */
	/* From the last request's start, ms; the last one from http_start. */
	int64_t dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms;
};

typedef void http_done_fn(void *owner, const struct http_result *result);

/* 'allow' is borrowed; NULL: public addresses only. */
struct http *http_new(struct loop *loop, const struct cidrs *allow);
/* A file of certificates (PEM) whose CAs are trusted beside the system's, for
 * what is asked for from now on; "": none. False: it cannot be read. */
bool http_trust(struct http *http, const char *file);
/* Whether http_trust can read it; "": nothing is to be read. */
bool http_can_trust(const char *file);
/* Cancels what is left. */
struct http *http_free(struct http *http);
struct http_transfer *http_start(struct http *http,
				 const struct http_request *request,
				 http_done_fn *done, void *owner);
/* Without calling back. */
void http_cancel(struct http_transfer *transfer);
/* Started and neither done nor cancelled. */
size_t http_count(const struct http *http);
