/*
 * lint.c - voxctl lint: what is wrong with a document, before a caller hears
 * it.
 *
 * The same reader and the same rules as the interpreter's; URLs are fetched by
 * the same client with the same address guard as the fetcher's.
 */
#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/base/subject.h"
#include "lib/http/http.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/loop.h"
#include "services/interpreter/lint.h"
#include "tools/voxctl/voxctl.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_MS 5000
#define TOTAL_MS 15000
#define REDIRECTS_MAX 10
/* More than a document may have: then it is found to be too large. */
#define BODY_MAX (80 * 1024)
#define PRINTED_MAX (1 << 20)

struct source {
	struct buf body;
	char type[256]; /* Content-Type */
	bool done, good;
};

/* --- where it comes from --- */

static void on_fetched(void *owner, const struct http_result *result)
{
	struct source *source = owner;
	source->done = true;
	if (result->error) {
		voxctl_say("lint", "[%d %s] %s", result->error,
			   proto_error(result->error)->name, result->text);
		return;
	}
	buf_add(&source->body, result->body, result->size);
	str_copy(source->type, sizeof(source->type), result->content_type);
	source->good = true;
}

static bool fetch(const char *url, struct source *source)
{
	struct settings settings;
	char error[512];
	if (!voxctl_settings("lint", &settings))
		return false;
	struct cidrs *allow = cidrs_parse(settings.http_allow, error);
	struct loop *loop = loop_new();
	struct http *http = http_new(loop, allow);
	if (!http_trust(http, settings.http_ca))
		voxctl_say("lint", "VOXBUS_HTTP_CA: %s cannot be read",
			   settings.http_ca);
	http_start(http,
		   &(struct http_request){.url = url,
					  .method = HTTP_GET,
					  .body_max = BODY_MAX,
					  .no_sound = true,
					  .redirects_max = REDIRECTS_MAX,
					  .connect_ms = CONNECT_MS,
					  .total_ms = TOTAL_MS},
		   on_fetched, source);
	while (!source->done)
		loop_turn(loop, -1);
	http_free(http);
	loop_free(loop);
	cidrs_free(allow);
	return source->good;
}

static bool read_file(const char *path, struct source *source)
{
	char piece[4096];
	size_t got;
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!file) {
		voxctl_say("lint", "%s: %s", path, strerror(errno));
		return false;
	}
	while (!source->body.full &&
	       (got = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&source->body, piece, got);
	bool failed = ferror(file);
	if (file != stdin)
		fclose(file);
	str_copy(source->type, sizeof(source->type), "text/xml");
	if (failed)
		voxctl_say("lint", "%s: %s", path, strerror(errno));
	return !failed;
}

/* --- what is said about it --- */

static const char *const become_of[] = {
	[PLAIN_MARKUP] = "",
	[PLAIN_SPOKEN] = ": it is no markup, so the text is spoken",
	[PLAIN_PLAYED] = ": it is no markup, so the sound is played",
};

static int judge(const char *name, const struct source *source,
		 struct lint_rules rules)
{
	struct findings findings = {0};
	struct buf text = BUF_INIT(PRINTED_MAX);
	enum plain plain =
		document_lint(buf_text(&source->body), source->body.length,
			      source->type, rules, &findings);
	document_lint_print(name, buf_text(&source->body), source->body.length,
			    &findings, &text);
	if (!findings.count)
		buf_addf(&text, "%s: nothing is wrong%s\n", name,
			 become_of[plain]);
	fputs(buf_text(&text), stdout);
	bool bad = findings_have_error(&findings);
	findings_clear(&findings);
	buf_free(&text);
	return bad ? VOXCTL_NO : VOXCTL_OK;
}

static bool is_url(const char *name)
{
	return strncasecmp(name, "http://", 7) == 0 ||
	       strncasecmp(name, "https://", 8) == 0;
}

/* False: applications on the bus expect a call's parameters. */
static bool is_of_the_bus(const char *url)
{
	voxctl_say(
		"lint",
		"%s: the bus is not asked; type nats request --raw SUBJECT '' "
		"| voxctl lint -",
		url);
	return false;
}

static int lint(const char *name, struct lint_rules rules)
{
	struct source source = {.body = BUF_INIT(BODY_MAX)};
	bool good = is_url(name)           ? fetch(name, &source)
		    : subject_is_url(name) ? is_of_the_bus(name)
					   : read_file(name, &source);
	int status = good ? judge(name, &source, rules) : VOXCTL_AWAY;
	buf_free(&source.body);
	return status;
}

static int dialect_named(const char *name, struct lint_rules *rules)
{
	rules->dialect =
		(enum dialect_name)proto_value(&dialect_name_set, name);
	if (rules->dialect)
		return VOXCTL_OK;
	return voxctl_usage("lint",
			    "--dialect is signalwire, restcomm or twilio");
}

static int obey(int option, struct lint_rules *rules)
{
	if (option == 'd')
		return dialect_named(optarg, rules);
	rules->strict = true;
	return option == 's' ? VOXCTL_OK
			     : voxctl_usage("lint", "there is no such option");
}

int lint_command(int argc, char **argv)
{
	static const struct option known[] = {
		{"dialect", required_argument, NULL, 'd'},
		{"strict", no_argument, NULL, 's'},
		{0},
	};
	struct lint_rules rules = {.dialect = DIALECT_NONE};
	struct settings settings;
	int option, worst;
	if (!voxctl_settings("lint", &settings))
		return VOXCTL_USAGE;
	worst = dialect_named(settings.dialect, &rules);
	rules.limits =
		(struct dialect_limits){settings.dial_max, settings.sip_uri_max,
					settings.sip_headers_max};
	opterr = 0;
	while (!worst &&
	       (option = getopt_long(argc, argv, "d:s", known, NULL)) != -1)
		worst = obey(option, &rules);
	if (!worst && optind == argc)
		worst = voxctl_usage("lint", "which document?");
	if (worst)
		return worst;
	for (int i = optind; i < argc; i++) {
		int status = lint(argv[i], rules);
		worst = status > worst ? status : worst;
	}
	return worst;
}
