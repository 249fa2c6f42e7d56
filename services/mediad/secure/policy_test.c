/*
 * policy_test.c - settings and wishes in, what is allowed out.
 */
#include "services/mediad/secure/policy.h"

#include "lib/base/str.h"
#include "lib/runtime/settings.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <string.h>

#define SUITES "AEAD_AES_128_GCM,AES_CM_128_HMAC_SHA1_80"

static struct sdp_safety safety;
static struct refusal why;

static bool asks(const char *setting, const char *keys, int role, int secure,
		 bool tls, const char *suites)
{
	struct settings settings = {.media_secure = (char *)setting,
				    .srtp_keys = (char *)keys,
				    .srtp_suites = SUITES};
	struct leg_media wanted = {.role = role, .secure = secure, .tls = tls};
	char error[POLICY_ERROR_BYTES];
	struct policy *policy = policy_new(&settings, error);
	bool good;

	CHECK(policy != NULL);
	str_copy(wanted.suites, sizeof(wanted.suites), suites);
	memset(&why, 0, sizeof(why));
	good = policy_for(policy, &wanted, &safety, &why);
	policy_free(policy);
	return good;
}

TEST(as_it_comes_keys_are_taken_over_tls_and_never_offered)
{
	CHECK(asks("offered", "tls", LEG_ROLE_ANSWER, 0, true, ""));
	CHECK(safety.plain && safety.sdes && safety.dtls);
	CHECK(asks("offered", "tls", LEG_ROLE_ANSWER, 0, false, ""));
	CHECK(safety.plain && !safety.sdes && safety.dtls);
	CHECK(asks("offered", "tls", LEG_ROLE_OFFER, 0, true, ""));
	CHECK(safety.plain && !safety.sdes && !safety.dtls);
}

TEST(what_the_leg_is_asked_for_counts_more_than_the_setting)
{
	CHECK(asks("required", "tls", LEG_ROLE_OFFER, SECURE_OFF, true, ""));
	CHECK(safety.plain && !safety.sdes && !safety.dtls);
	CHECK(asks("off", "tls", LEG_ROLE_OFFER, SECURE_REQUIRED, true, ""));
	CHECK(!safety.plain && safety.sdes && safety.dtls);
	CHECK(asks("off", "tls", LEG_ROLE_OFFER, 0, true, ""));
	CHECK(safety.plain && !safety.sdes && !safety.dtls);
}

TEST(keys_that_others_can_read_are_refused_unless_told_otherwise)
{
	CHECK(!asks("off", "tls", LEG_ROLE_OFFER, SECURE_SDES, false, ""));
	CHECK_INT(why.code, ERR_MEDIA_SECURE);
	CHECK(strstr(why.text, "VOXBUS_SRTP_KEYS"));
	CHECK(asks("off", "always", LEG_ROLE_OFFER, SECURE_SDES, false, ""));
	CHECK(!safety.plain && safety.sdes);
	/* What is in force stays: a crash asks nobody anew. */
	CHECK(asks("off", "tls", LEG_ROLE_RESTORE, SECURE_SDES, false, ""));
}

TEST(suites_that_are_asked_for_are_among_ours_or_nothing)
{
	CHECK(asks("off", "tls", LEG_ROLE_OFFER, SECURE_SDES, true,
		   "AES_CM_128_HMAC_SHA1_80"));
	CHECK_INT(safety.suite_count, 1);
	CHECK_INT(safety.suites[0], SUITE_CM_128_80);
	CHECK(!asks("off", "tls", LEG_ROLE_OFFER, SECURE_SDES, true,
		    "AEAD_AES_256_GCM"));
	CHECK_INT(why.code, ERR_MEDIA_SECURE);
}

TEST(each_leg_has_a_seed_of_its_own)
{
	uint8_t seed[SDP_SEED_BYTES];

	CHECK(asks("offered", "tls", LEG_ROLE_ANSWER, 0, true, ""));
	memcpy(seed, safety.seed, sizeof(seed));
	CHECK(asks("offered", "tls", LEG_ROLE_ANSWER, 0, true, ""));
	CHECK(memcmp(seed, safety.seed, sizeof(seed)) != 0);
}

TEST(a_suite_that_nobody_knows_stops_the_start)
{
	struct settings settings = {.srtp_suites = "AES_CM_128"};
	char error[POLICY_ERROR_BYTES];

	CHECK(!policy_new(&settings, error));
	CHECK(strstr(error, "VOXBUS_SRTP_SUITES=AES_CM_128"));
}

TEST_MAIN()
