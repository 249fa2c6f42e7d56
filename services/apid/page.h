/*
 * page.h - which page a client asks for, and the links to its neighbours.
 *
 * Keys and meanings are those that the SDKs of Twilio and SignalWire know:
 * Page, PageSize, PageToken; page, page_size, start, end, uri, first_page_uri,
 * previous_page_uri, next_page_uri. Links are paths without the /api/laml
 * prefix, which the SDKs put before them. A token names the call beside the
 * page, so that a page does not shift when new calls come in.
 *
 * Contract: any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;

#define PAGE_STANDARD 50
#define PAGE_MAX 1000
#define PAGE_ROWS_MAX 100000 /* that may be skipped without a token */

/* Looks up a query parameter; NULL: it is not there. */
typedef const char *page_query_fn(const void *lookup, const char *name);

struct page_ask {
	page_query_fn *query;
	const void *lookup;
};

struct page {
	unsigned number, size;
	bool before;     /* by token: the rows newer than the mark */
	int64_t mark_ms; /* 0: no token */
	char mark_sid[40];
};

/* NULL, or what is wrong, for people. */
const char *page_parse(const struct page_ask *ask, struct page *page_out);

/* A link: the path, the parameters of 'kept' that are there, and the page. */
struct page_link {
	const char *path;
	const char *const *kept; /* names, NULL ends */
	const struct page_ask *ask;
};

struct page_shown {
	unsigned count;
	bool more_before, more_after;
	/* of the first and last row, for tokens; 0: pages have none */
	int64_t first_ms, last_ms;
	char first_sid[40], last_sid[40];
};

/* Adds the paging members, without braces, beginning with a comma. */
void page_add(const struct page *page, const struct page_link *link,
	      const struct page_shown *shown, struct buf *to);
