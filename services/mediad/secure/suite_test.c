/*
 * suite_test.c - names of suites, and lists of them.
 */
#include "services/mediad/secure/suite.h"

#include "lib/test/test.h"

#include <string.h>

TEST(a_list_of_suites_keeps_its_order)
{
	enum suite suites[SUITE_COUNT];

	CHECK_INT(
		suite_list("AES_CM_128_HMAC_SHA1_80, AEAD_AES_256_GCM", suites),
		2);
	CHECK_INT(suites[0], SUITE_CM_128_80);
	CHECK_INT(suites[1], SUITE_GCM_256);
}

TEST(a_list_with_an_unknown_or_repeated_name_is_none)
{
	enum suite suites[SUITE_COUNT];

	CHECK_INT(suite_list("", suites), 0);
	CHECK_INT(suite_list("F8_128_HMAC_SHA1_80", suites), 0);
	CHECK_INT(suite_list("aes_cm_128_hmac_sha1_80", suites), 0);
	CHECK_INT(suite_list("AEAD_AES_128_GCM,AEAD_AES_128_GCM", suites), 0);
	CHECK_INT(suite_list("AEAD_AES_128_GCM,", suites), 0);
}

TEST(each_suite_has_its_keys_length)
{
	CHECK_INT(suite_bytes(SUITE_CM_128_80), 30);
	CHECK_INT(suite_bytes(SUITE_CM_256_80), 46);
	CHECK_INT(suite_bytes(SUITE_GCM_128), 28);
	CHECK_INT(suite_bytes(SUITE_GCM_256), 44);
	CHECK(suite_bytes(SUITE_CM_256_80) <= SUITE_KEY_MAX);
}

TEST_MAIN()
