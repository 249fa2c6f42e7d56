/*
 * rest.c - the REST API: who asks, for what; see rest.h.
 */
#include "services/apid/rest.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "proto/proto.h"
#include "services/apid/accounts.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENTS_MAX 4

static rest_fn rest_account;

/* Where the API lies, as a client asks for it and as links name it. */
static const struct {
	const char *asked, *base;
} bases[] = {
	{"/2010-04-01", "/2010-04-01"},
	{"/api/laml/2010-04-01", "/2010-04-01"},
	{"/restcomm/2012-04-24", "/restcomm/2012-04-24"},
};

/* Below …/Accounts/{AccountSid}; "*" is a sid. NULL: not taken. */
static const struct resource {
	const char *segments[SEGMENTS_MAX];
	rest_fn *get, *post;
} resources[] = {
	{{NULL}, rest_account, NULL},
	{{"Calls"}, rest_calls, rest_start},
	{{"Calls", "*"}, rest_call, rest_change},
	{{"Calls", "*", "Notifications"}, rest_notifications, NULL},
	{{"Calls", "*", "Events"}, rest_events, NULL},
	{{"Calls", "*", "Recordings"}, rest_recordings, NULL},
	{{"Calls", "*", "Recordings", "*"}, rest_recording, rest_record},
	{{"Recordings", "*"}, rest_recording, NULL},
};

/* --- pieces of answers --- */

void rest_send(struct buf *json, struct httpd_answer *answer)
{
	answer->status = 200;
	answer->type = "application/json";
	answer->size = json->length;
	answer->body = buf_take(json);
}

void rest_not_found(const char *path, struct httpd_answer *answer)
{
	char text[512];
	str_format(text, sizeof(text),
		   "The requested resource %.300s was not found", path);
	httpd_error(answer, 404, ERR_API_NOT_FOUND, text);
}

void rest_bad(const char *what, struct httpd_answer *answer)
{
	httpd_error(answer, 400, ERR_API_PARAMETER, what);
}

void rest_refuse(const struct rest *rest, int status, int code,
		 const char *text, struct httpd_answer *answer)
{
	struct buf json = BUF_INIT(REST_ANSWER_MAX);
	char link[HTTPD_LINK_BYTES];
	buf_addf(&json, "{\"code\":%d,\"message\":\"", code);
	buf_add_json(&json, text);
	httpd_error_link(code, link);
	buf_add_text(&json, "\"");
	rest_member(&json, "more_info", link);
	buf_addf(&json, ",\"status\":%d", status);
	if (rest->dialect == DIALECT_SIGNALWIRE) {
		buf_addf(&json, ",\"errors\":[{\"code\":\"%d\",\"message\":\"",
			 code);
		buf_add_json(&json, text);
		buf_add_text(&json, "\"");
		rest_member(&json, "more_info", link);
		buf_add_text(&json, "}]");
	}
	buf_add_text(&json, "}\n");
	rest_send(&json, answer);
	answer->status = status;
}

const char *rest_version(const char *base)
{
	return strrchr(base, '/') + 1;
}

void rest_member(struct buf *to, const char *name, const char *text)
{
	if (!text || !*text) {
		buf_addf(to, ",\"%s\":null", name);
		return;
	}
	buf_addf(to, ",\"%s\":\"", name);
	buf_add_json(to, text);
	buf_add_text(to, "\"");
}

void rest_date(struct buf *to, const char *name, int64_t ms)
{
	char text[CLOCK_RFC2822_BYTES] = "";
	if (ms)
		clock_rfc2822(ms, text);
	rest_member(to, name, text);
}

static void rest_account(const struct rest_found *found,
			 struct httpd_answer *answer)
{
	const struct account_config *account = found->account;
	struct buf json = BUF_INIT(REST_ANSWER_MAX);
	buf_add_text(&json, "{\"sid\":\"");
	buf_add_json(&json, account->account_sid);
	buf_add_text(&json, "\"");
	rest_member(&json, "friendly_name",
		    *account->friendly_name ? account->friendly_name
					    : "voxbus");
	rest_member(&json, "status", "active");
	rest_member(&json, "type", "Full");
	rest_member(&json, "uri", found->path);
	buf_add_text(&json, ",\"subresource_uris\":{\"calls\":\"");
	buf_addf(&json, "%s/Accounts/%s/Calls.json\"}}\n", found->base,
		 account->account_sid);
	rest_send(&json, answer);
}

