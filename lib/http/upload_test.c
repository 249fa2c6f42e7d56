/*
 * upload_test.c - a file put into a store, which looks at it and at who it says
 * that it comes from.
 */
#include "lib/http/ask_test.h"

#include <stdlib.h>
#include <unistd.h>

static const char *answer;

static void on_request(void *owner, struct web_peer *peer, const char *text)
{
	(void)owner;
	str_copy(request, sizeof(request), text);
	web_answer(peer, answer, "Location: /elsewhere\r\n", "");
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
	struct http_upload upload = {.fd = file_of(body),
				     .size = strlen(body),
				     .content_type = "audio/wav",
				     .region = region,
				     .key = "AKIDEXAMPLE",
				     .secret = "wJalrXUtnFEMI"};

	ask_begin("127.0.0.0/8", on_request);
	ask((struct http_request){.url = ask_url("/bucket/a.wav"),
				  .connect_ms = 1000,
				  .total_ms = 5000,
				  .redirects_max = 3,
				  .upload = &upload});
	ask_end();
	close(upload.fd);
}

TEST(a_file_is_put_with_its_length_and_type)
{
	answer = "200 OK";
	put("RIFF and so on", NULL);
	CHECK_INT(got.error, 0);
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
	CHECK_INT(got.status, 403);
	CHECK(got.error != 0);
	answer = "307 Temporary Redirect";
	put("RIFF", "eu-central-1");
	CHECK_INT(got.status, 307);
	CHECK(got.error != 0);
	CHECK_INT(got.redirects, 0);
}

TEST_MAIN()
