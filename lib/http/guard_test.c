/*
 * guard_test.c - what customers' URLs may not reach: every spelling of it, by
 * every way in, and not one connection.
 *
 * connect() of the C library is replaced: what goes to another address than the
 * one that is allowed is counted and does not leave this program.
 */
#include "lib/http/ask_test.h"
#include "lib/http/names_test.h"
#include "lib/http/own.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define APP "127.0.0.9"

static const struct {
	const char *url;
	int error;
} rows[] = {
#define CLOSED(url, error) {url, error},
#include "lib/http/closed_urls.def"
#undef CLOSED
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* --- the C library's, for libcurl --- */
static unsigned strayed; /* connections to what is closed */
static char strayed_to[64];
static const char *ours; /* pretended to be this machine's; NULL: none is */

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	const struct sockaddr *to = address.__sockaddr__;
	const struct sockaddr_in *four = (const void *)to;
	int type = 0;
	socklen_t size = sizeof(type);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	if (ours && type == SOCK_DGRAM)
		return 0; /* there may be no route to it here */
	if (type == SOCK_STREAM && (to->sa_family != AF_INET ||
				    four->sin_addr.s_addr != inet_addr(APP))) {
		strayed++;
		cidr_text(to, strayed_to);
		errno = ECONNREFUSED;
		return -1;
	}
	return (int)syscall(SYS_connect, fd, to, length);
}

int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *restrict length)
{
	struct sockaddr_in *four = (void *)address.__sockaddr__;
	int type = 0;
	socklen_t size = sizeof(type);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	if (!ours || type != SOCK_DGRAM)
		return (int)syscall(SYS_getsockname, fd, four, length);
	*four = (struct sockaddr_in){.sin_family = AF_INET};
	four->sin_addr.s_addr = inet_addr(ours);
	return 0;
}

/* --- the application: redirects to where its path says --- */
static int redirect_status;
static const char *redirect_to;

static void answer(void *owner, struct web_peer *peer, const char *text)
{
	char status[32], header[512];
	(void)owner;
	snprintf(request, sizeof(request), "%s", text);
	if (!strstr(text, "/jump")) {
		web_answer(peer, "200 OK", "Content-Type: text/xml\r\n",
			   "<Response/>");
		return;
	}
	str_format(status, sizeof(status), "%d Moved", redirect_status);
	str_format(header, sizeof(header), "Location: %s\r\n", redirect_to);
	web_answer(peer, status, header, "");
}

static void begin(const char *networks)
{
	char error[160];
	strayed = questions = 0;
	memset(&got, 0, sizeof(got));
	loop = loop_new();
	allow = cidrs_parse(networks, error);
	http = http_new(loop, allow);
	web = web_new_at(loop, APP, 0, answer, NULL);
}

/* The row's URL with our port. */
static void url_of(size_t row, char *url, size_t size)
{
	const char *port = strstr(rows[row].url, "PORT");
	int before = port ? (int)(port - rows[row].url) : 0;
	if (port)
		str_format(url, size, "%.*s%d%s", before, rows[row].url,
			   web_port(web), port + 4);
	else
		str_copy(url, size, rows[row].url);
}

static bool swallow(void *owner, const char *data, size_t size)
{
	(void)owner, (void)data, (void)size;
	return true;
}

/* A document, a sound file, a webhook. */
enum way { DOCUMENT, SOUND, WEBHOOK, WAYS };

static void ask_by(enum way way, const char *url)
{
	struct http_request wanted = ask_for(url);
	if (way == SOUND)
		wanted.sink = swallow;
	if (way == WEBHOOK) {
		wanted.body_max = 0;
		wanted.redirects_max = 0;
	}
	ask(wanted);
}

static void check_refused(size_t row, const char *how)
{
	bool good = strayed == 0 && got.error == rows[row].error;
	if (!CHECK(good))
		fprintf(stderr, "  %s (%s): %d %s; connected to %s\n",
			rows[row].url, how, got.error, got.text,
			strayed ? strayed_to : "nobody");
	strayed = 0;
}

TEST(no_spelling_of_what_is_closed_is_connected_to)
{
	static const char *const names[] = {"127.0.0.1,::1", NULL};
	unsigned combinations = 0;
	begin(APP);
	dns = names;
	for (size_t i = 0; i < ROWS; i++) {
		for (int way = 0; way < WAYS; way++, combinations++) {
			char url[512];
			url_of(i, url, sizeof(url));
			ask_by((enum way)way, url);
			check_refused(i, "at once");
		}
	}
	CHECK_INT(web_connections(web), 0);
	CHECK(combinations > 300);
	ask_end();
}

