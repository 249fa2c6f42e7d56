/*
 * digest_test.c - known answers of the RFCs, and strict base64.
 */
#include "lib/base/digest.h"

#include "lib/test/test.h"

#include <string.h>

static void check_hex(const uint8_t *bytes, size_t size, const char *wanted)
{
	char hex[2 * DIGEST_SHA256_BYTES + 1];
	digest_hex(bytes, size, hex);
	CHECK_TEXT(hex, wanted);
}

TEST(sha256_of_abc_is_as_fips_180_has_it)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	digest_sha256("abc", 3, digest);
	check_hex(digest, sizeof(digest),
		  "ba7816bf8f01cfea414140de5dae2223"
		  "b00361a396177a9cb410ff61f20015ad");
}

TEST(hmacs_of_jefe_are_as_rfc_4231_and_rfc_2202_have_them)
{
	static const char data[] = "what do ya want for nothing?";
	uint8_t digest[DIGEST_SHA256_BYTES];
	digest_hmac_sha256("Jefe", 4, data, strlen(data), digest);
	check_hex(digest, DIGEST_SHA256_BYTES,
		  "5bdcc146bf60754e6a042426089575c7"
		  "5a003f089d2739839dec58b964ec3843");
	digest_hmac_sha1("Jefe", 4, data, strlen(data), digest);
	check_hex(digest, DIGEST_SHA1_BYTES,
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(a_key_longer_than_a_block_is_hashed_first)
{
	static const char data[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	uint8_t digest[DIGEST_SHA256_BYTES];
	char key[131];
	memset(key, 0xaa, sizeof(key));
	digest_hmac_sha256(key, 131, data, strlen(data), digest);
	check_hex(digest, DIGEST_SHA256_BYTES,
		  "60e431591ee0b67f0d8a26aacbf5b77f"
		  "8e0bc6213728c5140546040f0ee37f54");
	digest_hmac_sha1(key, 80, data, strlen(data), digest);
	check_hex(digest, DIGEST_SHA1_BYTES,
		  "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(base64_is_as_rfc_4648_has_it_both_ways)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t size = strlen(pairs[i][0]);
		char text[16];
		uint8_t bytes[16] = {0};
		digest_base64((const uint8_t *)pairs[i][0], size, text);
		CHECK_TEXT(text, pairs[i][1]);
		CHECK_INT(digest_unbase64(text, bytes), size);
		CHECK(memcmp(bytes, pairs[i][0], size) == 0);
	}
}

TEST(what_is_no_base64_is_refused)
{
	static const char *const wrong[] = {
		"Zg=",      "Zg",   "Z===",     "====", "Zg==Zg==", "Zm9v\n",
		"    Zm9v", "Zm-v", "Zm9v    ", "=Zm9", "Zm=v"};
	uint8_t bytes[16];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (!CHECK(digest_unbase64(wrong[i], bytes) == -1))
			CHECK_TEXT(wrong[i], "refused");
}

TEST(md5_of_rfc_1321s_words)
{
	uint8_t bytes[DIGEST_MD5_BYTES];
	char hex[2 * DIGEST_MD5_BYTES + 1];
	digest_md5("message digest", 14, bytes);
	digest_hex(bytes, sizeof(bytes), hex);
	CHECK_TEXT(hex, "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST_MAIN()
