/*
 * rest.c - the REST API: who asks, for what; see rest.h.
 */
#include "services/apid/rest.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/httpd.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENTS_MAX 4

static rest_fn rest_account;

/* Below …/Accounts/{AccountSid}; "*" is a CallSid. */
static const struct resource {
	const char *segments[SEGMENTS_MAX];
	rest_fn *answer;
} resources[] = {
	{{NULL}, rest_account},
	{{"Calls"}, rest_calls},
	{{"Calls", "*"}, rest_call},
	{{"Calls", "*", "Notifications"}, rest_notifications},
	{{"Calls", "*", "Events"}, rest_events},
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
	struct buf json = BUF_INIT(REST_ANSWER_MAX);
	buf_add_text(&json, "{\"sid\":\"");
	buf_add_json(&json, found->rest->account_sid);
	buf_add_text(&json, "\"");
	rest_member(&json, "friendly_name", "voxbus");
	rest_member(&json, "status", "active");
	rest_member(&json, "type", "Full");
	rest_member(&json, "uri", found->path);
	buf_add_text(&json, ",\"subresource_uris\":{\"calls\":\"");
	buf_addf(&json, "/2010-04-01/Accounts/%s/Calls.json\"}}\n",
		 found->rest->account_sid);
	rest_send(&json, answer);
}

/* --- who asks --- */

/* In time that depends on what was sent only. */
static bool same_secret(const char *sent, const char *right)
{
	size_t length = strlen(sent), wanted = strlen(right);
	unsigned different = length != wanted || !wanted;
	for (size_t i = 0; i < length; i++)
		different |= (unsigned char)sent[i] ^
			     (unsigned char)right[wanted ? i % wanted : 0];
	return !different;
}

static bool is_allowed(const struct rest *rest,
		       const struct rest_request *request)
{
	bool user =
		request->user && same_secret(request->user, rest->account_sid);
	bool password = request->password &&
			same_secret(request->password, rest->auth_token);
	return user && password;
}

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
	const char *account;
	const char *segments[SEGMENTS_MAX + 1];
	unsigned count;
};

/* Splits what follows /2010-04-01/Accounts/; false: it is no such path. */
static bool parse_path(const char *path, struct path *out)
{
	static const char laml[] = "/api/laml",
			  base[] = "/2010-04-01/Accounts/";
	if (str_starts(path, laml))
		path += strlen(laml);
	if (!str_starts(path, base) ||
	    !str_copy(out->text, sizeof(out->text), path + strlen(base)))
		return false;
	if (str_ends(out->text, ".json"))
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

static const struct resource *find(const struct path *path,
				   const char **call_sid_out)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		const char *const *wanted = resources[i].segments;
		unsigned at = 0;
		*call_sid_out = "";
		while (at < path->count && at < SEGMENTS_MAX && wanted[at] &&
		       (strcmp(wanted[at], path->segments[at]) == 0 ||
			(wanted[at][0] == '*' && path->segments[at][0]))) {
			if (wanted[at][0] == '*')
				*call_sid_out = path->segments[at];
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
	buf_addf(&text, "/2010-04-01/Accounts/%s", path->account);
	for (unsigned i = 0; i < path->count; i++)
		buf_addf(&text, "/%s", path->segments[i]);
	buf_add_text(&text, ".json");
	str_copy(to, REST_PATH_BYTES, buf_text(&text));
	buf_free(&text);
}

void rest_answer(const struct rest *rest, const struct rest_request *request,
		 struct httpd_answer *answer)
{
	struct rest_found found = {.rest = rest, .request = request};
	struct path path = {.account = ""};
	const struct resource *resource;
	if (!is_allowed(rest, request)) {
		refuse(answer);
		return;
	}
	if (!parse_path(request->path, &path) ||
	    strcmp(path.account, rest->account_sid) != 0 ||
	    !(resource = find(&path, &found.call_sid))) {
		rest_not_found(request->path, answer);
		return;
	}
	if (strcmp(request->method, "GET") != 0 &&
	    strcmp(request->method, "HEAD") != 0) {
		httpd_error(answer, 405, ERR_API_METHOD,
			    "Method not allowed: this API is read-only; calls "
			    "come in over SIP");
		answer->extra_name = "Allow";
		answer->extra_value = "GET, HEAD";
		return;
	}
	write_link(&path, found.path);
	resource->answer(&found, answer);
}
