/*
 * patience_test.c - servers that fall silent, and what is asked for again.
 */
#include "lib/http/ask_test.h"

#include "lib/http/overrides.h"

#define DRIP_MS 20

static struct web_peer *dripping;
static struct loop_timer drip;
static char lines[8][64]; /* request lines, as the server saw them */
static unsigned seen;

/* --- a server that does with the nth request what the path's nth letter says,
 * its last one from then on --- */
static void on_drip(struct loop_timer *timer)
{
	web_send(dripping, "X", 1);
	loop_timer_start(loop, timer, DRIP_MS);
}

#define PARTIAL "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"

static void act(struct web_peer *peer, char what)
{
	switch (what) {
	case '2': web_answer(peer, "200 OK", "", "good"); break;
	case '3':
		web_answer(peer, "303 Away", "Location: /away\r\n", "");
		break;
	case '4': web_answer(peer, "404 Not Found", "", ""); break;
	case '5': web_answer(peer, "503 Busy", "", ""); break;
	case 'l':
		web_answer(peer, "503 Busy", "Retry-After: 60\r\n", "");
		break;
	case 'c': web_end(peer); break;
	case 'n':
		web_answer(peer, "200 OK", "Content-Encoding: br\r\n", "x");
		break;
	case 'p': web_send(peer, PARTIAL, strlen(PARTIAL)); break;
	case 'd':
		web_send(peer, PARTIAL, strlen(PARTIAL));
		dripping = peer;
		drip = (struct loop_timer){.due = on_drip};
		loop_timer_start(loop, &drip, DRIP_MS);
		break;
	default: break; /* it hangs */
	}
}

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	static char script[16];
	const char *path = strchr(text, '/') + 1;
	size_t length = strcspn(path, " ?");
	(void)owner;
	if (seen < 8)
		snprintf(lines[seen], sizeof(lines[0]), "%.*s",
			 (int)strcspn(text, "\r"), text);
	if (!str_starts(path, "away"))
		str_copy_bytes(script, sizeof(script), path, length);
	length = strlen(script);
	act(peer, script[seen < length ? seen : length - 1]);
	seen++;
}

/* Plain numbers are milliseconds, and no limit of its own where there is 0. */
static size_t body_max = 1000;

static void ask_for_path(const char *path, int64_t read_ms, int64_t total_ms,
			 unsigned retries, unsigned retry_after)
{
	char url[64];
	ask_begin("127.0.0.0/8", on_request);
	memset(lines, 0, sizeof(lines));
	seen = 0;
	str_format(url, sizeof(url), "http://127.0.0.1:%d/%s",
		   *path ? web_port(web) : 1, path);
	struct http_request wanted = ask_for(url);
	wanted.body_max = body_max;
	wanted.redirects_max = 2;
	wanted.connect_ms = 2000;
	wanted.read_ms = read_ms;
	wanted.total_ms = total_ms;
	wanted.retries = retries;
	wanted.retry_after = retry_after;
	ask(wanted);
	loop_timer_stop(loop, &drip);
	ask_end();
}

TEST(a_server_that_falls_silent_is_left)
{
	ask_for_path("h", 100, 9000, 0, 0);
	CHECK_INT(got.error, ERR_HTTP_RETRIEVAL);
	CHECK_TEXT(got.text, "no answer within 100 ms");
	ask_for_path("p", 100, 9000, 0, 0);
	CHECK_INT(got.error, ERR_HTTP_RETRIEVAL);
	CHECK_TEXT(got.text, "nothing more came for 100 ms");
	CHECK_TEXT(got.body, "");
	body_max = 0; /* nobody waits for it: the status decides */
	ask_for_path("p", 100, 9000, 0, 0);
	CHECK_INT(got.error, 0);
	CHECK_INT(got.status, 200);
	body_max = 1000;
}

TEST(a_server_that_drips_is_not_silent_and_has_its_time_in_all)
{
	ask_for_path("d", 2000, 300, 0, 0);
	CHECK_INT(got.error, ERR_HTTP_RETRIEVAL);
	CHECK(str_starts(got.text, "no complete answer within "));
}

static const struct row {
	const char *path; /* "": a port where nobody listens */
	unsigned retries, retry_after;
	unsigned attempts;
	int error;
} rows[] = {
	{"2", 5, RETRY_ALL, 1, 0},
	{"52", 0, RETRY_ALL, 1, ERR_HTTP_STATUS},
	{"52", 1, RETRY_5XX, 2, 0},
	{"52", 1, RETRY_4XX | RETRY_CT | RETRY_RT, 1, ERR_HTTP_STATUS},
	{"42", 1, RETRY_4XX, 2, 0},
	{"42", 1, RETRY_5XX | RETRY_CT | RETRY_RT, 1, ERR_HTTP_STATUS},
	{"5", 1, RETRY_ALL, 2, ERR_HTTP_STATUS},
	{"c2", 1, RETRY_RT, 2, 0},
	{"c2", 1, RETRY_CT | RETRY_4XX | RETRY_5XX, 1, ERR_HTTP_CONNECTION},
	{"h2", 1, RETRY_RT, 2, 0},
	{"p2", 1, RETRY_RT, 2, 0},
	{"h2", 1, RETRY_CT | RETRY_4XX | RETRY_5XX, 1, ERR_HTTP_RETRIEVAL},
	{"", 1, RETRY_CT, 2, ERR_HTTP_CONNECTION},
	{"", 1, RETRY_RT | RETRY_4XX | RETRY_5XX, 1, ERR_HTTP_CONNECTION},
	{"n2", 1, RETRY_ALL, 1, ERR_HTTP_PROTOCOL}, /* would come again */
	{"l2", 1, RETRY_ALL, 1, ERR_HTTP_STATUS},   /* too late for us */
	{"333332", 1, RETRY_ALL, 1, ERR_HTTP_REDIRECTS},
};

TEST(what_failed_is_asked_for_again_as_its_url_says)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask_for_path(rows[i].path, 150, 9000, rows[i].retries,
			     rows[i].retry_after);
		bool good = CHECK_INT(got.attempts, rows[i].attempts);
		if (!CHECK_INT(got.error, rows[i].error) || !good)
			fprintf(stderr, "  '%s', after %x: %s\n", rows[i].path,
				rows[i].retry_after, got.text);
	}
}

TEST(the_words_tell_how_often_it_was_tried)
{
	ask_for_path("5", 0, 9000, 2, RETRY_5XX);
	CHECK_TEXT(got.text, "the web application answered with HTTP status "
			     "503 (3 attempts)");
}

TEST(no_attempt_is_begun_that_could_not_end_in_time)
{
	ask_for_path("5", 0, 300, 5, RETRY_5XX);
	CHECK_INT(got.attempts, 1);
	CHECK_INT(got.error, ERR_HTTP_STATUS);
}

TEST(a_further_attempt_begins_where_the_first_one_did)
{
	ask_for_path("352", 0, 9000, 1, RETRY_5XX);
	CHECK_INT(got.error, 0);
	CHECK_INT(got.redirects, 0);
	CHECK_TEXT(lines[0], "POST /352 HTTP/1.1");
	CHECK_TEXT(lines[1], "GET /away HTTP/1.1");
	CHECK_TEXT(lines[2], "POST /352 HTTP/1.1");
}

TEST_MAIN()
