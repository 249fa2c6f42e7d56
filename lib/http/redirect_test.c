/*
 * redirect_test.c - where the client lets itself be led, and what goes along.
 */
#include "lib/http/acts_test.h"

static void redirect(struct web_peer *peer, const char *status,
		     const char *location)
{
	char header[256];
	str_format(header, sizeof(header), "Location: %s\r\n", location);
	web_answer(peer, status, header, "moved");
}

static void act_again(struct web_peer *peer, const char *path)
{
	char status[32];
	str_format(status, sizeof(status), "%.3s Moved", path + 7);
	redirect(peer, status, "/ok");
}

static void act_circle(struct web_peer *peer, const char *path)
{
	(void)path;
	redirect(peer, "302 Found", "/circle");
}

static void act_away(struct web_peer *peer, const char *path)
{
	(void)path;
	redirect(peer, "302 Found", "http://127.0.0.2:1/ok");
}

static void act_file(struct web_peer *peer, const char *path)
{
	(void)path;
	redirect(peer, "302 Found", "file:///etc/passwd");
}

static void act_nowhere(struct web_peer *peer, const char *path)
{
	(void)path;
	web_answer(peer, "302 Found", "", "");
}

static void act_other(struct web_peer *peer, const char *path)
{
	char location[64];
	(void)path;
	str_format(location, sizeof(location), "http://localhost:%d/ok",
		   web_port(web));
	redirect(peer, "307 Other", location);
}

static const struct act table[] = {
	{"/again/", act_again},
	{"/circle", act_circle},
	{"/away", act_away},
	{"/file", act_file},
	{"/nowhere", act_nowhere},
	{"/other", act_other},
	{"/", act_ok},
};

TEST(redirects_repeat_method_and_parameters)
{
	static const char *const paths[] = {"/again/301", "/again/302",
					    "/again/307", "/again/308"};
	begin("127.0.0.1", table);
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
	begin("127.0.0.1", table);
	struct http_request wanted = request_of(ask_url("/again/302"));
	wanted.method = HTTP_GET;
	ask(wanted);
	CHECK(str_starts(requests[1], "GET /ok?CallSid=CA1&To="));
	ask_end();
}

TEST(a_303_becomes_a_get_without_parameters)
{
	begin("127.0.0.1", table);
	ask_path("/again/303");
	CHECK_INT(got.error, 0);
	CHECK(str_starts(requests[1], "GET /ok HTTP/1.1\r\n"));
	CHECK(!strstr(requests[1], "CallSid"));
	ask_end();
}

TEST(redirects_have_a_limit)
{
	begin("127.0.0.1", table);
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
	begin("127.0.0.1", table);
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
	begin("127.0.0.1", table);
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

TEST_MAIN()
