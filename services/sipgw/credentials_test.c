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
	struct credentials who = {"Mufasa", "Circle Of Life", "GET",
				  "/dir/index.html", "0a4f113b"};
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
		"Mufasa", "Circle of Life", "GET", "/dir/index.html",
		"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(strstr(to, "response=\"753927fa0e85d155564e2e272a28d180"
			 "2ca10daf4496794697cf8db5856cb6c1\""));
}

TEST(without_qop_there_is_no_count)
{
	struct challenge challenge = {.realm = "r", .nonce = "n"};
	struct credentials who = {"u", "p", "INVITE", "sip:a@b", "c"};
	CHECK(credentials_make(&challenge, &who, to));
	CHECK(!strstr(to, "nc="));
	CHECK(!strstr(to, "qop="));
}

TEST(what_cannot_be_answered_has_no_rank)
{
	CHECK_INT(credentials_rank(&(struct challenge){.realm = "r"}), 0);
	CHECK_INT(credentials_rank(&(struct challenge){
			  .realm = "r", .nonce = "n", .algorithm = "MD5-sess"}),
		  0);
	CHECK_INT(credentials_rank(&(struct challenge){
			  .realm = "r", .nonce = "n", .qop = "auth-int"}),
		  0);
	CHECK_INT(credentials_rank(
			  &(struct challenge){.realm = "r\"x", .nonce = "n"}),
		  0);
	CHECK(credentials_rank(&(struct challenge){
		      .realm = "r", .nonce = "n", .algorithm = "SHA-256"}) >
	      credentials_rank(
		      &(struct challenge){.realm = "r", .nonce = "n"}));
}

TEST(a_user_name_with_a_quote_is_refused)
{
	struct challenge challenge = {.realm = "r", .nonce = "n"};
	struct credentials who = {"u\"x", "p", "INVITE", "sip:a@b", "c"};
	CHECK(!credentials_make(&challenge, &who, to));
}

TEST_MAIN()
