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
#include "lib/http/url.h"

#include <curl/curl.h>

/* Why we ended a hop ourselves. */
enum hop_verdict {
	HOP_GOES_ON,
	HOP_ENOUGH, /* of a body that nobody wants */
	HOP_TOO_LARGE,
	HOP_HEADERS,
	HOP_CODING,
	HOP_SINK /* its owner wants no more */
};

#define HOP_ADDRESS_BYTES 72

/* What is new with each request. */
struct hop {
	char *target; /* the URL with its query, as requested */
	char *form;   /* POST: the body */
	struct curl_slist *headers;
	enum hop_verdict verdict;
	long status;         /* once headers are complete */
	bool headed;         /* the final headers are complete */
	unsigned codings;    /* Content-Encoding headers of this answer */
	bool opened;         /* at least one address was allowed */
	char refused[64];    /* an address that was not */
	size_t header_bytes; /* so far */
	size_t unwanted;     /* bytes of a body that nobody wants, so far */
	size_t sunk;         /* bytes that the sink was given */
	char etag[HTTP_FACT_BYTES], last_modified[HTTP_FACT_BYTES];
	char cache_control[HTTP_FACT_BYTES];
	char words[CURL_ERROR_SIZE];
	struct buf sent, heard, excerpt; /* for the record */
	char address[HOP_ADDRESS_BYTES];
};

struct http_transfer {
	struct list link; /* in http's 'transfers' or 'stillborn' */
	struct http *http;
	const struct cidrs *allow;
	http_done_fn *done;
	void *owner;
	CURL *easy;
	struct hop hop;
	struct url url;
	struct buf body;
	http_sink_fn *sink;
	enum http_method method;
	struct param *params;
	size_t params_count;
	char *signing_key;
	struct {
		char *name, *value;
	} extra[HTTP_EXTRA_MAX];
	struct http_upload upload; /* without content_type: none */
	uint64_t uploaded;
	size_t body_max;
	unsigned redirects, redirects_max;
	int64_t connect_ms, total_ms;
	int64_t begun_ms;
	int error; /* found before anything was sent */
	char text[HTTP_ERROR_BYTES];
};

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
