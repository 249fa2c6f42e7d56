/*
 * http_test.c - the client against a web server that is good, slow or hostile.
 */
#define ASK_WAIT_MS 5000
#include "lib/http/ask_test.h"

#include "lib/base/buf.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static char requests[8][8192]; /* as the server saw them */
static unsigned seen;

/* --- what the server does, by the first part of the path --- */
static void redirect(struct web_peer *peer, const char *status,
		     const char *location)
{
	char header[256];
	str_format(header, sizeof(header), "Location: %s\r\n", location);
	web_answer(peer, status, header, "moved");
}

static void do_again(struct web_peer *peer, const char *path)
{
	char status[32];
	str_format(status, sizeof(status), "%.3s Moved", path + 7);
	redirect(peer, status, "/ok");
}

static void do_circle(struct web_peer *peer, const char *path)
{
	(void)path;
	redirect(peer, "302 Found", "/circle");
}

static void do_away(struct web_peer *peer, const char *path)
{
	(void)path;
	redirect(peer, "302 Found", "http://127.0.0.2:1/ok");
}

static void do_file(struct web_peer *peer, const char *path)
{
	(void)path;
	redirect(peer, "302 Found", "file:///etc/passwd");
}

static void do_nowhere(struct web_peer *peer, const char *path)
{
	(void)path;
	web_answer(peer, "302 Found", "", "");
}

static void do_other(struct web_peer *peer, const char *path)
{
	char location[64];
	(void)path;
	str_format(location, sizeof(location), "http://localhost:%d/ok",
		   web_port(web));
	redirect(peer, "307 Other", location);
}

static void do_status(struct web_peer *peer, const char *path)
{
	char status[32];
	str_format(status, sizeof(status), "%.3s Status", path + 8);
	web_answer(peer, status, "Retry-After: 120\r\n", "words");
}

static void do_big(struct web_peer *peer, const char *path)
{
	static char body[2001];
	(void)path;
	memset(body, 'x', 2000);
	web_answer(peer, "200 OK", "", body);
}

static void do_endless(struct web_peer *peer, const char *path)
{
	(void)path;
#define ENDLESS "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
	web_send(peer, ENDLESS, strlen(ENDLESS));
	web_repeat(peer, "more and more and more and more ");
}

static void do_headers(struct web_peer *peer, const char *path)
{
	(void)path;
	web_send(peer, "HTTP/1.1 200 OK\r\n", 17);
	web_repeat(peer, "X-More: and more and more and more\r\n");
}

