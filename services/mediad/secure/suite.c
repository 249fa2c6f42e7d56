/*
 * suite.c - the table of SRTP's suites. AES-GCM is first: the processor does
 * cipher and tag in one go, at a third of the cost of AES-CM with SHA-1.
 */
#include "services/mediad/secure/suite.h"

#include "lib/base/str.h"

#include <openssl/crypto.h>
#include <string.h>

const struct suite_row suite_rows[SUITE_COUNT] = {
	[SUITE_GCM_128] = {"AEAD_AES_128_GCM", 16, 12, 16, true, "AES-128-GCM",
			   "SRTP_AEAD_AES_128_GCM"},
	[SUITE_CM_128_80] = {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, false,
			     "AES-128-CTR", "SRTP_AES128_CM_SHA1_80"},
	[SUITE_GCM_256] = {"AEAD_AES_256_GCM", 32, 12, 16, true, "AES-256-GCM",
			   "SRTP_AEAD_AES_256_GCM"},
	[SUITE_CM_256_80] = {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, false,
			     "AES-256-CTR", NULL},
	[SUITE_CM_192_80] = {"AES_192_CM_HMAC_SHA1_80", 24, 14, 10, false,
			     "AES-192-CTR", NULL},
	[SUITE_CM_128_32] = {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, false,
			     "AES-128-CTR", "SRTP_AES128_CM_SHA1_32"},
};

size_t suite_bytes(enum suite suite)
{
	return (size_t)suite_rows[suite].key_bytes +
	       suite_rows[suite].salt_bytes;
}

enum suite suite_find(const char *name, size_t length)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++)
		if (strlen(suite_rows[i].name) == length &&
		    memcmp(suite_rows[i].name, name, length) == 0)
			return (enum suite)i;
	return SUITE_NONE;
}

unsigned suite_list(const char *text, enum suite *suites_out)
{
	unsigned count = 0, seen = 0;

	for (;;) {
		size_t length, span = strcspn(text, ",");
		const char *word = str_trim(text, span, &length);
		enum suite suite = suite_find(word, length);

		if (suite == SUITE_NONE || seen & 1u << suite)
			return 0;
		seen |= 1u << suite;
		suites_out[count++] = suite;
		text += span;
		if (!*text)
			return count;
		text++;
	}
}

void suite_wipe(void *memory, size_t size)
{
	OPENSSL_cleanse(memory, size);
}