TEST(no_redirect_leads_to_what_is_closed)
{
	static const int statuses[] = {301, 302, 303, 307, 308};
	static const char *const names[] = {"127.0.0.1,::1", NULL};
	char jump[64];
	begin(APP);
	dns = names;
	str_format(jump, sizeof(jump), "http://" APP ":%d/jump", web_port(web));
	for (size_t i = 0; i < ROWS; i++) {
		char url[512];
		url_of(i, url, sizeof(url));
		redirect_to = url;
		for (size_t j = 0; j < 5; j++) {
			redirect_status = statuses[j];
			ask_by(j % 2 ? SOUND : DOCUMENT, jump);
			check_refused(i, "by a redirect");
		}
	}
	ask_end();
}

TEST(a_webhook_follows_no_redirect_at_all)
{
	char jump[64];
	begin(APP);
	str_format(jump, sizeof(jump), "http://" APP ":%d/jump", web_port(web));
	redirect_status = 307;
	redirect_to = "http://127.0.0.1/";
	ask_by(WEBHOOK, jump);
	CHECK_INT(got.error, ERR_HTTP_REDIRECTS);
	CHECK_INT(strayed, 0);
	ask_end();
}

static void ask_name(void)
{
	char url[64];
	str_format(url, sizeof(url), "http://app.example:%d/", web_port(web));
	ask_by(DOCUMENT, url);
}

TEST(a_name_that_is_rebound_is_refused_at_its_next_connection)
{
	static const char *const names[] = {APP, "127.0.0.1", NULL};
	static const char *const others[] = {"::1", "169.254.169.254",
					     "::ffff:127.0.0.1"};
	begin(APP);
	dns = names;
	ask_name();
	CHECK_INT(got.error, 0);
	http_free(http); /* its connection, and the name that it remembers */
	http = http_new(loop, allow);
	ask_name();
	CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS);
	CHECK_INT(questions, 2);
	for (size_t i = 0; i < 3; i++) {
		const char *const next[] = {others[i], NULL};
		dns = next;
		http_free(http);
		http = http_new(loop, allow);
		ask_name();
		CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS);
		CHECK_TEXT(got.address, i == 2 ? "127.0.0.1" : others[i]);
	}
	CHECK_INT(strayed, 0);
	ask_end();
}

TEST(of_a_names_addresses_only_those_that_are_open_are_tried)
{
	static const char *const first[] = {APP ",127.0.0.1", NULL};
	static const char *const last[] = {"::1,127.0.0.1," APP, NULL};
	begin(APP);
	dns = first;
	ask_name();
	CHECK_INT(got.error, 0);
	dns = last;
	http_free(http);
	http = http_new(loop, allow);
	ask_name();
	CHECK_INT(got.error, 0);
	CHECK_INT(strayed, 0);
	/* the open one refuses: the closed one is no way out */
	http_free(http);
	http = http_new(loop, allow);
	dns = first;
	ask(ask_for("http://app.example:1/"));
	CHECK_INT(got.error, ERR_HTTP_CONNECTION);
	CHECK_INT(strayed, 0);
	ask_end();
}

TEST(proxies_of_the_environment_are_no_way_around)
{
	char proxy[64];
	begin(APP);
	str_format(proxy, sizeof(proxy), "http://" APP ":%d", web_port(web));
	setenv("http_proxy", proxy, 1);
	setenv("ALL_PROXY", proxy, 1);
	ask_by(DOCUMENT, "http://127.0.0.1/");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS);
	CHECK_INT(web_connections(web), 0);
	CHECK_INT(strayed, 0);
	ask_end();
}

TEST(a_public_address_of_this_machine_is_closed_unless_it_is_named)
{
	static const char *const names[] = {"8.8.8.8", NULL};
	begin(APP);
	dns = names;
	ask_name();
	CHECK_INT(strayed, 1); /* others' public addresses are open */
	ours = "8.8.8.8";
	strayed = 0;
	ask_name();
	CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS);
	CHECK(strstr(got.text, "8.8.8.8 is this machine's own address"));
	CHECK_INT(strayed, 0);
	ask_end();
	begin(APP ",8.8.8.8");
	ask_name();
	CHECK_INT(strayed, 1);
	ours = NULL;
	ask_end();
}

TEST(this_machines_own_addresses_are_known)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(80)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
				   .sin6_port = htons(80),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	own.sin_addr.s_addr = inet_addr("127.0.0.1");
	CHECK(own_address((struct sockaddr *)&own, sizeof(own)));
	CHECK(own_address((struct sockaddr *)&six, sizeof(six)) ||
	      access("/proc/net/if_inet6", F_OK) != 0);
	own.sin_addr.s_addr = inet_addr("192.0.2.1");
	CHECK(!own_address((struct sockaddr *)&own, sizeof(own)));
	own.sin_addr.s_addr = inet_addr("8.8.8.8");
	CHECK(!own_address((struct sockaddr *)&own, sizeof(own)));
	own.sin_family = AF_UNIX;
	CHECK(!own_address((struct sockaddr *)&own, sizeof(own)));
}

TEST_MAIN()
