/*
 * httpd_late_test.c - answers that come after their handler has returned.
 */
#include "lib/runtime/httpd_ask_test.h"

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

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
	{"POST", "/late", on_late},
	{"POST", "/at-once", on_at_once},
	{"GET", "/echo", on_echo},
	{0},
};

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
	start(routes);
	for (unsigned i = 0; i < 2; i++) {
		struct buf answer = BUF_INIT(1 << 17);
		int fd = ask_late();
		ask("GET /echo HTTP/1.1\r\n" HOST "\r\n", "GET /echo");
		turns(50); /* until nothing else happens */
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
	start(routes);
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
	start(routes);
	close(ask_late());
	turns(20);
	answer_late("nobody");
	turns(20);
	int fd = ask_late();
	waiting = NULL;
	end();
	close(fd);
}

TEST_MAIN()
