/*
 * cookies.c - the cookies that one customer's application has set, taken along
 * from request to request as text: libcurl's own lines (Netscape's format, one
 * a cookie), so that who may see which cookie is decided by libcurl alone: by
 * host, Domain (never a public suffix), Path, Secure and age (RFC 6265).
 */
#include "lib/http/transfer.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(count_dropped, "http_cookies_dropped_total", "",
	       "Cookies that were too large, too many, or no text.")

void cookies_give(struct http_transfer *transfer)
{
	char line[HTTP_COOKIES_MAX + 1];
	const char *at = transfer->cookies;
	if (!at)
		return;
	/* A comment: cookies are understood from now on. (COOKIEFILE would
	 * leak: curl_easy_reset forgets its list without freeing it.) */
	curl_easy_setopt(transfer->easy, CURLOPT_COOKIELIST, "#");
	while (*at) {
		size_t length = strcspn(at, "\n");
		if (length && str_copy_bytes(line, sizeof(line), at, length))
			curl_easy_setopt(transfer->easy, CURLOPT_COOKIELIST,
					 line);
		at += length + (at[length] == '\n');
	}
}

/* Its age is the fifth of the line's fields, in seconds since 1970. */
static bool is_over(const char *line)
{
	for (unsigned field = 1; field < 5 && line; field++) {
		line = strchr(line, '\t');
		line = line ? line + 1 : NULL;
	}
	long long until_s = line ? strtoll(line, NULL, 10) : 0;
	return until_s != 0 && until_s <= clock_wall_ms() / 1000;
}

void cookies_take(struct http_transfer *transfer)
{
	struct buf lines = BUF_INIT(HTTP_COOKIES_MAX);
	struct curl_slist *list = NULL;
	if (!transfer->cookies)
		return;
	curl_easy_getinfo(transfer->easy, CURLINFO_COOKIELIST, &list);
	for (struct curl_slist *one = list; one; one = one->next) {
		size_t length = strlen(one->data);
		if (is_over(one->data))
			continue;
		if (length + 1 > lines.max - lines.length ||
		    strchr(one->data, '\n') ||
		    !str_is_utf8(one->data, length)) {
			metric_add(&count_dropped, 1);
			continue;
		}
		buf_add(&lines, one->data, length);
		buf_add_text(&lines, "\n");
	}
	curl_slist_free_all(list);
	free(transfer->cookies);
	transfer->cookies = mem_copy_text(buf_text(&lines));
	buf_free(&lines);
}
