/*
 * hmac_sha1.c - see hmac_sha1.h.
 *
 * OpenSSL 3 calls these functions of SHA-1 deprecated, and has none that does
 * the same: an EVP_MD_CTX or EVP_MAC_CTX allocates each time it is copied or
 * begun anew, and takes twice as long (docs/adr/0016-secure-media.md). The
 * SHA-1 behind them is the same code. In this file alone it is not complained
 * of.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "services/mediad/secure/hmac_sha1.h"

#include <openssl/crypto.h>
#include <string.h>

#define INNER 0x36
#define OUTER 0x5c

static void begin(SHA_CTX *state, const uint8_t *key, size_t size, uint8_t with)
{
	uint8_t block[SHA_CBLOCK];

	memset(block, with, sizeof(block));
	for (size_t i = 0; i < size && i < sizeof(block); i++)
		block[i] ^= key[i];
	(void)SHA1_Init(state);
	(void)SHA1_Update(state, block, sizeof(block));
	OPENSSL_cleanse(block, sizeof(block));
}

void hmac_sha1_set(struct hmac_sha1 *hmac, const uint8_t *key, size_t size)
{
	begin(&hmac->inner, key, size, INNER);
	begin(&hmac->outer, key, size, OUTER);
}

void hmac_sha1_of(const struct hmac_sha1 *hmac, const uint8_t *data,
		  size_t size, const uint8_t *more, size_t more_size,
		  uint8_t *tag_out)
{
	SHA_CTX state = hmac->inner;
	uint8_t digest[HMAC_SHA1_BYTES];

	(void)SHA1_Update(&state, data, size);
	(void)SHA1_Update(&state, more, more_size);
	(void)SHA1_Final(digest, &state);
	state = hmac->outer;
	(void)SHA1_Update(&state, digest, sizeof(digest));
	(void)SHA1_Final(tag_out, &state);
}
