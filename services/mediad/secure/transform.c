/*
 * transform.c - see transform.h. AES in counter mode with HMAC-SHA-1 checks the
 * tag first and touches nothing before; GCM does both in one go.
 */
#include "services/mediad/secure/transform.h"

#include "services/mediad/rtp.h"

#include <openssl/crypto.h>
#include <string.h>

#define BLOCK 16
#define GCM_IV_BYTES 12
#define INDEX_BYTES 6
#define LABEL_AT 7 /* of the salt, RFC 3711, 4.3.1 */

enum label { LABEL_KEY, LABEL_AUTH, LABEL_SALT, LABELS };

/* By number of suite, so that nobody searches while calls go on. */
static EVP_CIPHER *ciphers[SUITE_COUNT];
static EVP_CIPHER *derivers[SUITE_COUNT];

static const char *deriver_name(const struct suite_row *row)
{
	static const char *const names[] = {"AES-128-CTR", "AES-192-CTR",
					    "AES-256-CTR"};

	return names[(row->key_bytes - 16) / 8];
}

bool transform_start(void)
{
	for (unsigned i = 0; i < SUITE_COUNT; i++) {
		const struct suite_row *row = &suite_rows[i];

		if (!ciphers[i])
			ciphers[i] = EVP_CIPHER_fetch(NULL, row->cipher, NULL);
		if (!derivers[i])
			derivers[i] =
				EVP_CIPHER_fetch(NULL, deriver_name(row), NULL);
		if (!ciphers[i] || !derivers[i])
			return false;
	}
	return true;
}

/* --- keys --- */

/* 'size' bytes of the pseudo-random function for one label. */
static bool derive(EVP_CIPHER_CTX *context, EVP_CIPHER *cipher,
		   const uint8_t *key, const uint8_t *salt, unsigned label,
		   uint8_t *to, size_t size)
{
	uint8_t iv[BLOCK] = {0};
	int length = 0;

	memcpy(iv, salt, TRANSFORM_SALT_BYTES);
	iv[LABEL_AT] ^= (uint8_t)label;
	memset(to, 0, size);
	return EVP_EncryptInit_ex2(context, cipher, key, iv, NULL) == 1 &&
	       EVP_EncryptUpdate(context, to, &length, to, (int)size) == 1;
}

bool transform_derive(enum suite suite, const uint8_t *master, bool rtcp,
		      struct transform_keys *keys_out)
{
	const struct suite_row *row = &suite_rows[suite];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t salt[TRANSFORM_SALT_BYTES] = {0};
	unsigned labels = rtcp ? LABELS : 0;
	EVP_CIPHER *cipher = derivers[suite];
	bool good;

	/* A shorter salt is one with zeros behind it: RFC 7714, 11. */
	memcpy(salt, master + row->key_bytes, row->salt_bytes);
	memset(keys_out, 0, sizeof(*keys_out));
	good = context &&
	       derive(context, cipher, master, salt, labels + LABEL_KEY,
		      keys_out->key, row->key_bytes) &&
	       derive(context, cipher, master, salt, labels + LABEL_AUTH,
		      keys_out->auth, sizeof(keys_out->auth)) &&
	       derive(context, cipher, master, salt, labels + LABEL_SALT,
		      keys_out->salt, row->salt_bytes);
	EVP_CIPHER_CTX_free(context);
	suite_wipe(salt, sizeof(salt));
	return good;
}

bool transform_set(struct transform *transform, enum suite suite,
		   const struct transform_keys *keys, bool rtcp, bool hides)
{
	const struct suite_row *row = &suite_rows[suite];

	transform->aead = row->aead;
	transform->rtcp = rtcp;
	/* SRTCP keeps a long tag where SRTP's is short (RFC 4568, 6.2). */
	transform->tag_bytes = rtcp && !row->aead
				       ? suite_rows[SUITE_CM_128_80].tag_bytes
				       : row->tag_bytes;
	memcpy(transform->salt, keys->salt, sizeof(transform->salt));
	hmac_sha1_set(&transform->hmac, keys->auth, sizeof(keys->auth));
	transform->cipher = EVP_CIPHER_CTX_new();
	/* The counter's keystream is the same in both directions. */
	return transform->cipher &&
	       EVP_CipherInit_ex2(transform->cipher, ciphers[suite], keys->key,
				  NULL, hides || !row->aead, NULL) == 1;
}

void transform_drop(struct transform *transform)
{
	EVP_CIPHER_CTX_free(transform->cipher);
	suite_wipe(transform, sizeof(*transform));
}

