/*
 * credentials_test.c - the examples of RFC 2617 3.5 and RFC 7616 3.9.1.
 */
#include "services/sipgw/credentials.h"

#include "lib/test/test.h"

#include <string.h>

static char to[CREDENTIALS_BYTES];

TEST(the_example_of_rfc_2617_comes_out)
{
	struct challenge challenge = {
		.realm = "testrealm@host.com",
		.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
		.opaque = "5ccc069c403ebaf9f0171e9517f40e41",
		.qop = "auth,auth-int",
	};
	struct credentials who = {"Mufasa",   "Circle Of Life",
				  "GET",      "/dir/index.html",
				  "0a4f113b", NULL,
				  0};
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(strstr(to, "response=\"6629fae49393a05397450978507c4ef1\""));
	CHECK(strstr(to, "nc=00000001"));
	CHECK(strstr(to, "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""));
}

TEST(the_example_of_rfc_7616_comes_out)
{
	struct challenge challenge = {
		.realm = "http-auth@example.org",
		.nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
		.algorithm = "SHA-256",
		.qop = "auth, auth-int",
	};
	struct credentials who = {
		"Mufasa",
		"Circle of Life",
		"GET",
		"/dir/index.html",
		"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		NULL,
		0};
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(strstr(to, "response=\"753927fa0e85d155564e2e272a28d180"
			 "2ca10daf4496794697cf8db5856cb6c1\""));
}

TEST(without_qop_there_is_no_count)
{
	struct challenge challenge = {.realm = "r", .nonce = "n"};
	struct credentials who = {"u", "p", "INVITE", "sip:a@b", "c", NULL, 0};
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(!strstr(to, "nc="));
	CHECK(!strstr(to, "qop="));
}

TEST(what_cannot_be_answered_has_no_rank)
{
	const struct challenge bad[] = {
		{.realm = "r"},
		{.nonce = "n"},
		{.realm = "r", .nonce = "n", .algorithm = "SHA-1"},
		{.realm = "r", .nonce = "n", .algorithm = "MD5-sess"},
		{.realm = "r", .nonce = "n", .qop = "token"},
		{.realm = "r\"x", .nonce = "n"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(credentials_rank(&bad[i]), 0);
}

TEST(a_stronger_algorithm_is_better)
{
	static const char *const names[] = {
		NULL, "MD5-sess", "SHA-256", "sha-256-SESS", "SHA-512-256",
	};
	int before = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int rank = credentials_rank(
			&(struct challenge){.realm = "r",
					    .nonce = "n",
					    .algorithm = names[i],
					    .qop = "auth"});
		CHECK(rank > before);
		before = rank;
	}
}

TEST(auth_int_covers_the_body_and_auth_is_enough_where_it_is_offered)
{
	struct challenge challenge = {
		.realm = "r", .nonce = "n", .qop = "auth-int"};
	struct credentials who = {"u",       "p", "INVITE",
				  "sip:a@b", "c", .body = "v=0"};
	char other[CREDENTIALS_BYTES];
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(strstr(to, "qop=auth-int"));
	who.body = "v=1";
	CHECK(credentials_make(&challenge, &who, other));
	CHECK(strcmp(to, other) != 0);
	challenge.qop = "auth-int,auth";
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(strstr(to, "qop=auth,"));
}

/* By md5sum(1): H(H(H(u:r:p):n:c):n:00000002:c:auth:H(BYE:sip:a@b)). */
TEST(a_session_key_holds_both_nonces_and_the_count_goes_on)
{
	struct challenge challenge = {.realm = "r",
				      .nonce = "n",
				      .algorithm = "MD5-sess",
				      .qop = "auth"};
	struct credentials who = {"u", "p", "BYE", "sip:a@b", "c", .count = 2};
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(strstr(to, "nc=00000002"));
	CHECK(strstr(to, "response=\"e0bc111b1b0cd6f92246cc641ee70e14\""));
}

TEST(what_should_have_been_answered_is_what_was)
{
	struct claim claim = {.algorithm = "SHA-256",
			      .nonce = "n",
			      .count = "00000001",
			      .client_nonce = "c",
			      .qop = "auth",
			      .method = "INVITE",
			      .uri = "sip:a@b"};
	struct challenge challenge = {.realm = "r",
				      .nonce = "n",
				      .algorithm = "SHA-256",
				      .qop = "auth"};
	struct credentials who = {"u", "p", "INVITE", "sip:a@b", "c", NULL, 0};
	char response[CREDENTIALS_HEX_BYTES];
	/* sha256 of u:r:p */
	CHECK(credentials_response("dcb021102e491e701a4a236daa8923af2161447bce7"
				   "bb7260a351ee83e9f8154",
				   &claim, response));
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(strstr(to, response));
	claim.qop = "token";
	CHECK(!credentials_response("00", &claim, response));
}

TEST(a_user_name_with_a_quote_is_refused)
{
	struct challenge challenge = {.realm = "r", .nonce = "n"};
	struct credentials who = {"u\"x", "p",  "INVITE", "sip:a@b",
				  "c",    NULL, 0};
	CHECK(!credentials_make(&challenge, &who, to));
}

TEST_MAIN()
