/*
 * sign_test.c - the vectors that npm's twilio computes, and the rules around
 * them.
 */
#include "lib/http/sign.h"

#include "lib/test/test.h"
#include "proto/proto.h"

#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef"

static char got[SIGN_BYTES];

static const char *sign(const char *url, const struct param *params,
			size_t count)
{
	sign_request(KEY, url, params, count, got);
	return got;
}

TEST(a_form_is_signed_in_the_byte_order_of_its_names)
{
	struct param params[] = {{"From", "alice"},
				 {"To", "sip:bob@example.com"},
				 {"CallSid", "CA1"},
				 {"CallStatus", "ringing"}};
	CHECK_TEXT(sign("https://app.example.com/voice?x=1&y=a%20b", params, 4),
		   "fzzhmaVbqgZSy6PW1iMQGzkXO2w=");
}

TEST(a_get_is_signed_by_its_url_alone)
{
	CHECK_TEXT(sign("https://app.example.com/voice?CallSid=CA1&From=alice",
			NULL, 0),
		   "DVejOU69cclb2cEKYu+y3cKxI5g=");
}

TEST(a_repeated_name_is_signed_with_each_value_once)
{
	struct param params[] = {{"StatusCallbackEvent", "ringing"},
				 {"StatusCallbackEvent", "answered"},
				 {"StatusCallbackEvent", "ringing"},
				 {"A", NULL}};
	CHECK_TEXT(sign("http://app.example.com:8080/cb", params, 4),
		   "+R9AT4WhvJijnwTQA4PRHxUZhpw=");
}

TEST(a_json_body_is_signed_by_its_hash_in_the_url)
{
	CHECK_TEXT(sign("https://app.example.com/json?bodySHA256="
			"015abd7f5cc57a2dd94b7590f04ad808"
			"4273905ee33ec5cebeae62276a97f862",
			NULL, 0),
		   "jsEFYeGj/tkgavJHmhfhT+KFfQE=");
}

TEST(a_changed_value_changes_the_signature)
{
	struct param params[] = {{"CallSid", "CA1"}};
	char before[SIGN_BYTES];
	sign_request(KEY, "http://a/", params, 1, before);
	params[0].value = "CA2";
	CHECK(strcmp(before, sign("http://a/", params, 1)) != 0);
}

TEST_MAIN()