static void do_continue(struct web_peer *peer, const char *path)
{
	(void)path;
	web_repeat(peer, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void do_hang(struct web_peer *peer, const char *path)
{
	(void)peer, (void)path;
}

static void do_stall(struct web_peer *peer, const char *path)
{
	(void)path;
	web_send(peer, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 42);
}

static void do_short(struct web_peer *peer, const char *path)
{
	do_stall(peer, path);
	web_end(peer);
}

static void do_close(struct web_peer *peer, const char *path)
{
	(void)path;
	web_end(peer);
}

static void do_noise(struct web_peer *peer, const char *path)
{
	(void)path;
	web_send(peer, "\x01\x02 what is this\r\n\r\n", 19);
	web_end(peer);
}

/* 10 MB of zeros, packed 1000 to 1 by hand: a stored dictionary would not do,
 * so a fixed-Huffman block of matches of 258 bytes. */
static void add_bits(struct buf *buf, unsigned *held, unsigned *count,
		     unsigned bits, unsigned length)
{
	*held |= bits << *count;
	*count += length;
	while (*count >= 8) {
		buf_add(buf, (const char *)&(unsigned char){*held & 0xff}, 1);
		*held >>= 8;
		*count -= 8;
	}
}

static void add_bomb(struct buf *buf)
{
	unsigned held = 0, count = 0;
	buf_add(buf, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
	add_bits(buf, &held, &count, 3, 3);    /* last block, fixed codes */
	add_bits(buf, &held, &count, 0x0c, 8); /* literal 0: 00110000 */
	for (unsigned i = 0; i < 40000; i++) {
		add_bits(buf, &held, &count, 0xa3, 8); /* length 258: 285 */
		add_bits(buf, &held, &count, 0, 5);    /* distance 1 */
	}
	add_bits(buf, &held, &count, 0, 7);
	add_bits(buf, &held, &count, 0, 8);
}

static void send_packed(struct web_peer *peer, const char *coding,
			const char *data, size_t size)
{
	char head[256];
	str_format(head, sizeof(head),
		   "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\n"
		   "Content-Length: %zu\r\n\r\n",
		   coding, size);
	web_send(peer, head, strlen(head));
	web_send(peer, data, size);
}

static void do_bomb(struct web_peer *peer, const char *path)
{
	struct buf bomb = BUF_INIT(1 << 20);
	(void)path;
	add_bomb(&bomb);
	send_packed(peer, "gzip", bomb.data, bomb.length);
	buf_free(&bomb);
}

static void do_sound(struct web_peer *peer, const char *path)
{
	(void)path;
#define SOUND                                                                  \
	"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n"                      \
	"Connection: close\r\n\r\n"
	web_send(peer, SOUND, strlen(SOUND));
	web_repeat(peer, "la la la la la la la la la la ");
}

static void do_gzip(struct web_peer *peer, const char *path)
{
	static const char hello[] =
		"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x05\0\xfa\xffhello"
		"\x86\xa6\x10\x36\x05\0\0\0";
	(void)path;
	send_packed(peer, "gzip", hello, sizeof(hello) - 1);
}

static void do_twice(struct web_peer *peer, const char *path)
{
	(void)path;
	send_packed(peer, "gzip, gzip", "x", 1);
}

static void do_brotli(struct web_peer *peer, const char *path)
{
	(void)path;
	send_packed(peer, "br", "x", 1);
}

static void do_ok(struct web_peer *peer, const char *path)
{
	(void)path;
	web_answer(peer, "200 OK", "Content-Type: text/xml\r\n", "<Response/>");
}

static const struct {
	const char *path;
	void (*act)(struct web_peer *peer, const char *path);
} acts[] = {
	{"/again/", do_again},      {"/circle", do_circle},
	{"/away", do_away},         {"/file", do_file},
	{"/nowhere", do_nowhere},   {"/other", do_other},
	{"/status/", do_status},    {"/big", do_big},
	{"/endless", do_endless},   {"/headers", do_headers},
	{"/continue", do_continue}, {"/hang", do_hang},
	{"/stall", do_stall},       {"/short", do_short},
	{"/close", do_close},       {"/noise", do_noise},
	{"/bomb", do_bomb},         {"/gzip", do_gzip},
	{"/sound", do_sound},       {"/twice", do_twice},
	{"/br", do_brotli},         {"/", do_ok},
};

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	const char *path = strchr(text, '/');
	(void)owner;
	if (seen < 8)
		snprintf(requests[seen++], sizeof(requests[0]), "%s", text);
	for (size_t i = 0; path && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (str_starts(path, acts[i].path)) {
			acts[i].act(peer, path);
			return;
		}
	}
}

/* --- a name server that answers as the test says --- */
static const char *dns_address; /* of every name; NULL: hangs until told */
static int dns_pipe[2];

static void set_dns(const char *address)
{
	dns_address = address;
}

/* Stands before the C library's for libcurl, too. */
int getaddrinfo(const char *name, const char *service,
		const struct addrinfo *hints, struct addrinfo **list);
void freeaddrinfo(struct addrinfo *list);

int getaddrinfo(const char *name, const char *service,
		const struct addrinfo *hints, struct addrinfo **list)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in *four = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
	struct addrinfo *info;
	const char *text = dns_address;
	bool is_four, is_six;
	(void)hints;
	if (!text) {
		struct pollfd until = {.fd = dns_pipe[0], .events = POLLIN};
		poll(&until, 1, 3000);
		return EAI_AGAIN;
	}
	if (strcmp(text, "none") == 0)
		return EAI_NONAME;
	is_six = inet_pton(AF_INET6, name, &six->sin6_addr) == 1 ||
		 inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
	is_four = !is_six && inet_pton(AF_INET, text, &four->sin_addr) == 1;
	if (!is_four && !is_six)
		return EAI_NONAME;
	storage.ss_family = is_four ? AF_INET : AF_INET6;
	four->sin_port = htons((uint16_t)strtol(service, NULL, 10));
	info = calloc(1, sizeof(*info) + sizeof(storage));
	info->ai_family = storage.ss_family;
	info->ai_socktype = SOCK_STREAM;
	info->ai_addrlen = is_four ? sizeof(*four) : sizeof(*six);
	info->ai_addr = (struct sockaddr *)(info + 1);
	memcpy(info + 1, &storage, sizeof(storage));
	*list = info;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	free(list);
}

/* --- making requests --- */
static struct param params[] = {{"CallSid", "CA1"},
				{"To", "sip:bob@example.com"}};

static struct http_request request_of(const char *url)
{
	struct http_request wanted = ask_for(url);
	wanted.params = params;
	wanted.params_count = 2;
	wanted.body_max = 1000;
	return wanted;
}

static void set_up(const char *networks)
{
	set_dns("127.0.0.1");
	ask_begin(networks, on_request);
	seen = 0;
}

static void ask_path(const char *path)
{
	ask(request_of(ask_url(path)));
}

/* One question to a path, on its own: its error. */
static int error_of(const char *path, size_t body_max)
{
	set_up("127.0.0.0/8");
	struct http_request wanted = request_of(ask_url(path));
	wanted.body_max = body_max;
	wanted.total_ms = 300;
	ask(wanted);
	int error = got.error;
	CHECK(error == 0 || got.text[0]);
	ask_end();
	return error;
}

/* --- tests --- */
TEST(a_post_sends_a_form_and_gets_the_body)
{
	set_up("127.0.0.1");
	ask_path("/voice?x=1#rc=2");
	CHECK_INT(got.error, 0);
	CHECK_INT(got.status, 200);
	CHECK_TEXT(got.body, "<Response/>");
	CHECK_TEXT(got.type, "text/xml");
	CHECK(str_starts(requests[0], "POST /voice?x=1 HTTP/1.1\r\n"));
	CHECK(strstr(requests[0], "Content-Type: application/x-www-form-"
				  "urlencoded; charset=UTF-8\r\n"));
	CHECK(strstr(requests[0], "User-Agent: voxbus/"));
	CHECK(strstr(requests[0], "Accept-Encoding: gzip, deflate\r\n"));
	CHECK(str_ends(requests[0],
		       "\r\n\r\nCallSid=CA1&To=sip%3Abob%40example.com"));
	CHECK(!strstr(requests[0], "Signature"));
	ask_end();
}

TEST(a_get_keeps_the_urls_query_and_appends_ours)
{
	set_up("127.0.0.1");
	struct http_request wanted = request_of(ask_url("/voice?x=%2f#f"));
	wanted.method = HTTP_GET;
	wanted.signing_key = "key";
	ask(wanted);
	CHECK(str_starts(requests[0],
			 "GET /voice?x=%2f&CallSid=CA1&To=sip%3Abob%40example"
			 ".com HTTP/1.1\r\n"));
	CHECK(strstr(requests[0], "X-Twilio-Signature: "));
	CHECK(strstr(requests[0], "X-SignalWire-Signature: "));
	ask_end();
}

TEST(userinfo_becomes_basic_authorization_and_extra_headers_are_sent)
{
	char url[128];
	set_up("127.0.0.1");
	str_format(url, sizeof(url), "http://bob:p%%40w@127.0.0.1:%d/x",
		   web_port(web));
	struct http_request wanted = request_of(url);
	wanted.extra[0] = (struct http_header){"X-One", "1"};
	wanted.extra[1] = (struct http_header){"X-Bad", "1\r\nX-Two: 2"};
	ask(wanted);
	CHECK(strstr(requests[0], "Authorization: Basic Ym9iOnBAdw==\r\n"));
	CHECK(strstr(requests[0], "X-One: 1\r\n"));
	CHECK(!strstr(requests[0], "X-Two"));
	CHECK(!strstr(got.url, "bob"));
	ask_end();
}

TEST(a_connection_is_used_again)
{
	set_up("127.0.0.1");
	for (unsigned i = 0; i < 5; i++)
		ask_path("/voice");
	CHECK_INT(web_connections(web), 1);
	CHECK_INT(web_requests(web), 5);
	CHECK(got.reused);
	ask_end();
}

TEST(requests_run_side_by_side)
{
	set_up("127.0.0.1");
	struct http_request wanted = request_of(ask_url("/voice"));
	for (unsigned i = 0; i < 20; i++)
		http_start(http, &wanted, ask_done, NULL);
	CHECK_INT(http_count(http), 20);
	ask_wait(20);
	CHECK_INT(http_count(http), 0);
	CHECK_INT(web_requests(web), 20);
	ask_end();
}

TEST(redirects_repeat_method_and_parameters)
{
	static const char *const paths[] = {"/again/301", "/again/302",
					    "/again/307", "/again/308"};
	set_up("127.0.0.1");
	for (unsigned i = 0; i < 4; i++) {
		seen = 0;
		ask_path(paths[i]);
		CHECK_INT(got.error, 0);
		CHECK_INT(got.redirects, 1);
		CHECK(str_starts(requests[1], "POST /ok HTTP/1.1\r\n"));
		CHECK(strstr(requests[1], "\r\n\r\nCallSid=CA1&To="));
		CHECK(str_ends(got.url, "/ok"));
	}
	CHECK_INT(web_connections(web), 1);
	ask_end();
}

TEST(a_redirected_get_repeats_its_parameters)
{
	set_up("127.0.0.1");
	struct http_request wanted = request_of(ask_url("/again/302"));
	wanted.method = HTTP_GET;
	ask(wanted);
	CHECK(str_starts(requests[1], "GET /ok?CallSid=CA1&To="));
	ask_end();
}

TEST(a_303_becomes_a_get_without_parameters)
{
	set_up("127.0.0.1");
	ask_path("/again/303");
	CHECK_INT(got.error, 0);
	CHECK(str_starts(requests[1], "GET /ok HTTP/1.1\r\n"));
	CHECK(!strstr(requests[1], "CallSid"));
	ask_end();
}

TEST(redirects_have_a_limit)
{
	set_up("127.0.0.1");
	ask_path("/circle");
	CHECK_INT(got.error, ERR_HTTP_REDIRECTS);
	CHECK_INT(web_requests(web), 4);
	struct http_request wanted = request_of(ask_url("/again/302"));
	wanted.redirects_max = 0;
	ask(wanted);
	CHECK_INT(got.error, ERR_HTTP_REDIRECTS);
	CHECK_INT(got.status, 302);
	CHECK(strstr(got.text, "not followed"));
	ask_end();
}

TEST(a_redirect_is_checked_by_the_guard)
{
	set_up("127.0.0.1");
	ask_path("/away");
	CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS);
	CHECK(strstr(got.text, "127.0.0.2"));
	ask_path("/file");
	CHECK_INT(got.error, ERR_URL_INVALID);
	ask_path("/nowhere");
	CHECK_INT(got.error, ERR_HTTP_STATUS);
	ask_end();
}

