/*
 * transfer.h - one request on its way: what http.c drives and hop.c fills.
 *
 * Contract: inside lib/http only. A transfer makes one request after another
 * (hops) until an answer is no redirect; 'easy' is NULL between them.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/http/http.h"
#include "lib/http/overrides.h"
#include "lib/http/url.h"
#include "lib/runtime/loop.h"

#include <curl/curl.h>

/* Why we ended a hop ourselves. */
enum hop_verdict {
	HOP_GOES_ON,
	HOP_ENOUGH, /* of a body that nobody wants */
	HOP_TOO_LARGE,
	HOP_HEADERS,
	HOP_CODING,
	HOP_SILENT, /* nothing came for 'read_ms' */
	HOP_SINK    /* its owner wants no more */
};

#define HOP_ADDRESS_BYTES 72

/* What is new with each request. */
struct hop {
	char *target; /* the URL with its query, as requested */
	char *body;   /* POST */
	struct curl_slist *headers;
	enum hop_verdict verdict;
	long status;         /* once headers are complete */
	bool headed;         /* the final headers are complete */
	bool unread;         /* its body is not wanted, as its type says */
	bool greeted;        /* something was sent over TCP */
	bool asked;          /* there was a connection for the request */
	int64_t heard_ms;    /* when something came last */
	unsigned codings;    /* Content-Encoding headers of this answer */
	bool opened;         /* at least one address was allowed */
	char refused[64];    /* an address that was not */
	bool own;            /* it is this machine's */
	size_t header_bytes; /* so far */
	size_t unwanted;     /* bytes of a body that nobody wants, so far */
	size_t sunk;         /* bytes that the sink was given */
	char etag[HTTP_FACT_BYTES], last_modified[HTTP_FACT_BYTES];
	char cache_control[HTTP_FACT_BYTES];
	char words[CURL_ERROR_SIZE];
	struct buf sent, heard, excerpt; /* for the record */
	int64_t begun_ms;
	char address[HOP_ADDRESS_BYTES];
};

struct http_transfer {
	struct list link; /* in http's 'transfers' or 'stillborn' */
	struct http *http;
	struct loop *loop;
	const struct cidrs *allow;
	const char *ca_file; /* or NULL */
	http_done_fn *done;
	void *owner;
	CURL *easy;
	struct hop hop;
	struct url url;     /* of the hop */
	struct buf earlier; /* hops before it, for the record */
	char *cookies;      /* or NULL: none are wanted */
	char *asked;        /* of each attempt's first one, as it was written */
	struct buf body;
	http_sink_fn *sink;
	enum http_method method;
	struct param *params;
	size_t params_count;
	char *json; /* POST: instead of a form */
	char *signing_key, *second_key;
	struct {
		char *name, *value;
	} extra[HTTP_EXTRA_MAX];
	struct http_upload upload; /* without content_type: none */
	uint64_t uploaded;
	size_t body_max;
	bool no_sound;
	bool plain; /* a 303 came: GET without parameters */
	unsigned redirects, redirects_max;
	unsigned attempts, retries, retry_after;
	struct loop_timer silence; /* may be too long */
	struct loop_timer pause;   /* before the next attempt */
	int64_t connect_ms, read_ms, total_ms;
	int64_t begun_ms, attempt_ms;
	int error; /* found before anything was sent */
	char text[HTTP_ERROR_BYTES];
};

/* --- http.c --- */
/* libcurl, or we, are done with the hop. */
void transfer_hop_over(struct http_transfer *transfer, CURLcode code);
/* The request of a transfer without one goes out. */
void transfer_send(struct http_transfer *transfer);

/* --- patience.c --- */
/* A request goes out now: its answer is waited for. */
void patience_begins(struct http_transfer *transfer);
void patience_ends(struct http_transfer *transfer);
/* Whether 'result' is to be followed by a further attempt, and after how long.
 */
bool patience_has_more(const struct http_transfer *transfer,
		       const struct http_result *result, int64_t *pause_ms_out);
/* ... which it then is. The transfer has no handle. */
void patience_tries_again(struct http_transfer *transfer, int64_t pause_ms);

/* --- cookies.c --- */
/* 'easy' gets the transfer's cookies; the transfer gets those of 'easy'. */
void cookies_give(struct http_transfer *transfer);
void cookies_take(struct http_transfer *transfer);

/* --- upload.c --- */
/* The request's upload becomes the transfer's own. */
void upload_copy(struct http_transfer *transfer,
		 const struct http_upload *upload);
/* Makes 'easy' send it. */
void upload_prepare(struct http_transfer *transfer);
void upload_clear(struct http_transfer *transfer);

/* --- hop.c --- */
/* Makes 'easy' ready for the transfer's URL, method and parameters. */
void hop_prepare(struct http_transfer *transfer);
void hop_clear(struct hop *hop);
/* A body that is read is on its way, or was. */
bool hop_has_body(const struct http_transfer *transfer);
enum http_method hop_method(const struct http_transfer *transfer);
int64_t hop_left_ms(const struct http_transfer *transfer);

/* --- outcome.c --- */
/* What libcurl's code and our own verdict mean. */
void outcome_read(struct http_transfer *transfer, CURLcode code,
		  struct http_result *result);
/* The same for a transfer of which nothing was sent. */
void outcome_stillborn(struct http_transfer *transfer,
		       struct http_result *result);
/* Sets error and text; the text is kept in the transfer. */
void outcome_fail(struct http_transfer *transfer, struct http_result *result,
		  int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void outcome_count(const struct http_result *result);
/* Another hop follows: this one's outcome is kept for the record. */
void outcome_keep(struct http_transfer *transfer,
		  const struct http_result *result);