/* --- packets --- */

/* SSRC and index, exclusive-or the salt: RFC 3711, 4.1.1, and RFC 7714, 8.1 and
 * 9.1. */
static void make_iv(const struct transform *transform,
		    const struct transform_packet *packet, uint8_t *iv)
{
	size_t at = transform->aead ? 2 : 4;
	size_t index_at = at + 4;

	memcpy(iv, transform->salt, TRANSFORM_SALT_BYTES);
	memset(iv + TRANSFORM_SALT_BYTES, 0, BLOCK - TRANSFORM_SALT_BYTES);
	for (unsigned i = 0; i < 4; i++)
		iv[at + i] ^= (uint8_t)(packet->ssrc >> (24 - 8 * i));
	for (unsigned i = 0; i < INDEX_BYTES; i++)
		iv[index_at + i] ^= (uint8_t)(packet->index >> (40 - 8 * i));
}

/* What is no part of the hidden bytes, and proven all the same. */
static void make_more(const struct transform *transform,
		      const struct transform_packet *packet, uint8_t *more)
{
	rtp_write32(more, transform->rtcp ? (uint32_t)packet->index |
						    TRANSFORM_ENCRYPTED
					  : (uint32_t)(packet->index >> 16));
}

static bool crypt(struct transform *transform,
		  const struct transform_packet *packet)
{
	uint8_t *data = packet->data + packet->head;
	uint8_t iv[BLOCK];
	int length = 0;

	make_iv(transform, packet, iv);
	return EVP_CipherInit_ex2(transform->cipher, NULL, NULL, iv, -1,
				  NULL) == 1 &&
	       EVP_CipherUpdate(transform->cipher, data, &length, data,
				(int)(packet->size - packet->head)) == 1;
}

static void make_tag(const struct transform *transform,
		     const struct transform_packet *packet, uint8_t *tag)
{
	uint8_t more[TRANSFORM_TRAILER_BYTES];

	make_more(transform, packet, more);
	hmac_sha1_of(&transform->hmac, packet->data, packet->size, more,
		     sizeof(more), tag);
}

/* Up to the tag itself, which differs between the directions. */
static bool run_aead(struct transform *transform,
		     const struct transform_packet *packet)
{
	EVP_CIPHER_CTX *cipher = transform->cipher;
	uint8_t *data = packet->data + packet->head;
	uint8_t iv[BLOCK], more[TRANSFORM_TRAILER_BYTES];
	int length = 0;

	make_iv(transform, packet, iv);
	make_more(transform, packet, more);
	return EVP_CipherInit_ex2(cipher, NULL, NULL, iv, -1, NULL) == 1 &&
	       EVP_CipherUpdate(cipher, NULL, &length, packet->data,
				(int)packet->head) == 1 &&
	       (!transform->rtcp ||
		EVP_CipherUpdate(cipher, NULL, &length, more, sizeof(more)) ==
			1) &&
	       EVP_CipherUpdate(cipher, data, &length, data,
				(int)(packet->size - packet->head)) == 1;
}

bool transform_hide(struct transform *transform,
		    const struct transform_packet *packet)
{
	uint8_t tag[HMAC_SHA1_BYTES];
	int length = 0;

	if (transform->aead)
		return run_aead(transform, packet) &&
		       EVP_CipherFinal_ex(transform->cipher, tag, &length) ==
			       1 &&
		       EVP_CIPHER_CTX_ctrl(
			       transform->cipher, EVP_CTRL_AEAD_GET_TAG,
			       transform->tag_bytes, packet->tag) == 1;
	if (!crypt(transform, packet))
		return false;
	make_tag(transform, packet, tag);
	memcpy(packet->tag, tag, transform->tag_bytes);
	return true;
}

bool transform_show(struct transform *transform,
		    const struct transform_packet *packet)
{
	uint8_t tag[HMAC_SHA1_BYTES];
	int length = 0;

	if (transform->aead)
		return run_aead(transform, packet) &&
		       EVP_CIPHER_CTX_ctrl(
			       transform->cipher, EVP_CTRL_AEAD_SET_TAG,
			       transform->tag_bytes, packet->tag) == 1 &&
		       EVP_CipherFinal_ex(transform->cipher, tag, &length) == 1;
	make_tag(transform, packet, tag);
	return CRYPTO_memcmp(tag, packet->tag, transform->tag_bytes) == 0 &&
	       crypt(transform, packet);
}
