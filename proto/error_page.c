/*
 * error_page.c - prints one error's page from the tables; see error_page.h.
 */
#include "proto/error_page.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "proto/proto.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct page {
	int code;
	const char *happened, *causes, *remedies, *seen;
} pages[] = {
#define PAGE(code, happened, causes, remedies, seen)                           \
	{code, happened, causes, remedies, seen},
#include "proto/error_pages.def"
#undef PAGE
};

static const struct page *page_of(int code)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (pages[i].code == code)
			return &pages[i];
	return NULL;
}

/* Elements and the like are no HTML. */
static void add_text(struct buf *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '<')
			buf_add_text(to, "&lt;");
		else
			buf_add(to, text + i, 1);
}

static void add_items(struct buf *to, const char *items)
{
	while (*items) {
		size_t length = strcspn(items, "\n");
		buf_add_text(to, "- ");
		add_text(to, items, length);
		buf_add_text(to, "\n");
		items += length + (items[length] == '\n');
	}
}

static void add_seen(const struct proto_error *error, const char *seen,
		     struct buf *to)
{
	static const char api[] = "API ";
	size_t before = strcspn(seen, "|");
	const char *words = seen + before + (seen[before] == '|');
	buf_add_text(to, "```\n");
	if (str_starts(seen, api))
		buf_addf(to,
			 "HTTP %.*s {\"code\":%d,\"message\":\"%s\","
			 "\"more_info\":\"…/errors/%d\",\"status\":%.*s}\n",
			 (int)(before - strlen(api)), seen + strlen(api),
			 error->code, words, error->code,
			 (int)(before - strlen(api)), seen + strlen(api));
	else
		buf_addf(to, "%.*s [%d %s] %s\n", (int)before, seen,
			 error->code, error->name, words);
	buf_add_text(to, "```\n");
}

bool error_page_write(int code, const char *note, struct buf *to)
{
	const struct proto_error *error = proto_error(code);
	const struct page *page = page_of(code);
	if (!error->code || !page)
		return false;
	buf_addf(to, "# %d ", code);
	add_text(to, error->name, strlen(error->name));
	buf_add_text(to, "\n\n");
	if (note)
		buf_addf(to, "%s\n\n", note);
	add_text(to, page->happened, strlen(page->happened));
	buf_add_text(to, "\n\n## Likely causes\n\n");
	add_items(to, page->causes);
	buf_add_text(to, "\n## What to do\n\n");
	add_items(to, error->advice);
	add_items(to, page->remedies);
	buf_add_text(to, str_starts(page->seen, "API ")
				 ? "\n## What the API answers\n\n"
				 : "\n## What voxctl trace shows\n\n");
	add_seen(error, page->seen, to);
	return true;
}
