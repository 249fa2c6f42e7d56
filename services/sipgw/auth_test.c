/*
 * auth_test.c - challenges of a callee and its proxies, as they come in
 * responses.
 */
#include "services/sipgw/auth.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>

static msg_t *msg;
static struct buf lines = BUF_INIT(16384);

static bool challenge(struct auth *auth, int status, const char *headers)
{
	char text[4096];
	str_format(text, sizeof(text),
		   "SIP/2.0 %d No\r\n"
		   "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
		   "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
		   "Call-ID: x\r\nCSeq: 1 INVITE\r\n%s"
		   "Content-Length: 0\r\n\r\n",
		   status, headers);
	msg = msg_make(sip_default_mclass(), 0, text, (ssize_t)strlen(text));
	bool again = auth_challenged(auth, sip_object(msg));
	msg_destroy(msg);
	return again;
}

static const char *answer(struct auth *auth)
{
	buf_free(&lines);
	auth_lines(auth, "INVITE", "sip:c@d", "v=0", &lines);
	return buf_text(&lines);
}

static int count(const char *text, const char *word)
{
	int found = 0;
	for (; (text = strstr(text, word)); text++)
		found++;
	return found;
}

TEST(without_a_user_there_is_nothing_to_answer_with)
{
	CHECK(!auth_new("", "x"));
	CHECK(!challenge(
		NULL, 401,
		"WWW-Authenticate: Digest realm=\"r\",nonce=\"n\"\r\n"));
	CHECK_TEXT(answer(NULL), "");
}

TEST(the_best_of_several_algorithms_is_answered_once)
{
	struct auth *auth = auth_new("u", "p");
	CHECK(challenge(auth, 401,
			"WWW-Authenticate: Digest realm=\"r\",nonce=\"1\"\r\n"
			"WWW-Authenticate: Digest realm=\"r\",nonce=\"2\","
			"algorithm=SHA-256,qop=\"auth\",opaque=\"o\"\r\n"
			"WWW-Authenticate: Digest realm=\"r\",nonce=\"3\","
			"algorithm=NEW\r\n"));
	CHECK_INT(count(answer(auth), "Authorization:"), 1);
	CHECK(strstr(buf_text(&lines), "algorithm=SHA-256"));
	CHECK(strstr(buf_text(&lines), "opaque=\"o\""));
	auth_free(auth);
}

TEST(a_second_challenge_of_the_same_realm_is_a_wrong_password)
{
	static const char header[] =
		"WWW-Authenticate: Digest realm=\"r\",nonce=\"1\"\r\n";
	struct auth *auth = auth_new("u", "p");
	CHECK(challenge(auth, 401, header));
	CHECK(!challenge(auth, 401, header));
	auth_begin(auth); /* another request is another matter */
	CHECK(challenge(auth, 401, header));
	CHECK(!challenge(auth, 401, header));
	auth_free(auth);
}

TEST(a_stale_nonce_is_replaced_but_not_for_ever)
{
	struct auth *auth = auth_new("u", "p");
	int rounds = 0;
	while (challenge(auth, 401,
			 "WWW-Authenticate: Digest realm=\"r\",nonce=\"1\","
			 "stale=TRUE\r\n"))
		rounds++;
	CHECK_INT(rounds, AUTH_ROUNDS_MAX);
	auth_free(auth);
}

TEST(proxy_and_callee_are_answered_at_once)
{
	struct auth *auth = auth_new("u", "p");
	CHECK(challenge(
		auth, 407,
		"Proxy-Authenticate: Digest realm=\"p\",nonce=\"1\"\r\n"
		"WWW-Authenticate: Digest realm=\"r\",nonce=\"2\"\r\n"));
	CHECK_INT(count(answer(auth), "Proxy-Authorization:"), 1);
	CHECK_INT(count(buf_text(&lines), "uthorization:"), 2);
	/* The callee behind it comes later, and the proxy's answer stays. */
	CHECK(challenge(
		auth, 401,
		"WWW-Authenticate: Digest realm=\"s\",nonce=\"3\"\r\n"));
	CHECK_INT(count(answer(auth), "uthorization:"), 3);
	auth_free(auth);
}

TEST(each_request_counts_its_nonce)
{
	struct auth *auth = auth_new("u", "p");
	CHECK(challenge(auth, 401,
			"WWW-Authenticate: Digest realm=\"r\",nonce=\"1\","
			"qop=\"auth,auth-int\"\r\n"));
	CHECK(strstr(answer(auth), "nc=00000001"));
	CHECK(strstr(answer(auth), "nc=00000002"));
	auth_free(auth);
}

TEST(what_is_no_digest_is_not_answered)
{
	struct auth *auth = auth_new("u", "p");
	CHECK(!challenge(auth, 401, ""));
	CHECK(!challenge(auth, 401, "WWW-Authenticate: Basic realm=\"r\"\r\n"));
	CHECK(!challenge(auth, 401,
			 "WWW-Authenticate: Digest realm=\"r\",nonce=\"1\","
			 "algorithm=SHA-1\r\n"));
	CHECK_TEXT(answer(auth), "");
	auth_free(auth);
}

TEST_MAIN()
