/*
 * acts_test.h - a web server that does what the first part of the path says,
 * and questions to it: for the tests of lib/http that meet many servers.
 *
 * A test names its acts in a table that ends with "/", which fits every path.
 */
#pragma once

#define ASK_WAIT_MS 5000
#include "lib/http/ask_test.h"
#include "lib/http/names_test.h"

struct act {
	const char *path;
	void (*run)(struct web_peer *peer, const char *path);
};

static const struct act *acts;
static char requests[8][8192]; /* as the server saw them */
static unsigned seen;

static inline void act_ok(struct web_peer *peer, const char *path)
{
	(void)path;
	web_answer(peer, "200 OK", "Content-Type: text/xml\r\n", "<Response/>");
}

/* For ever without an answer. */
static inline void act_hang(struct web_peer *peer, const char *path)
{
	(void)peer, (void)path;
}

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	const char *path = strchr(text, '/');
	const struct act *act = acts;
	(void)owner;
	if (seen < 8)
		snprintf(requests[seen++], sizeof(requests[0]), "%s", text);
	if (!path)
		return;
	while (!str_starts(path, act->path))
		act++;
	act->run(peer, path);
}

/* Every name is this machine's, until the test says otherwise. */
static inline void begin(const char *networks, const struct act *table)
{
	static const char *const here[] = {"127.0.0.1", NULL};
	acts = table;
	dns = here;
	ask_begin(networks, on_request);
	seen = 0;
}

static inline struct http_request request_of(const char *url)
{
	static struct param params[] = {{"CallSid", "CA1"},
					{"To", "sip:bob@example.com"}};
	struct http_request wanted = ask_for(url);
	wanted.params = params;
	wanted.params_count = 2;
	wanted.body_max = 1000;
	return wanted;
}

static inline void ask_path(const char *path)
{
	ask(request_of(ask_url(path)));
}
