/*
 * httpd_test.c - requests over loopback and what is answered, as clients and
 * strangers send them.
 */
#include "lib/runtime/httpd_ask_test.h"

#include <stdlib.h>

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

static const struct httpd_route routes[] = {
	{"GET", "/echo", on_echo},  {"POST", "/echo", on_echo},
	{NULL, "/tree/*", on_echo}, {"POST", "/made", on_made},
	{"GET", "/file", on_file},  {0},
};

TEST(a_request_reaches_its_route_with_all_that_belongs_to_it)
{
	start(routes);
	ask("GET /echo?q=a%20b&q=c HTTP/1.1\r\n" HOST "X-Word: w\r\n\r\n",
	    "GET /echo q=a b x=w user=- password=- peer=127.0.0.1 body=0:");
	ask("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	    "body=5:hello");
	end();
}

TEST(fields_of_a_form_are_found_and_those_of_other_bodies_are_not)
{
	start(routes);
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
	start(routes);
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
	start(routes);
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
	start(routes);
	ask("DELETE /tree/a/b HTTP/1.1\r\n" HOST "\r\n", "DELETE /tree/a/b");
	ask("GET /tre HTTP/1.1\r\n" HOST "\r\n", "404 Not Found");
	end();
}

TEST(an_unknown_path_is_404_and_a_wrong_method_405_in_json)
{
	start(routes);
	ask("GET /nothing HTTP/1.1\r\n" HOST "\r\n",
	    "{\"code\":20404,\"message\":\"The requested resource was not "
	    "found\",");
	ask("PUT /echo HTTP/1.1\r\n" HOST "\r\n", "\"code\":20004");
	ask("PUT /echo HTTP/1.1\r\n" HOST "\r\n", "405 Method Not Allowed");
	end();
}

TEST(head_is_answered_like_get_without_the_body)
{
	start(routes);
	ask("HEAD /echo HTTP/1.1\r\n" HOST "\r\n", "Content-Length: ");
	end();
}

#define FILE_REQUEST "GET /file HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"

TEST(an_answer_may_be_a_file)
{
	struct buf answer = BUF_INIT(1 << 20);
	char *body;
	int fd;

	start(routes);
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
	start(routes);
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
	start(routes);
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
	start(routes);
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

TEST(what_is_no_http_is_refused)
{
	start(routes);
	ask("\x16\x03\x01 rubbish\r\n\r\n", "400 Bad Request");
	end();
}

TEST(a_port_that_is_taken_is_told_by_errno)
{
	start(routes);
	CHECK(!httpd_new(loop, "127.0.0.1", httpd_port(httpd), routes, NULL));
	CHECK_INT(errno, EADDRINUSE);
	CHECK(!httpd_new(loop, "not an address", 0, routes, NULL));
	CHECK_INT(errno, EADDRNOTAVAIL);
	end();
}

TEST_MAIN()
