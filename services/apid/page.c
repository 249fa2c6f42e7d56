/*
 * page.c - which page a client asks for; see page.h.
 */
#include "services/apid/page.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"

#include <inttypes.h>
#include <string.h>

#define LINK_MAX 16384

/* "PA1712…-CA…": after that call; "PB…": before it. */
static bool parse_token(const char *token, struct page *page)
{
	char digits[24];
	const char *dash = strchr(token, '-');
	page->before = str_starts(token, "PB");
	return dash && (page->before || str_starts(token, "PA")) &&
	       dash - token > 2 &&
	       str_copy_bytes(digits, sizeof(digits), token + 2,
			      (size_t)(dash - token) - 2) &&
	       str_number(digits, 1, INT64_MAX, &page->mark_ms) && dash[1] &&
	       str_copy(page->mark_sid, sizeof(page->mark_sid), dash + 1);
}

const char *page_parse(const struct page_ask *ask, struct page *page_out)
{
	const char *size = ask->query(ask->lookup, "PageSize");
	const char *number = ask->query(ask->lookup, "Page");
	const char *token = ask->query(ask->lookup, "PageToken");
	int64_t value = PAGE_STANDARD;
	memset(page_out, 0, sizeof(*page_out));
	if (size && !str_number(size, 1, PAGE_MAX, &value))
		return "PageSize is a number from 1 to 1000";
	page_out->size = (unsigned)value;
	value = 0;
	if (number && !str_number(number, 0, UINT32_MAX, &value))
		return "Page is a number from 0 on";
	page_out->number = (unsigned)value;
	if (token && *token) {
		if (!parse_token(token, page_out))
			return "PageToken is not one of ours: follow "
			       "next_page_uri as it is";
	} else if ((uint64_t)page_out->number * page_out->size >
		   PAGE_ROWS_MAX) {
		return "Page is too far without a PageToken: follow "
		       "next_page_uri";
	}
	return NULL;
}

/* One link; a token of 'ms' 0 is left out. */
static void add_link(const struct page_link *link, int64_t number,
		     unsigned size, const char *kind, int64_t ms,
		     const char *sid, struct buf *to)
{
	struct buf text = BUF_INIT(LINK_MAX);
	buf_add_text(&text, link->path);
	buf_add_text(&text, "?");
	for (const char *const *name = link->kept; *name; name++) {
		const char *value = link->ask->query(link->ask->lookup, *name);
		if (!value)
			continue;
		buf_add_percent(&text, *name);
		buf_add_text(&text, "=");
		buf_add_percent(&text, value);
		buf_add_text(&text, "&");
	}
	buf_addf(&text, "PageSize=%u&Page=%" PRId64, size, number);
	if (ms)
		buf_addf(&text, "&PageToken=%s%" PRId64 "-%s", kind, ms, sid);
	buf_add_text(to, "\"");
	buf_add_json(to, buf_text(&text));
	buf_add_text(to, "\"");
	buf_free(&text);
}

void page_add(const struct page *page, const struct page_link *link,
	      const struct page_shown *shown, struct buf *to)
{
	uint64_t start = (uint64_t)page->number * page->size;
	buf_addf(to,
		 ",\"page\":%u,\"page_size\":%u,\"start\":%" PRIu64
		 ",\"end\":%" PRIu64 ",\"uri\":",
		 page->number, page->size, start,
		 start + (shown->count ? shown->count - 1 : 0));
	add_link(link, page->number, page->size, page->before ? "PB" : "PA",
		 page->mark_ms, page->mark_sid, to);
	buf_add_text(to, ",\"first_page_uri\":");
	add_link(link, 0, page->size, "", 0, "", to);
	buf_add_text(to, ",\"previous_page_uri\":");
	if (shown->more_before)
		add_link(link, page->number ? (int64_t)page->number - 1 : 0,
			 page->size, "PB", shown->first_ms, shown->first_sid,
			 to);
	else
		buf_add_text(to, "null");
	buf_add_text(to, ",\"next_page_uri\":");
	if (shown->more_after)
		add_link(link, (int64_t)page->number + 1, page->size, "PA",
			 shown->last_ms, shown->last_sid, to);
	else
		buf_add_text(to, "null");
}
