/*
 * digest_in.c - callers' digest credentials; see digest_in.h.
 *
 * A nonce is 12 hex digits of time, 16 at random, and 32 of the signature. Only
 * who knows a password makes us remember a nonce, so that strangers cannot push
 * out those of others.
 */
#include "services/sipgw/digest_in.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "proto/proto.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define KEY_BYTES 32
#define TIME_DIGITS 12
#define RANDOM_DIGITS 16
#define BODY_DIGITS (TIME_DIGITS + RANDOM_DIGITS)
#define SIGN_DIGITS 32
#define WINDOW 64

/* A nonce that was used. */
struct used {
	char body[BODY_DIGITS + 1];
	int64_t issued_ms; /* 0: free */
	uint32_t highest;  /* count */
	uint64_t before;   /* bit n: count 'highest - n' was used */
};

struct digest_in {
	uint8_t key[KEY_BYTES];
	int64_t floor_ms; /* nonces of before are stale */
	struct used used[DIGEST_IN_NONCES];
	unsigned next; /* the one to go */
};

struct digest_in *digest_in_new(void)
{
	struct digest_in *digest = mem_new(1, sizeof(*digest));
	if (getrandom(digest->key, KEY_BYTES, 0) != KEY_BYTES)
		abort();
	return digest;
}

struct digest_in *digest_in_free(struct digest_in *digest)
{
	free(digest);
	return NULL;
}

/* --- nonces --- */

static void sign(const struct digest_in *digest, const char *body,
		 const char *source, char *to)
{
	uint8_t mac[DIGEST_SHA256_BYTES];
	char text[160];
	str_format(text, sizeof(text), "%s %s", body, source);
	digest_hmac_sha256((const char *)digest->key, KEY_BYTES, text,
			   strlen(text), mac);
	digest_hex(mac, SIGN_DIGITS / 2, to);
}

void digest_in_nonce(const struct digest_in *digest, const char *source,
		     int64_t now_ms, char *to)
{
	char body[BODY_DIGITS + 1], signature[SIGN_DIGITS + 1];
	uint64_t chance = 0;
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		abort();
	str_format(body, sizeof(body), "%012llx%016llx",
		   (unsigned long long)now_ms & 0xffffffffffffU,
		   (unsigned long long)chance);
	sign(digest, body, source, signature);
	str_format(to, DIGEST_IN_NONCE_BYTES, "%s%s", body, signature);
}

/* When the nonce was given to this source; 0: never by us. */
static int64_t issued(const struct digest_in *digest, const char *nonce,
		      const char *source)
{
	char body[BODY_DIGITS + 1], signature[SIGN_DIGITS + 1], time[16];
	if (strlen(nonce) != BODY_DIGITS + SIGN_DIGITS)
		return 0;
	str_copy_bytes(body, sizeof(body), nonce, BODY_DIGITS);
	str_copy_bytes(time, sizeof(time), nonce, TIME_DIGITS);
	sign(digest, body, source, signature);
	if (CRYPTO_memcmp(signature, nonce + BODY_DIGITS, SIGN_DIGITS) != 0)
		return 0;
	return (int64_t)strtoll(time, NULL, 16);
}

/* --- counts --- */

static struct used *find(struct digest_in *digest, const char *nonce)
{
	for (unsigned i = 0; i < DIGEST_IN_NONCES; i++)
		if (digest->used[i].issued_ms &&
		    strncmp(digest->used[i].body, nonce, BODY_DIGITS) == 0)
			return &digest->used[i];
	return NULL;
}

static struct used *remember(struct digest_in *digest, const char *nonce,
			     int64_t issued_ms, int64_t now_ms)
{
	struct used *entry = &digest->used[digest->next];
	digest->next = (digest->next + 1) % DIGEST_IN_NONCES;
	if (entry->issued_ms && now_ms - entry->issued_ms <= DIGEST_IN_AGE_MS &&
	    entry->issued_ms >= digest->floor_ms)
		digest->floor_ms = entry->issued_ms + 1;
	*entry = (struct used){.issued_ms = issued_ms};
	str_copy_bytes(entry->body, sizeof(entry->body), nonce, BODY_DIGITS);
	return entry;
}

/* Takes a count, once. */
static bool take(struct used *entry, uint32_t count)
{
	uint32_t back = entry->highest - count;
	if (count > entry->highest) {
		uint32_t ahead = count - entry->highest;
		entry->before = ahead < WINDOW ? entry->before << ahead : 0;
		entry->before |= 1;
		entry->highest = count;
		return true;
	}
	if (back >= WINDOW || entry->before >> back & 1)
		return false;
	entry->before |= (uint64_t)1 << back;
	return true;
}

static bool serves(struct digest_in *digest, const struct claim *claim,
		   const char *source, int64_t now_ms)
{
	char *end;
	int64_t issued_ms = issued(digest, claim->nonce, source);
	unsigned long count = strtoul(claim->count, &end, 16);
	if (issued_ms <= 0 || issued_ms > now_ms ||
	    now_ms - issued_ms > DIGEST_IN_AGE_MS ||
	    issued_ms < digest->floor_ms)
		return false;
	if (strlen(claim->count) != 8 || *end || count == 0 ||
	    strspn(claim->count, "0123456789abcdefABCDEF") != 8)
		return false;
	struct used *entry = find(digest, claim->nonce);
	if (!entry)
		entry = remember(digest, claim->nonce, issued_ms, now_ms);
	/* Making room may have made this one too old. */
	return issued_ms >= digest->floor_ms && take(entry, (uint32_t)count);
}

/* --- */

/* What stands for the hash of a user whom nobody knows: as long, and the same
 * at each try. */
static void dummy(const struct digest_in *digest, const char *username,
		  char *to)
{
	uint8_t mac[DIGEST_SHA256_BYTES];
	digest_hmac_sha256((const char *)digest->key, KEY_BYTES, username,
			   strlen(username), mac);
	digest_hex(mac, sizeof(mac), to);
}

static const char *hash_of(const struct credential_config *known,
			   const char *algorithm)
{
	if (!known)
		return "";
	if (!algorithm || str_same(algorithm, "MD5"))
		return known->ha1_md5;
	return str_same(algorithm, "SHA-256") ? known->ha1_sha256 : "";
}

enum digest_in_verdict digest_in_judge(struct digest_in *digest,
				       const struct digest_in_claim *claim,
				       const struct credential_config *known,
				       const char *source, int64_t now_ms)
{
	char other[2 * DIGEST_SHA256_BYTES + 1], wanted[CREDENTIALS_HEX_BYTES];
	const char *ha1 = hash_of(known, claim->claim.algorithm);
	dummy(digest, claim->username, other);
	bool good = *ha1 && str_equal(known->realm, claim->realm);
	bool made =
		credentials_response(good ? ha1 : other, &claim->claim, wanted);
	bool same = made && strlen(wanted) == strlen(claim->response) &&
		    CRYPTO_memcmp(wanted, claim->response, strlen(wanted)) == 0;
	if (!good || !same || !claim->uri_is_ours || !claim->claim.qop)
		return DIGEST_IN_WRONG;
	return serves(digest, &claim->claim, source, now_ms) ? DIGEST_IN_GOOD
							     : DIGEST_IN_STALE;
}
