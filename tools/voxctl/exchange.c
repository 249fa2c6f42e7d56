/*
 * exchange.c - the details of an HTTP exchange; see exchange.h.
 *
 * What is sent begins with ">", what came with "<", a body's lines with "|".
 */
#include "tools/voxctl/exchange.h"

#include "lib/base/buf.h"

#include <inttypes.h>
#include <string.h>

/* Each line of 'text' behind 'mark'. */
static void add_lines(struct buf *to, const char *mark, const char *text)
{
	unsigned shown = 0;
	while (text && *text) {
		size_t length = strcspn(text, "\n"), end = length;
		if (shown++ == EXCHANGE_LINES) {
			buf_addf(to, "%s (%zu more bytes)\n", mark,
				 strlen(text));
			return;
		}
		while (end && text[end - 1] == '\r')
			end--;
		buf_addf(to, "%s %.*s\n", mark, (int)end, text);
		text += length + (text[length] == '\n');
	}
}

static void add_params(struct buf *to, const struct param *params,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		buf_addf(to, "> %s=%s\n", params[i].name,
			 params[i].value ? params[i].value : "");
}

/* The fields that 'fetched' and 'posted' have in common. */
struct facts {
	int64_t version, redirects, dns_ms, connect_ms, tls_ms, first_byte_ms,
		total_ms;
	bool reused;
	const char *address, *sent, *headers, *excerpt, *earlier;
};

#define FACTS(m)                                                               \
	{                                                                      \
		(m)->http_version, (m)->redirects, (m)->dns_ms,                \
			(m)->connect_ms, (m)->tls_ms, (m)->first_byte_ms,      \
			(m)->total_ms, (m)->reused, (m)->address, (m)->sent,   \
			(m)->headers, (m)->excerpt, (m)->earlier               \
	}

static void add_way(const struct facts *facts, struct buf *to)
{
	if (!facts->address[0])
		return;
	if (facts->version)
		buf_addf(to, "HTTP/%" PRId64 ".%" PRId64 " with ",
			 facts->version / 10, facts->version % 10);
	buf_addf(to, "%s", facts->address);
	if (facts->reused)
		buf_add_text(to, ", a connection that was there");
	if (facts->redirects)
		buf_addf(to, ", after %" PRId64 " redirect%s", facts->redirects,
			 facts->redirects == 1 ? "" : "s");
	buf_add_text(to, "\n");
}

/* Moments become what lies between them; what did not happen is left out. */
static void add_times(const struct facts *facts, struct buf *to)
{
	const struct {
		const char *name;
		int64_t at_ms;
	} steps[] = {
		{"DNS", facts->dns_ms},
		{"connect", facts->connect_ms},
		{"TLS", facts->tls_ms},
		{"first byte", facts->first_byte_ms},
	};
	int64_t before_ms = 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].at_ms <= before_ms)
			continue;
		buf_addf(to, "%s %" PRId64 " ms, ", steps[i].name,
			 steps[i].at_ms - before_ms);
		before_ms = steps[i].at_ms;
	}
	buf_addf(to, "total %" PRId64 " ms\n", facts->total_ms);
}

static void add_answer(const struct facts *facts, struct buf *to)
{
	add_lines(to, "before:", facts->earlier);
	add_lines(to, ">", facts->sent);
	add_way(facts, to);
	add_times(facts, to);
	add_lines(to, "<", facts->headers);
	add_lines(to, "|", facts->excerpt);
}

/* --- one function a message --- */

static void get_details(const void *message, struct buf *to)
{
	const struct get *m = message;
	add_params(to, m->params, m->params_count);
}

static void fetched_details(const void *message, struct buf *to)
{
	const struct fetched *m = message;
	const struct facts facts = FACTS(m);
	add_answer(&facts, to);
	if (facts.redirects && m->url)
		buf_addf(to, "from %s\n", m->url);
	add_lines(to, "|", m->body);
}

static void post_details(const void *message, struct buf *to)
{
	const struct post *m = message;
	add_params(to, m->params, m->params_count);
}

static void posted_details(const void *message, struct buf *to)
{
	const struct posted *m = message;
	const struct facts facts = FACTS(m);
	add_answer(&facts, to);
}

static const struct {
	const struct proto_message *desc;
	void (*add)(const void *message, struct buf *to);
} rows[] = {
	{&get_message, get_details},
	{&fetched_message, fetched_details},
	{&post_message, post_details},
	{&posted_message, posted_details},
};

void exchange_add(const struct proto_message *desc, const void *message,
		  struct buf *to)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].desc == desc)
			rows[i].add(message, to);
}
