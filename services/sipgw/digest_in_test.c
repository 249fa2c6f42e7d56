/*
 * digest_in_test.c - nonces and counts, with the clock in hand.
 */
#include "services/sipgw/digest_in.h"

#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <string.h>

#define NOW 1000000

/* Of bob:voice:sesame. */
static const struct credential_config bob = {
	.user = "bob",
	.account_sid = "AC1",
	.realm = "voice",
	.ha1_md5 = "4a7494369f748e6048d0f4ea3f55a06c",
	.ha1_sha256 = "b8bdf93658e8a7ffa074e18dd5fddb201c934277b343a60047ffe550"
		      "1da96fc7",
};

static char nonce[DIGEST_IN_NONCE_BYTES], response[CREDENTIALS_HEX_BYTES];

static struct digest_in_claim claim_of(const char *count, const char *ha1)
{
	struct digest_in_claim claim = {
		.claim = {.algorithm = "SHA-256",
			  .nonce = nonce,
			  .count = count,
			  .client_nonce = "c",
			  .qop = "auth",
			  .method = "INVITE",
			  .uri = "sip:100@127.0.0.1"},
		.username = "bob",
		.realm = "voice",
		.response = response,
		.uri_is_ours = true,
	};
	credentials_response(ha1, &claim.claim, response);
	return claim;
}

static int judge(struct digest_in *digest, const char *count, int64_t now_ms)
{
	struct digest_in_claim claim = claim_of(count, bob.ha1_sha256);
	return (int)digest_in_judge(digest, &claim, &bob, "192.0.2.1", now_ms);
}

TEST(the_right_password_is_good_once_for_each_count)
{
	struct digest_in *digest = digest_in_new();
	digest_in_nonce(digest, "192.0.2.1", NOW, nonce);
	CHECK_INT(judge(digest, "00000001", NOW + 5), DIGEST_IN_GOOD);
	CHECK_INT(judge(digest, "00000001", NOW + 6), DIGEST_IN_STALE);
	CHECK_INT(judge(digest, "00000003", NOW + 7), DIGEST_IN_GOOD);
	CHECK_INT(judge(digest, "00000002", NOW + 8), DIGEST_IN_GOOD);
	CHECK_INT(judge(digest, "00000002", NOW + 9), DIGEST_IN_STALE);
	CHECK_INT(judge(digest, "00000090", NOW + 9), DIGEST_IN_GOOD);
	CHECK_INT(judge(digest, "00000004", NOW + 9), DIGEST_IN_STALE);
	digest_in_free(digest);
}

TEST(a_nonce_gets_old)
{
	struct digest_in *digest = digest_in_new();
	digest_in_nonce(digest, "192.0.2.1", NOW, nonce);
	CHECK_INT(judge(digest, "00000001", NOW + DIGEST_IN_AGE_MS + 1),
		  DIGEST_IN_STALE);
	CHECK_INT(judge(digest, "00000001", NOW + DIGEST_IN_AGE_MS),
		  DIGEST_IN_GOOD);
	digest_in_free(digest);
}

TEST(a_nonce_of_another_source_process_or_hand_is_stale)
{
	struct digest_in *digest = digest_in_new(), *other = digest_in_new();
	digest_in_nonce(digest, "192.0.2.9", NOW, nonce);
	CHECK_INT(judge(digest, "00000001", NOW), DIGEST_IN_STALE);
	digest_in_nonce(other, "192.0.2.1", NOW, nonce);
	CHECK_INT(judge(digest, "00000001", NOW), DIGEST_IN_STALE);
	str_copy(nonce, sizeof(nonce), "made-up");
	CHECK_INT(judge(digest, "00000001", NOW), DIGEST_IN_STALE);
	digest_in_nonce(digest, "192.0.2.1", NOW, nonce);
	nonce[3] = nonce[3] == '0' ? '1' : '0'; /* younger than it is */
	CHECK_INT(judge(digest, "00000001", NOW), DIGEST_IN_STALE);
	digest_in_free(digest);
	digest_in_free(other);
}

TEST(counts_are_eight_hex_digits)
{
	struct digest_in *digest = digest_in_new();
	digest_in_nonce(digest, "192.0.2.1", NOW, nonce);
	CHECK_INT(judge(digest, "1", NOW), DIGEST_IN_STALE);
	CHECK_INT(judge(digest, "00000000", NOW), DIGEST_IN_STALE);
	CHECK_INT(judge(digest, "-0000001", NOW), DIGEST_IN_STALE);
	CHECK_INT(judge(digest, "0000000g", NOW), DIGEST_IN_STALE);
	digest_in_free(digest);
}

TEST(what_is_wrong_is_wrong_whoever_asks)
{
	struct digest_in *digest = digest_in_new();
	struct digest_in_claim claim;
	digest_in_nonce(digest, "192.0.2.1", NOW, nonce);
	claim = claim_of("00000001", "00");
	CHECK_INT(digest_in_judge(digest, &claim, &bob, "192.0.2.1", NOW),
		  DIGEST_IN_WRONG);
	CHECK_INT(digest_in_judge(digest, &claim, NULL, "192.0.2.1", NOW),
		  DIGEST_IN_WRONG);
	claim = claim_of("00000001", bob.ha1_sha256);
	claim.claim.method = "BYE";
	CHECK_INT(digest_in_judge(digest, &claim, &bob, "192.0.2.1", NOW),
		  DIGEST_IN_WRONG);
	claim = claim_of("00000001", bob.ha1_sha256);
	claim.uri_is_ours = false;
	CHECK_INT(digest_in_judge(digest, &claim, &bob, "192.0.2.1", NOW),
		  DIGEST_IN_WRONG);
	claim = claim_of("00000001", bob.ha1_sha256);
	claim.realm = "other";
	CHECK_INT(digest_in_judge(digest, &claim, &bob, "192.0.2.1", NOW),
		  DIGEST_IN_WRONG);
	digest_in_free(digest);
}

TEST(md5_is_heard_too_and_nothing_without_qop)
{
	struct digest_in *digest = digest_in_new();
	struct digest_in_claim claim;
	digest_in_nonce(digest, "192.0.2.1", NOW, nonce);
	claim = claim_of("00000001", bob.ha1_md5);
	claim.claim.algorithm = NULL;
	credentials_response(bob.ha1_md5, &claim.claim, response);
	CHECK_INT(digest_in_judge(digest, &claim, &bob, "192.0.2.1", NOW),
		  DIGEST_IN_GOOD);
	claim.claim.qop = NULL;
	credentials_response(bob.ha1_md5, &claim.claim, response);
	CHECK_INT(digest_in_judge(digest, &claim, &bob, "192.0.2.1", NOW),
		  DIGEST_IN_WRONG);
	digest_in_free(digest);
}

TEST(a_nonce_that_had_to_make_room_is_stale_not_new)
{
	struct digest_in *digest = digest_in_new();
	char first[DIGEST_IN_NONCE_BYTES];
	digest_in_nonce(digest, "192.0.2.1", NOW, first);
	str_copy(nonce, sizeof(nonce), first);
	CHECK_INT(judge(digest, "00000001", NOW), DIGEST_IN_GOOD);
	for (int i = 1; i <= DIGEST_IN_NONCES; i++) {
		digest_in_nonce(digest, "192.0.2.1", NOW + i, nonce);
		CHECK_INT(judge(digest, "00000001", NOW + i), DIGEST_IN_GOOD);
	}
	str_copy(nonce, sizeof(nonce), first);
	CHECK_INT(judge(digest, "00000001", NOW + 9000), DIGEST_IN_STALE);
	digest_in_free(digest);
}

TEST_MAIN()
