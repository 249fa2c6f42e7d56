/*
 * httpd_test.c - requests over loopback, as clients and strangers send them.
 */
#include "lib/runtime/httpd.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY_CONNECTIONS 300
#define ONE_ADDRESS_MAX 64
#define PATIENCE_MS 1000 /* of an honest client, while others crowd */

static struct loop *loop;
static struct httpd *httpd;

static void on_echo(void *owner, const struct httpd_request *request,
		    struct httpd_answer *answer)
{
	struct buf text = BUF_INIT(1 << 17);
	const char *q = httpd_query(request, "q");
	const char *x = httpd_header(request, "X-Word");
	CHECK_TEXT(owner, "owner");
	buf_addf(&text, "%s %s q=%s x=%s user=%s password=%s peer=%s body=%zu:",
		 request->method, request->path, q ? q : "-", x ? x : "-",
		 request->user ? request->user : "-",
		 request->password ? request->password : "-", request->peer,
		 request->body_size);
	buf_add(&text, request->body,
		request->body_size < 100 ? request->body_size : 100);
	httpd_text(answer, 200, "text/plain", buf_text(&text));
	buf_free(&text);
}

static void on_made(void *owner, const struct httpd_request *request,
		    struct httpd_answer *answer)
{
	(void)owner, (void)request;
	answer->status = 201;
	answer->extra_name = "Location";
	answer->extra_value = "/here";
}

#define FILE_BYTES 300000

/* A file that was deleted already: its descriptor is all that is left. */
static void on_file(void *owner, const struct httpd_request *request,
		    struct httpd_answer *answer)
{
	char path[] = "/tmp/voxbus-httpd-XXXXXX";
	int fd = mkstemp(path);
	char line[11] = "0123456789";

	(void)owner, (void)request;
	unlink(path);
	for (int i = 0; i < FILE_BYTES / 10; i++)
		if (write(fd, line, 10) != 10)
			abort();
	answer->type = "audio/wav";
	answer->file = fd;
	answer->file_size = FILE_BYTES;
}

static struct httpd_late *waiting;

static void on_late(void *owner, const struct httpd_request *request,
		    struct httpd_answer *answer)
{
	(void)owner;
	waiting = httpd_late(request, answer);
}

static void answer_late(const char *text)
{
	struct httpd_answer answer = {0};
	httpd_text(&answer, 201, "text/plain", text);
	httpd_late_answer(waiting, &answer);
	waiting = NULL;
}

static void on_at_once(void *owner, const struct httpd_request *request,
		       struct httpd_answer *answer)
{
	on_late(owner, request, answer);
	answer_late(httpd_field(request, "q", 1) ? httpd_field(request, "q", 1)
						 : "none");
}

static const struct httpd_route routes[] = {
	{"POST", "/late", on_late}, {"POST", "/at-once", on_at_once},
	{"GET", "/echo", on_echo},  {"POST", "/echo", on_echo},
	{NULL, "/tree/*", on_echo}, {"POST", "/made", on_made},
	{"GET", "/file", on_file},  {0},
};

static void start(void)
{
	loop = loop_new();
	httpd = httpd_new(loop, "127.0.0.1", 0, routes, "owner");
	CHECK(httpd && httpd_port(httpd) > 0);
}

static void end(void)
{
	httpd = httpd_free(httpd);
	loop = loop_free(loop);
}

/* From 127.0.0.'last', which is this machine's own whatever it is. */
static int connect_from(unsigned last, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(0x7f000000 + last)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

static int connect_to(int port)
{
	return connect_from(1, port);
}

static void write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t sent =
			send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0) {
			data += sent;
			size -= (size_t)sent;
		} else if (errno != EAGAIN) {
			return;
		}
		loop_turn(loop, 1);
	}
}

/* Reads until 'words' came, the other side closed, or two seconds passed. */
static void read_until(int fd, const char *words, struct buf *answer)
{
	char piece[4096];
	for (unsigned turns = 0; turns < 2000; turns++) {
		loop_turn(loop, 1);
		ssize_t got = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (got > 0)
			buf_add(answer, piece, (size_t)got);
		if (got == 0 || strstr(buf_text(answer), words))
			return;
	}
}