TEST(credentials_do_not_leave_their_origin)
{
	char url[128];
	set_up("127.0.0.1");
	str_format(url, sizeof(url), "http://bob:pw@127.0.0.1:%d/other",
		   web_port(web));
	ask(request_of(url));
	CHECK_INT(got.error, 0);
	CHECK(strstr(requests[0], "Authorization: "));
	CHECK(strstr(requests[1], "Host: localhost:"));
	CHECK(!strstr(requests[1], "Authorization: "));
	str_format(url, sizeof(url), "http://bob:pw@127.0.0.1:%d/again/302",
		   web_port(web));
	seen = 0;
	ask(request_of(url));
	CHECK(strstr(requests[1], "Authorization: "));
	ask_end();
}

TEST(an_error_status_is_told_and_its_body_not)
{
	set_up("127.0.0.1");
	ask_path("/status/503");
	CHECK_INT(got.error, ERR_HTTP_STATUS);
	CHECK_INT(got.status, 503);
	CHECK_INT(got.retry_after_ms, 120000);
	CHECK_TEXT(got.body, "");
	ask_path("/status/404");
	CHECK_INT(got.status, 404);
	ask_path("/status/204");
	CHECK_INT(got.error, 0);
	ask_end();
}

TEST(bad_servers_have_their_outcomes)
{
	static const struct {
		const char *path;
		size_t body_max;
		int error;
	} rows[] = {
		{"/big", 1000, ERR_HTTP_TOO_LARGE},
		{"/big", 2000, 0},
		{"/big", 1999, ERR_HTTP_TOO_LARGE},
		{"/big", 0, 0},
		{"/endless", 1000, ERR_HTTP_TOO_LARGE},
		{"/endless", 0, 0},
		{"/bomb", 65536, ERR_HTTP_TOO_LARGE},
		{"/gzip", 65536, 0},
		{"/twice", 65536, ERR_HTTP_PROTOCOL},
		{"/br", 65536, ERR_HTTP_PROTOCOL},
		{"/headers", 1000, ERR_HTTP_PROTOCOL},
		{"/continue", 1000, ERR_HTTP_PROTOCOL},
		{"/hang", 1000, ERR_HTTP_RETRIEVAL},
		{"/stall", 1000, ERR_HTTP_RETRIEVAL},
		{"/stall", 0, 0},
		{"/short", 1000, ERR_HTTP_PROTOCOL},
		{"/close", 1000, ERR_HTTP_CONNECTION},
		{"/noise", 1000, ERR_HTTP_PROTOCOL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int error = error_of(rows[i].path, rows[i].body_max);
		if (!CHECK_INT(error, rows[i].error))
			fprintf(stderr, "  %s: %s\n", rows[i].path, got.text);
		CHECK(got.total_ms < 1500);
	}
}

TEST(an_answer_that_is_no_http_is_told_in_words)
{
	set_up("127.0.0.1");
	ask_path("/noise");
	CHECK_TEXT(got.text, "the answer is not HTTP/1.1 or HTTP/2");
	ask_path("/short");
	CHECK_TEXT(got.text, "the body is shorter than its Content-Length");
	ask_end();
}

TEST(of_a_sound_the_type_may_be_enough)
{
	set_up("127.0.0.1");
	ask_path("/sound");
	CHECK_INT(got.error, ERR_HTTP_TOO_LARGE);
	struct http_request wanted = request_of(ask_url("/sound"));
	wanted.no_sound = true;
	ask(wanted);
	CHECK_INT(got.error, 0);
	CHECK_INT(got.status, 200);
	CHECK_TEXT(got.type, "audio/mpeg");
	CHECK_TEXT(got.body, "");
	wanted.url = ask_url("/gzip");
	ask(wanted);
	CHECK_TEXT(got.body, "hello");
	ask_end();
}

TEST(a_packed_body_arrives_unpacked)
{
	set_up("127.0.0.1");
	ask_path("/gzip");
	CHECK_TEXT(got.body, "hello");
	ask_end();
}

TEST(addresses_that_are_not_public_are_refused_in_any_spelling)
{
	static const char *const hosts[] = {
		"127.0.0.1",
		"localhost",
		"2130706433",
		"0177.0.0.1",
		"0x7f.1",
		"127.1",
		"[::1]",
		"[::ffff:127.0.0.1]",
		"[64:ff9b::7f00:1]",
		"0.0.0.0",
		"169.254.169.254",
		"[fd00::1]",
		"[2002:7f00:1::]",
		"10.0.0.1",
		"192.168.1.1",
		"172.16.0.1",
		"100.64.0.1",
		"224.0.0.1",
		"[fe80::1]",
		"[ff02::1]",
		"[::]",
		"user@127.0.0.1",
		"rebound.example",
	};
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		char url[128];
		set_up("");
		str_format(url, sizeof(url), "http://%s:%d/ok", hosts[i],
			   web_port(web));
		ask(request_of(url));
		if (!CHECK_INT(got.error, ERR_HTTP_FORBIDDEN_ADDRESS))
			fprintf(stderr, "  %s: %s\n", hosts[i], got.text);
		CHECK(strstr(got.text, "VOXBUS_HTTP_ALLOW"));
		CHECK_INT(web_connections(web), 0);
		ask_end();
	}
}