/* --- who asks --- */

static void refuse(struct httpd_answer *answer)
{
	httpd_error(answer, 401, ERR_API_CREDENTIALS,
		    "Authenticate: HTTP Basic with the AccountSid and its "
		    "token");
	answer->extra_name = "WWW-Authenticate";
	answer->extra_value = "Basic realm=\"voxbus\"";
}

/* --- for what --- */

struct path {
	char text[REST_PATH_BYTES];
	const char *base, *account;
	const char *segments[SEGMENTS_MAX + 1];
	unsigned count;
	bool json; /* it said so */
};

/* Splits what follows …/Accounts/; false: it is no such path. */
static bool parse_path(const char *path, struct path *out)
{
	static const char accounts[] = "/Accounts/";
	const char *rest_of = NULL;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if (!str_starts(path, bases[i].asked))
			continue;
		rest_of = path + strlen(bases[i].asked);
		out->base = bases[i].base;
	}
	if (!rest_of || !str_starts(rest_of, accounts) ||
	    !str_copy(out->text, sizeof(out->text), rest_of + strlen(accounts)))
		return false;
	out->json = str_ends(out->text, ".json");
	if (out->json)
		out->text[strlen(out->text) - strlen(".json")] = '\0';
	char *rest = out->text;
	out->account = strsep(&rest, "/");
	out->count = 0;
	while (rest) {
		if (out->count == SEGMENTS_MAX)
			return false;
		out->segments[out->count++] = strsep(&rest, "/");
	}
	return true;
}

/* 'sid_out': the path's last sid, 'above_out': the one before it; or "". */
static const struct resource *find(const struct path *path,
				   const char **sid_out, const char **above_out)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		const char *const *wanted = resources[i].segments;
		unsigned at = 0;
		*sid_out = *above_out = "";
		while (at < path->count && at < SEGMENTS_MAX && wanted[at] &&
		       (strcmp(wanted[at], path->segments[at]) == 0 ||
			(wanted[at][0] == '*' && path->segments[at][0]))) {
			if (wanted[at][0] == '*') {
				*above_out = *sid_out;
				*sid_out = path->segments[at];
			}
			at++;
		}
		if (at == path->count && (at == SEGMENTS_MAX || !wanted[at]))
			return &resources[i];
	}
	return NULL;
}

static void write_link(const struct path *path, char *to)
{
	struct buf text = BUF_INIT(REST_PATH_BYTES * 2);
	buf_addf(&text, "%s/Accounts/%s", path->base, path->account);
	for (unsigned i = 0; i < path->count; i++)
		buf_addf(&text, "/%s", path->segments[i]);
	buf_add_text(&text, ".json");
	str_copy(to, REST_PATH_BYTES, buf_text(&text));
	buf_free(&text);
}

static rest_fn *handler(const struct resource *resource, const char *method)
{
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		return resource->get;
	return strcmp(method, "POST") == 0 ? resource->post : NULL;
}

static void refuse_method(const struct resource *resource,
			  struct httpd_answer *answer)
{
	httpd_error(answer, 405, ERR_API_METHOD,
		    "Method not allowed: see docs/api.md for what this "
		    "resource takes");
	answer->extra_name = "Allow";
	answer->extra_value = resource->post ? "GET, HEAD, POST" : "GET, HEAD";
}

void rest_answer(const struct rest *rest, const struct rest_request *request,
		 struct httpd_answer *answer)
{
	struct rest_found found = {.rest = rest, .request = request};
	struct path path = {.base = "", .account = ""};
	const struct resource *resource;
	found.account =
		accounts_find(rest->accounts, request->user, request->password);
	if (!found.account) {
		refuse(answer);
		return;
	}
	if (found.account->suspended) {
		httpd_error(answer, 403, ERR_ACCOUNT_SUSPENDED,
			    "The account is suspended");
		return;
	}
	if (!parse_path(request->path, &path) ||
	    strcmp(path.account, found.account->account_sid) != 0 ||
	    !(resource = find(&path, &found.call_sid, &found.above))) {
		rest_not_found(request->path, answer);
		return;
	}
	found.base = path.base;
	found.json = path.json;
	write_link(&path, found.path);
	rest_fn *handle = handler(resource, request->method);
	if (handle)
		handle(&found, answer);
	else
		refuse_method(resource, answer);
}
