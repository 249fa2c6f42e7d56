/*
 * hmac_sha1_test.c - the vectors of RFC 2202, section 3, in one piece and two.
 */
#include "services/mediad/secure/hmac_sha1.h"

#include "lib/test/test.h"

#include <stdio.h>
#include <string.h>

static void check(const uint8_t *key, size_t key_size, const uint8_t *data,
		  size_t size, const char *wanted)
{
	struct hmac_sha1 hmac;

	hmac_sha1_set(&hmac, key, key_size);
	for (size_t cut = 0; cut <= size; cut++) {
		uint8_t tag[HMAC_SHA1_BYTES];
		char text[2 * HMAC_SHA1_BYTES + 1];

		hmac_sha1_of(&hmac, data, cut, data + cut, size - cut, tag);
		for (unsigned i = 0; i < sizeof(tag); i++)
			(void)snprintf(text + 2 * i, 3, "%02x", tag[i]);
		CHECK_TEXT(text, wanted);
	}
}

TEST(the_vectors_of_rfc_2202_hold)
{
	uint8_t key[25], data[50];

	memset(key, 0x0b, 20);
	check(key, 20, (const uint8_t *)"Hi There", 8,
	      "b617318655057264e28bc0b6fb378c8ef146be00");
	check((const uint8_t *)"Jefe", 4,
	      (const uint8_t *)"what do ya want for nothing?", 28,
	      "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	memset(key, 0xaa, 20);
	memset(data, 0xdd, 50);
	check(key, 20, data, 50, "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
	for (uint8_t i = 0; i < 25; i++)
		key[i] = (uint8_t)(i + 1);
	memset(data, 0xcd, 50);
	check(key, 25, data, 50, "4c9007f4026250c6bc8414f9bf50c86c2d7235da");
}

TEST_MAIN()