TEST(names_and_ports_that_lead_nowhere_are_told_apart)
{
	set_up("127.0.0.0/8");
	ask(request_of("http://127.0.0.1:1/"));
	CHECK_INT(got.error, ERR_HTTP_CONNECTION);
	set_dns("none");
	ask(request_of("http://nowhere.example/"));
	CHECK_INT(got.error, ERR_HTTP_HOST);
	struct http_request wanted = request_of(ask_url("/"));
	char url[128];
	str_format(url, sizeof(url), "https://127.0.0.1:%d/", web_port(web));
	wanted.url = url;
	set_dns("127.0.0.1");
	ask(wanted);
	CHECK_INT(got.error, ERR_HTTP_TLS);
	ask(request_of("no url"));
	CHECK_INT(got.error, ERR_URL_INVALID);
	CHECK(strstr(got.text, "no absolute http or https URL"));
	ask_end();
}

TEST(a_name_server_that_hangs_does_not_block_the_loop)
{
	set_up("127.0.0.0/8");
	if (pipe(dns_pipe) < 0)
		abort();
	set_dns(NULL);
	struct http_request wanted = request_of("http://slow.example/");
	wanted.total_ms = 200;
	int64_t before = clock_mono_ms();
	ask(wanted);
	CHECK_INT(got.error, ERR_HTTP_HOST);
	CHECK(clock_mono_ms() - before < 1000);
	before = clock_mono_ms();
	ask_end();
	CHECK(clock_mono_ms() - before < 1000);
	if (write(dns_pipe[1], "", 1) != 1)
		abort();
}

TEST(a_cancelled_transfer_says_nothing)
{
	set_up("127.0.0.1");
	struct http_request wanted = request_of(ask_url("/hang"));
	struct http_transfer *one = http_start(http, &wanted, ask_done, NULL);
	wanted.url = "no url";
	struct http_transfer *two = http_start(http, &wanted, ask_done, NULL);
	for (unsigned i = 0; i < 10; i++)
		if (i == 0)
			http_cancel(two);
		else
			loop_turn(loop, 5);
	http_cancel(one);
	CHECK_INT(http_count(http), 0);
	CHECK_INT(got.times, 0);
	ask_path("/ok");
	CHECK_INT(got.error, 0);
	ask_end();
}

TEST_MAIN()
