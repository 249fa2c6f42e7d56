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

static const char *stamp(struct sign_stamp stamp)
{
	static char text[SIGN_STAMPED_BYTES];
	sign_stamped(&stamp, text);
	return text;
}

/* As openssl dgst -sha256 -hmac computes them. */
TEST(a_stamp_is_an_hmac_over_time_method_url_and_body)
{
	struct sign_stamp form = {.key = KEY,
				  .time_s = 1700000000,
				  .method = "POST",
				  .url = "https://a.example/v?x=1",
				  .body = "CallSid=CA1"};
	CHECK_TEXT(stamp(form), "t=1700000000,v1="
				"a44e1df7550c469317ffe7b72bb9694d3c6bd83b81bf18"
				"4dcbb2d51abcd9395a");
	form.second_key = "next";
	CHECK_TEXT(stamp(form), "t=1700000000,v1="
				"a44e1df7550c469317ffe7b72bb9694d3c6bd83b81bf18"
				"4dcbb2d51abcd9395a"
				",v1="
				"8b02cbab4c8204426600d15f7151f45bb692346fef96f7"
				"9b476598bfbfa4a9e7");
}

TEST(whatever_a_stamp_covers_changes_it)
{
	const struct sign_stamp was = {.key = KEY,
				       .time_s = 1700000000,
				       .method = "POST",
				       .url = "https://a/",
				       .body = "a=b"};
	struct sign_stamp other[] = {was, was, was, was, was};
	char before[SIGN_STAMPED_BYTES];
	sign_stamped(&was, before);
	other[0].time_s++;
	other[1].method = "GET";
	other[2].url = "https://a/b";
	other[3].body = "a=c";
	other[4].key = "k";
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		CHECK(strcmp(before + 12, stamp(other[i]) + 12) != 0);
}

TEST_MAIN()
