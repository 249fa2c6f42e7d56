/*
 * upload_test.c - a file put into a store, which looks at it and at who it says
 * that it comes from.
 */
#include "lib/http/http.h"

#include "lib/base/str.h"
#include "lib/runtime/cidr.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"
#include "lib/test/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct loop *loop;
static struct http *http;
static struct cidrs *allow;
static struct web *web;
static char request[8192];
static const char *answer;
static unsigned done;
static struct http_result last;

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	(void)owner;
	str_copy(request, sizeof(request), text);
	web_answer(peer, answer, "Location: /elsewhere\r\n", "");
}

static void on_done(void *owner, const struct http_result *result)
{
	(void)owner;
	last = *result;
	done++;
}

static int file_of(const char *text)
{
	char path[] = "/tmp/voxbus-upload-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	if (write(fd, text, strlen(text)) < 0)
		abort();
	return fd;
}

static void put(const char *body, const char *region)
{
	char url[128], error[160];
	struct http_upload upload = {.fd = file_of(body),
				     .size = strlen(body),
				     .content_type = "audio/wav",
				     .region = region,
				     .key = "AKIDEXAMPLE",
				     .secret = "wJalrXUtnFEMI"};
	struct http_request wanted = {.url = url,
				      .connect_ms = 1000,
				      .total_ms = 5000,
				      .redirects_max = 3,
				      .upload = &upload};

	loop = loop_new();
	web = web_new(loop, on_request, NULL);
	allow = cidrs_parse("127.0.0.0/8", error);
	http = http_new(loop, allow);
	str_format(url, sizeof(url), "http://127.0.0.1:%d/bucket/a.wav",
		   web_port(web));
	done = 0;
	http_start(http, &wanted, on_done, NULL);
	while (!done)
		loop_turn(loop, 1000);
	http = http_free(http);
	web = web_free(web);
	allow = cidrs_free(allow);
	loop = loop_free(loop);
	close(upload.fd);
}

TEST(a_file_is_put_with_its_length_and_type)
{
	answer = "200 OK";
	put("RIFF and so on", NULL);
	CHECK_INT(last.error, 0);
	CHECK(strncmp(request, "PUT /bucket/a.wav HTTP/1.1\r\n", 28) == 0);
	CHECK(strstr(request, "\r\nContent-Length: 14\r\n") != NULL);
	CHECK(strstr(request, "\r\nContent-Type: audio/wav\r\n") != NULL);
	CHECK(strstr(request, "\r\n\r\nRIFF and so on") != NULL);
	CHECK(strstr(request, "Authorization") == NULL);
}

TEST(a_store_is_told_who_puts_it_there_without_the_secret)
{
	answer = "200 OK";
	put("RIFF", "eu-central-1");
	CHECK(strstr(request, "\r\nAuthorization: AWS4-HMAC-SHA256 "
			      "Credential=AKIDEXAMPLE/") != NULL);
	CHECK(strstr(request, "/eu-central-1/s3/aws4_request, "
			      "SignedHeaders=") != NULL);
	/* Nothing is signed that is not sent. */
	CHECK(strstr(request, "expect") == NULL);
	CHECK(strstr(request, "x-amz-content-sha256: UNSIGNED-PAYLOAD") !=
	      NULL);
	CHECK(strstr(request, "wJalrXUtnFEMI") == NULL);
}

TEST(a_store_that_refuses_or_sends_elsewhere_is_an_error)
{
	answer = "403 Forbidden";
	put("RIFF", "eu-central-1");
	CHECK_INT(last.status, 403);
	CHECK(last.error != 0);
	answer = "307 Temporary Redirect";
	put("RIFF", "eu-central-1");
	CHECK_INT(last.status, 307);
	CHECK(last.error != 0);
	CHECK_INT(last.redirects, 0);
}

TEST_MAIN()