/* One request on a connection of its own; the answer must hold 'words'. */
static void ask(const char *request, const char *words)
{
	struct buf answer = BUF_INIT(1 << 17);
	int fd = connect_to(httpd_port(httpd));
	write_all(fd, request, strlen(request));
	read_until(fd, words, &answer);
	if (!CHECK(strstr(buf_text(&answer), words) != NULL))
		CHECK_TEXT(buf_text(&answer), words);
	close(fd);
	buf_free(&answer);
}

#define HOST "Host: h\r\n"

TEST(a_request_reaches_its_route_with_all_that_belongs_to_it)
{
	start();
	ask("GET /echo?q=a%20b&q=c HTTP/1.1\r\n" HOST "X-Word: w\r\n\r\n",
	    "GET /echo q=a b x=w user=- password=- peer=127.0.0.1 body=0:");
	ask("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	    "body=5:hello");
	end();
}

TEST(fields_of_a_form_are_found_and_those_of_other_bodies_are_not)
{
	start();
	ask("POST /echo HTTP/1.1\r\n" HOST
	    "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
	    "Content-Length: 9\r\n\r\na=1&q=%2B",
	    "q=+ ");
	ask("POST /echo HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\n"
	    "Content-Length: 3\r\n\r\nq=1",
	    "q=- ");
	end();
}

TEST(basic_credentials_are_split_at_the_first_colon)
{
	start();
	ask("GET /echo HTTP/1.1\r\n" HOST
	    "Authorization: Basic QUMxOnNlOmNyZXQ=\r\n\r\n",
	    "user=AC1 password=se:cret ");
	ask("GET /echo HTTP/1.1\r\n" HOST
	    "Authorization: basic QUMxOnNlOmNyZXQ=\r\n\r\n",
	    "user=AC1 password=se:cret ");
	end();
}

TEST(broken_credentials_are_none)
{
	start();
	ask("GET /echo HTTP/1.1\r\n" HOST
	    "Authorization: Basic QUMx\r\n\r\n", /* no colon */
	    "user=- ");
	ask("GET /echo HTTP/1.1\r\n" HOST "Authorization: Basic ?\r\n\r\n",
	    "user=- ");
	ask("GET /echo HTTP/1.1\r\n" HOST
	    "Authorization: Basic QQA6Qg==\r\n\r\n", /* a NUL inside */
	    "user=- ");
	ask("GET /echo HTTP/1.1\r\n" HOST
	    "Authorization: Basic QTpCAEM=\r\n\r\n", /* a NUL at the end */
	    "user=- ");
	ask("GET /echo HTTP/1.1\r\n" HOST
	    "Authorization: Bearer QUMxOnNlOmNyZXQ=\r\n\r\n",
	    "user=- ");
	end();
}

TEST(a_path_that_ends_in_a_star_takes_everything_below)
{
	start();
	ask("DELETE /tree/a/b HTTP/1.1\r\n" HOST "\r\n", "DELETE /tree/a/b");
	ask("GET /tre HTTP/1.1\r\n" HOST "\r\n", "404 Not Found");
	end();
}

TEST(an_unknown_path_is_404_and_a_wrong_method_405_in_json)
{
	start();
	ask("GET /nothing HTTP/1.1\r\n" HOST "\r\n",
	    "{\"code\":20404,\"message\":\"The requested resource was not "
	    "found\",");
	ask("PUT /echo HTTP/1.1\r\n" HOST "\r\n", "\"code\":20004");
	ask("PUT /echo HTTP/1.1\r\n" HOST "\r\n", "405 Method Not Allowed");
	end();
}

TEST(head_is_answered_like_get_without_the_body)
{
	start();
	ask("HEAD /echo HTTP/1.1\r\n" HOST "\r\n", "Content-Length: ");
	end();
}

#define FILE_REQUEST "GET /file HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"

TEST(an_answer_may_be_a_file)
{
	struct buf answer = BUF_INIT(1 << 20);
	char *body;
	int fd;

	start();
	fd = connect_to(httpd_port(httpd));
	write_all(fd, FILE_REQUEST, strlen(FILE_REQUEST));
	read_until(fd, "no such words", &answer);
	CHECK(strstr(buf_text(&answer), "Content-Length: 300000") != NULL);
	CHECK(strstr(buf_text(&answer), "Content-Type: audio/wav") != NULL);
	body = strstr(buf_text(&answer), "\r\n\r\n");
	CHECK(body && strlen(body + 4) == FILE_BYTES);
	close(fd);
	buf_free(&answer);
	end();
}

TEST(an_answer_may_have_a_header_of_its_own_and_no_body)
{
	start();
	ask("POST /made HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
	    "Location: /here");
	ask("POST /made HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
	    "201 Created");
	end();
}

static char *body_request(size_t size)
{
	struct buf request = BUF_INIT(1 << 20);
	buf_addf(&request,
		 "POST /echo HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n",
		 size);
	for (size_t i = 0; i < size; i++)
		buf_add(&request, "x", 1);
	return buf_take(&request);
}

TEST(a_body_of_64_kB_is_taken_and_one_byte_more_is_413)
{
	start();
	char *most = body_request(65536), *more = body_request(65537);
	ask(most, "body=65536:xxx");
	ask(more, "\"code\":20413");
	ask(more, "413 ");
	free(most);
	free(more);
	end();
}

TEST(requests_follow_each_other_on_one_connection)
{
	static const char request[] = "GET /echo?q=%d HTTP/1.1\r\n" HOST "\r\n";
	struct buf answer = BUF_INIT(1 << 16);
	start();
	int fd = connect_to(httpd_port(httpd));
	for (int i = 0; i < 5; i++) {
		char text[128], words[32];
		str_format(text, sizeof(text), request, i);
		str_format(words, sizeof(words), "q=%d ", i);
		write_all(fd, text, strlen(text));
		read_until(fd, words, &answer);
		CHECK(strstr(buf_text(&answer), words) != NULL);
	}
	close(fd);
	buf_free(&answer);
	end();
}

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

/* Sends what waits for an answer, and lets it wait. */
static int ask_late(void)
{
	static const char request[] =
		"POST /late HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx";
	int fd = connect_to(httpd_port(httpd));
	write_all(fd, request, strlen(request));
	for (unsigned turns = 0; turns < 2000 && !waiting; turns++)
		loop_turn(loop, 1);
	CHECK(waiting != NULL);
	return fd;
}

TEST(an_answer_may_come_later_and_the_connection_serves_on)
{
	start();
	for (unsigned i = 0; i < 2; i++) {
		struct buf answer = BUF_INIT(1 << 17);
		int fd = ask_late();
		ask("GET /echo HTTP/1.1\r\n" HOST "\r\n", "GET /echo");
		for (unsigned turns = 0; turns < 50; turns++)
			loop_turn(loop, 1); /* until nothing else happens */
		answer_late("it is done");
		read_until(fd, "it is done", &answer);
		CHECK(strstr(buf_text(&answer), " 201 ") != NULL);
		buf_clear(&answer);
		write_all(fd, "GET /echo HTTP/1.1\r\n" HOST "\r\n", 32);
		read_until(fd, "GET /echo", &answer);
		CHECK(strstr(buf_text(&answer), "GET /echo") != NULL);
		close(fd);
		buf_free(&answer);
	}
	end();
}

TEST(a_late_answer_may_be_given_while_the_handler_runs)
{
	start();
	ask("POST /at-once HTTP/1.1\r\n" HOST FORM
	    "Content-Length: 11\r\n\r\nq=a&x=1&q=b",
	    "\r\n\r\nb");
	ask("POST /at-once HTTP/1.1\r\n" HOST FORM
	    "Content-Length: 3\r\n\r\nq=a",
	    "\r\n\r\nnone");
	end();
}

TEST(a_client_that_went_away_or_an_end_leaves_no_late_answer_behind)
{
	start();
	close(ask_late());
	for (unsigned turns = 0; turns < 20; turns++)
		loop_turn(loop, 1);
	answer_late("nobody");
	for (unsigned turns = 0; turns < 20; turns++)
		loop_turn(loop, 1);
	int fd = ask_late();
	waiting = NULL;
	end();
	close(fd);
}

TEST(what_is_no_http_is_refused)
{
	start();
	ask("\x16\x03\x01 rubbish\r\n\r\n", "400 Bad Request");
	end();
}

/* --- crowds --- */

static int crowd[MANY_CONNECTIONS];

/* Connections that begin a request and leave it at that. */
static void crowd_in(unsigned first_address, unsigned addresses)
{
	static const char begun[] = "GET /echo HTTP/1.1\r\n";
	for (unsigned i = 0; i < MANY_CONNECTIONS; i++) {
		crowd[i] = connect_from(first_address + i % addresses,
					httpd_port(httpd));
		write_all(crowd[i], begun, sizeof(begun) - 1);
		loop_turn(loop, 0);
	}
}

/* How many of them the server still listens to. */
static unsigned crowd_size(void)
{
	unsigned open = 0;
	char byte;
	for (unsigned i = 0; i < 50; i++)
		loop_turn(loop, 1);
	for (unsigned i = 0; i < MANY_CONNECTIONS; i++)
		open += recv(crowd[i], &byte, 1, MSG_DONTWAIT) < 0 &&
			errno == EAGAIN;
	return open;
}

static void crowd_out(void)
{
	for (unsigned i = 0; i < MANY_CONNECTIONS; i++)
		close(crowd[i]);
	for (unsigned i = 0; i < 50; i++)
		loop_turn(loop, 1);
}

static const char one_request[] = "GET /echo HTTP/1.1\r\n" HOST "\r\n";

static void ask_in_time(void)
{
	int64_t began_ms = clock_mono_ms();
	ask(one_request, "GET /echo");
	CHECK(clock_mono_ms() - began_ms < PATIENCE_MS);
}

TEST(half_open_connections_from_one_address_do_not_keep_others_waiting)
{
	struct buf answer = BUF_INIT(1 << 16);
	start();
	int fd = connect_to(httpd_port(httpd));
	write_all(fd, one_request, strlen(one_request));
	read_until(fd, "body=", &answer);
	crowd_in(2, 1);
	ask_in_time();
	CHECK_INT(crowd_size(), ONE_ADDRESS_MAX);
	/* who was there before is still there */
	buf_clear(&answer);
	write_all(fd, one_request, strlen(one_request));
	read_until(fd, "body=", &answer);
	CHECK(strstr(buf_text(&answer), "GET /echo") != NULL);
	close(fd);
	crowd_out();
	ask_in_time();
	buf_free(&answer);
	end();
}

TEST(half_open_connections_from_many_addresses_make_room_for_newer_ones)
{
	start();
	crowd_in(2, 10);
	ask_in_time();
	CHECK(crowd_size() < 256);
	crowd_out();
	ask_in_time();
	end();
}

TEST(an_address_with_too_many_connections_loses_its_oldest_not_its_newest)
{
	start();
	crowd_in(1, 1);
	ask_in_time();
	char byte;
	CHECK_INT(recv(crowd[0], &byte, 1, MSG_DONTWAIT), 0);
	CHECK(recv(crowd[MANY_CONNECTIONS - 1], &byte, 1, MSG_DONTWAIT) < 0);
	crowd_out();
	end();
}

TEST(a_port_that_is_taken_is_told_by_errno)
{
	start();
	CHECK(!httpd_new(loop, "127.0.0.1", httpd_port(httpd), routes, NULL));
	CHECK_INT(errno, EADDRINUSE);
	CHECK(!httpd_new(loop, "not an address", 0, routes, NULL));
	CHECK_INT(errno, EADDRNOTAVAIL);
	end();
}

/* Last, since the clock stands still from here on. */
TEST(a_client_that_sends_a_byte_now_and_then_is_cut_off_after_ten_seconds)
{
	struct buf answer = BUF_INIT(1 << 16);
	int64_t now_ms = clock_mono_ms();
	clock_fake(now_ms, 0);
	start();
	int fd = connect_to(httpd_port(httpd));
	write_all(fd, "GET /echo HTTP/1.1\r\n", 20);
	for (int i = 0; i < 9; i++) {
		clock_fake(now_ms += 1000, 0);
		write_all(fd, "X", 1);
		for (int j = 0; j < 5; j++)
			loop_turn(loop, 1);
	}
	char byte;
	CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	clock_fake(now_ms += 2100, 0);
	read_until(fd, "never", &answer);
	CHECK_INT(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	close(fd);
	buf_free(&answer);
	end();
}

TEST_MAIN()
