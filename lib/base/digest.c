/*
 * digest.c - hashes and keyed hashes by libcrypto; see digest.h.
 */
#include "lib/base/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HMAC_BLOCK 64U

/* Looked up once: libcrypto's one-call functions look it up in each call. */
static EVP_MD *sha256, *sha1;
static pthread_once_t looked_up = PTHREAD_ONCE_INIT;

static void look_up(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (!sha256 || !sha1)
		abort(); /* a libcrypto without them */
}

struct part {
	const void *data;
	size_t size;
};

static void hash(const EVP_MD *md, const struct part *parts, unsigned count,
		 uint8_t *digest_out)
{
	static _Thread_local EVP_MD_CTX *context;
	if (!context)
		context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestInit_ex(context, md, NULL);
	for (unsigned i = 0; good && i < count; i++)
		good = EVP_DigestUpdate(context, parts[i].data, parts[i].size);
	if (!good || !EVP_DigestFinal_ex(context, digest_out, NULL))
		abort(); /* out of memory */
}

/* RFC 2104; both hashes have blocks of 64 bytes. */
static void hmac(const EVP_MD *md, size_t digest_size, const char *key,
		 size_t key_size, const char *data, size_t size,
		 uint8_t *digest_out)
{
	uint8_t inner[HMAC_BLOCK] = {0}, outer[HMAC_BLOCK];
	const struct part first[] = {{inner, sizeof(inner)}, {data, size}};
	const struct part second[] = {{outer, sizeof(outer)},
				      {digest_out, digest_size}};
	if (key_size > HMAC_BLOCK)
		hash(md, &(struct part){key, key_size}, 1, inner);
	else if (key_size)
		memcpy(inner, key, key_size);
	for (size_t i = 0; i < HMAC_BLOCK; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	hash(md, first, 2, digest_out);
	hash(md, second, 2, digest_out);
}

void digest_sha256(const char *data, size_t size, uint8_t *digest_out)
{
	pthread_once(&looked_up, look_up);
	hash(sha256, &(struct part){data, size}, 1, digest_out);
}

void digest_hmac_sha256(const char *key, size_t key_size, const char *data,
			size_t size, uint8_t *digest_out)
{
	pthread_once(&looked_up, look_up);
	hmac(sha256, DIGEST_SHA256_BYTES, key, key_size, data, size,
	     digest_out);
}

void digest_hmac_sha1(const char *key, size_t key_size, const char *data,
		      size_t size, uint8_t *digest_out)
{
	pthread_once(&looked_up, look_up);
	hmac(sha1, DIGEST_SHA1_BYTES, key, key_size, data, size, digest_out);
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
