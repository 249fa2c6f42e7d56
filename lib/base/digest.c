/*
 * digest.c - hashes and keyed hashes by libcrypto; see digest.h.
 */
/* SHA256_Init() and its like: no lookup, no lock, no allocation in each call.
 */
#define OPENSSL_API_COMPAT 10100
#include "lib/base/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 64 /* of SHA-1 and SHA-256 */

/* The hash of a block and what follows it. */
static void sha256_of(const uint8_t *block, const void *rest, size_t size,
		      uint8_t *digest_out)
{
	SHA256_CTX state;
	SHA256_Init(&state);
	SHA256_Update(&state, block, BLOCK_BYTES);
	SHA256_Update(&state, rest, size);
	SHA256_Final(digest_out, &state);
}

static void sha1_of(const uint8_t *block, const void *rest, size_t size,
		    uint8_t *digest_out)
{
	SHA_CTX state;
	SHA1_Init(&state);
	SHA1_Update(&state, block, BLOCK_BYTES);
	SHA1_Update(&state, rest, size);
	SHA1_Final(digest_out, &state);
}

void digest_sha256(const char *data, size_t size, uint8_t *digest_out)
{
	SHA256_CTX state;
	SHA256_Init(&state);
	SHA256_Update(&state, data, size);
	SHA256_Final(digest_out, &state);
}

static void digest_sha1(const char *data, size_t size, uint8_t *digest_out)
{
	SHA_CTX state;
	SHA1_Init(&state);
	SHA1_Update(&state, data, size);
	SHA1_Final(digest_out, &state);
}

void digest_md5(const char *data, size_t size, uint8_t *digest_out)
{
	if (!EVP_Digest(data, size, digest_out, NULL, EVP_md5(), NULL))
		abort();
}

/* --- RFC 2104 --- */

struct keyed {
	size_t digest_bytes;
	void (*whole)(const char *data, size_t size, uint8_t *digest_out);
	void (*of)(const uint8_t *block, const void *rest, size_t size,
		   uint8_t *digest_out);
};

static void hmac(const struct keyed *hash, const char *key, size_t key_size,
		 const char *data, size_t size, uint8_t *digest_out)
{
	uint8_t inner[BLOCK_BYTES] = {0}, outer[BLOCK_BYTES];
	if (key_size > BLOCK_BYTES)
		hash->whole(key, key_size, inner);
	else if (key_size)
		memcpy(inner, key, key_size);
	for (size_t i = 0; i < BLOCK_BYTES; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	hash->of(inner, data, size, digest_out);
	hash->of(outer, digest_out, hash->digest_bytes, digest_out);
}

void digest_hmac_sha256(const char *key, size_t key_size, const char *data,
			size_t size, uint8_t *digest_out)
{
	static const struct keyed hash = {DIGEST_SHA256_BYTES, digest_sha256,
					  sha256_of};
	hmac(&hash, key, key_size, data, size, digest_out);
}

void digest_hmac_sha1(const char *key, size_t key_size, const char *data,
		      size_t size, uint8_t *digest_out)
{
	static const struct keyed hash = {DIGEST_SHA1_BYTES, digest_sha1,
					  sha1_of};
	hmac(&hash, key, key_size, data, size, digest_out);
}

void digest_hex(const uint8_t *bytes, size_t size, char *to)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < size; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	*to = '\0';
}

void digest_base64(const uint8_t *bytes, size_t size, char *to)
{
	EVP_EncodeBlock((unsigned char *)to, bytes, (int)size);
}

/* Strict, unlike libcrypto: no white space, '=' at the very end only. */
long digest_unbase64(const char *text, uint8_t *to)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strlen(text);
	size_t digits = strspn(text, alphabet);
	size_t padding = strspn(text + digits, "=");
	if (length % 4 || digits + padding != length || padding > 2 ||
	    length > INT_MAX)
		return -1;
	long size =
		EVP_DecodeBlock(to, (const unsigned char *)text, (int)length);
	return size < 0 ? -1 : size - (long)padding;
}
