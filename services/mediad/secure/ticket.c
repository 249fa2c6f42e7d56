/*
 * ticket.c - see ticket.h: nonce, hidden keys, tag, in base64.
 */
#include "services/mediad/secure/ticket.h"

#include "lib/base/digest.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#define PURPOSE "voxbus: keys of a leg's media"
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define PLAIN_BYTES (1 + 2 * SUITE_KEY_MAX)
#define TICKET_BYTES (NONCE_BYTES + PLAIN_BYTES + TAG_BYTES)

_Static_assert(DIGEST_BASE64_BYTES(TICKET_BYTES) <= TICKET_TEXT_BYTES,
	       "a ticket fits into its text");

/* Hides or shows, by 'hides'; the tag is behind the keys. */
static bool run(const char *secret, const char *leg, bool hides,
		uint8_t *ticket)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t key[DIGEST_SHA256_BYTES], *plain = ticket + NONCE_BYTES;
	uint8_t *tag = plain + PLAIN_BYTES;
	int length = 0;
	bool good;

	digest_hmac_sha256(secret, strlen(secret), PURPOSE, strlen(PURPOSE),
			   key);
	good = context &&
	       EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, ticket,
				 hides) == 1 &&
	       (hides || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG,
					     TAG_BYTES, tag) == 1) &&
	       EVP_CipherUpdate(context, NULL, &length, (const uint8_t *)leg,
				(int)strlen(leg)) == 1 &&
	       EVP_CipherUpdate(context, plain, &length, plain, PLAIN_BYTES) ==
		       1 &&
	       EVP_CipherFinal_ex(context, plain, &length) == 1 &&
	       (!hides || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG,
					      TAG_BYTES, tag) == 1);
	EVP_CIPHER_CTX_free(context);
	suite_wipe(key, sizeof(key));
	return good;
}

bool ticket_seal(const char *secret, const char *leg,
		 const struct suite_keys *keys, char *text_out)
{
	uint8_t ticket[TICKET_BYTES], *plain = ticket + NONCE_BYTES;
	bool good;

	text_out[0] = '\0';
	if (getrandom(ticket, NONCE_BYTES, 0) != NONCE_BYTES)
		return false;
	plain[0] = (uint8_t)keys->suite;
	memcpy(plain + 1, keys->ours, SUITE_KEY_MAX);
	memcpy(plain + 1 + SUITE_KEY_MAX, keys->theirs, SUITE_KEY_MAX);
	good = run(secret, leg, true, ticket);
	if (good)
		digest_base64(ticket, sizeof(ticket), text_out);
	suite_wipe(ticket, sizeof(ticket));
	return good;
}

bool ticket_open(const char *secret, const char *leg, const char *text,
		 struct suite_keys *keys_out)
{
	uint8_t ticket[TICKET_TEXT_BYTES], *plain = ticket + NONCE_BYTES;
	bool good = strlen(text) < TICKET_TEXT_BYTES &&
		    digest_unbase64(text, ticket) == TICKET_BYTES &&
		    run(secret, leg, false, ticket) && plain[0] < SUITE_COUNT;

	memset(keys_out, 0, sizeof(*keys_out));
	if (good) {
		keys_out->suite = (enum suite)plain[0];
		memcpy(keys_out->ours, plain + 1, SUITE_KEY_MAX);
		memcpy(keys_out->theirs, plain + 1 + SUITE_KEY_MAX,
		       SUITE_KEY_MAX);
	}
	suite_wipe(ticket, sizeof(ticket));
	return good;
}
