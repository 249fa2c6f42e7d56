/*
 * catalogue_command.c - voxctl catalogue: reference pages and fuzz seeds.
 */
#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "tools/voxctl/catalogue.h"
#include "tools/voxctl/voxctl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct page {
	const char *name;
	void (*print)(struct buf *to);
} pages[] = {
	{"messages", catalogue_messages},
	{"errors", catalogue_errors},
	{"settings", catalogue_settings},
	{"--dictionary", catalogue_dictionary},
};

static bool write_sample(const char *folder, const struct proto_message *desc)
{
	char path[PATH_MAX];
	char *json = catalogue_sample(desc);
	FILE *file = NULL;
	bool good = json &&
		    str_format(path, sizeof(path), "%s/%s.json", folder,
			       desc->name) &&
		    (file = fopen(path, "we")) != NULL &&
		    fputs(json, file) >= 0;
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		voxctl_say("catalogue", "%s/%s.json: %s", folder, desc->name,
			   json ? strerror(errno) : "no valid sample");
	free(json);
	return good;
}

static int write_samples(const char *folder)
{
	if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
		voxctl_say("catalogue", "%s: %s", folder, strerror(errno));
		return VOXCTL_AWAY;
	}
	for (size_t i = 0; proto_messages[i]; i++)
		if (!write_sample(folder, proto_messages[i]))
			return VOXCTL_AWAY;
	return VOXCTL_OK;
}

static bool write_error(const char *folder, int code, struct buf *text)
{
	char path[PATH_MAX];
	FILE *file = NULL;
	buf_clear(text);
	catalogue_error(code, text);
	bool good = text->length &&
		    str_format(path, sizeof(path), "%s/%d.md", folder, code) &&
		    (file = fopen(path, "we")) != NULL &&
		    fputs(buf_text(text), file) >= 0;
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		voxctl_say("catalogue", "%s/%d.md: %s", folder, code,
			   text->length ? strerror(errno)
					: "no row in proto/error_pages.def");
	return good;
}

/* The pages of all errors. */
static int write_errors(const char *folder)
{
	struct buf text = BUF_INIT(CATALOGUE_MAX);
	bool good = mkdir(folder, 0755) == 0 || errno == EEXIST;
	if (!good)
		voxctl_say("catalogue", "%s: %s", folder, strerror(errno));
	for (size_t i = 0; good && proto_errors[i].code; i++)
		good = write_error(folder, proto_errors[i].code, &text);
	buf_free(&text);
	return good ? VOXCTL_OK : VOXCTL_AWAY;
}

/* A page of ours: a few hundred kB at most. */
static char *read_page(const char *path)
{
	struct buf text = BUF_INIT(CATALOGUE_MAX);
	char piece[4096];
	size_t got;
	FILE *file = fopen(path, "re");
	if (!file) {
		voxctl_say("catalogue", "%s: %s", path, strerror(errno));
		return NULL;
	}
	while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&text, piece, got);
	(void)fclose(file);
	return buf_take(&text);
}

static int fill_page(const char *path)
{
	struct buf text = BUF_INIT(CATALOGUE_MAX);
	char wrong[64];
	char *page = read_page(path);
	if (!page)
		return VOXCTL_AWAY;
	bool good = catalogue_fill(page, &text, wrong, sizeof(wrong));
	if (good)
		fputs(buf_text(&text), stdout);
	else
		voxctl_say("catalogue", "%s: no such table: %s", path, wrong);
	buf_free(&text);
	free(page);
	return good ? VOXCTL_OK : VOXCTL_NO;
}

int catalogue_command(int argc, char **argv)
{
	struct buf text = BUF_INIT(CATALOGUE_MAX);
	if (argc == 3 && strcmp(argv[1], "--samples") == 0)
		return write_samples(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--errors") == 0)
		return write_errors(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--fill") == 0)
		return fill_page(argv[2]);
	for (size_t i = 0; argc == 2 && i < sizeof(pages) / sizeof(pages[0]);
	     i++) {
		if (strcmp(pages[i].name, argv[1]) != 0)
			continue;
		pages[i].print(&text);
		fputs(buf_text(&text), stdout);
		buf_free(&text);
		return VOXCTL_OK;
	}
	return voxctl_usage("catalogue", "which page?");
}
