/*
 * recorded_test.c - what of an HTTP exchange people may read.
 */
#include "lib/http/recorded.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"

#include <string.h>

static void check_line(const char *line, const char *recorded)
{
	struct buf to = BUF_INIT(RECORDED_HEADERS_MAX);
	recorded_header(&to, line, strlen(line));
	CHECK_TEXT(buf_text(&to), recorded);
	buf_free(&to);
}

TEST(a_header_is_recorded_as_it_came)
{
	check_line("Server: nginx\r\n", "Server: nginx\n");
	check_line("X-Empty:\r\n", "X-Empty: \n");
	check_line("Location:  http://a/b?c=d:e \r\n",
		   "Location: http://a/b?c=d:e\n");
	check_line("WWW-Authenticate: Basic realm=\"x\"\r\n",
		   "WWW-Authenticate: Basic realm=\"x\"\n");
	check_line("I-Twilio-Idempotency-Token: HK1",
		   "I-Twilio-Idempotency-Token: HK1\n");
	check_line("X-Voxbus-Signed-Url: https://app/voice?a=b\r\n",
		   "X-Voxbus-Signed-Url: https://app/voice?a=b\n");
}

TEST(what_may_be_a_secret_keeps_its_name_only)
{
	check_line("Set-Cookie: session=abc; HttpOnly\r\n",
		   "Set-Cookie: ***\n");
	check_line("cookie: session=abc\r\n", "cookie: ***\n");
	check_line("AUTHORIZATION: Basic YTpi\r\n", "AUTHORIZATION: ***\n");
	check_line("Proxy-Authorization: x\r\n", "Proxy-Authorization: ***\n");
	check_line("X-Twilio-Signature: abc=\r\n", "X-Twilio-Signature: ***\n");
	check_line("X-Amz-Security-Token: x\r\n",
		   "X-Amz-Security-Token: ***\n");
	check_line("X-API-Key: x\r\n", "X-API-Key: ***\n");
	check_line("X-Session-Id: x\r\n", "X-Session-Id: ***\n");
	check_line("X-Amz-Signed-Url: https://s3/?X-Amz-Signature=x\r\n",
		   "X-Amz-Signed-Url: ***\n");
}

TEST(what_is_no_header_is_left_out)
{
	check_line("HTTP/1.1 200 OK\r\n", "");
	check_line("\r\n", "");
	check_line(": nameless\r\n", "");
	check_line("two words: x\r\n", "");
	check_line("na\x01me: x\r\n", "");
}

TEST(a_value_is_bounded_and_printable)
{
	char line[600] = "X-Long: ", wanted[600] = "X-Long: ";
	check_line("X-Odd: a\x1b[2Jb\xc3\xa9\r\n", "X-Odd: a?[2Jb??\n");
	memset(line + 8, 'v', 500);
	memset(wanted + 8, 'v', RECORDED_VALUE_MAX - 3);
	memcpy(wanted + 8 + RECORDED_VALUE_MAX - 3, "...\n", 5);
	check_line(line, wanted);
}

TEST(headers_that_no_longer_fit_are_left_out_whole)
{
	struct buf to = BUF_INIT(20);
	recorded_header(&to, "A: 1234567\r\n", 12);
	recorded_header(&to, "B: 1234567890\r\n", 15);
	recorded_header(&to, "C: 1\r\n", 6);
	CHECK_TEXT(buf_text(&to), "A: 1234567\nC: 1\n");
	buf_free(&to);
}

TEST(an_excerpt_is_bounded_text)
{
	struct buf to = BUF_INIT(8);
	recorded_excerpt(&to, "a\0\xff", 3);
	recorded_excerpt(&to, "\xc3\xa9xy\xc3\xa9", 6);
	recorded_excerpt(&to, "more", 4);
	recorded_text(&to);
	CHECK_TEXT(buf_text(&to), "a??\xc3\xa9xy");
	buf_free(&to);
}

TEST_MAIN()
