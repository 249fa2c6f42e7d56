/*
 * digest.c - hashes and keyed hashes by libcrypto; see digest.h.
 */
#include "lib/base/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

/* Looked up once: SHA256() looks it up in each call, and each derived id is
 * one. */
static EVP_MD *sha256;

__attribute__((constructor)) static void look_up(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		abort(); /* a libcrypto without it */
}

void digest_sha256(const char *data, size_t size, uint8_t *digest_out)
{
	if (!EVP_Digest(data, size, digest_out, NULL, sha256, NULL))
		abort(); /* out of memory */
}

void digest_md5(const char *data, size_t size, uint8_t *digest_out)
{
	if (!EVP_Digest(data, size, digest_out, NULL, EVP_md5(), NULL))
		abort();
}

void digest_hmac_sha256(const char *key, size_t key_size, const char *data,
			size_t size, uint8_t *digest_out)
{
	HMAC(EVP_sha256(), key, (int)key_size, (const unsigned char *)data,
	     size, digest_out, NULL);
}

void digest_hmac_sha1(const char *key, size_t key_size, const char *data,
		      size_t size, uint8_t *digest_out)
{
	HMAC(EVP_sha1(), key, (int)key_size, (const unsigned char *)data, size,
	     digest_out, NULL);
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
