/*
 * guard.c - see guard.h.
 */
#include "services/mediad/secure/guard.h"

#include "lib/base/digest.h"
#include "lib/base/str.h"

#include <string.h>

static uint64_t id_of(const struct suite_keys *keys)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	uint64_t id;

	digest_hmac_sha256((const char *)keys->ours, SUITE_KEY_MAX,
			   (const char *)keys->theirs, SUITE_KEY_MAX, digest);
	memcpy(&id, digest, sizeof(id));
	return (id ^ (uint64_t)keys->suite) | 1;
}

void guard_lower(struct guard *guard)
{
	seal_free(guard->seal);
	memset(guard, 0, sizeof(*guard));
}

bool guard_raise(struct guard *guard, enum sdp_cipher cipher,
		 const struct suite_keys *keys, bool late)
{
	uint64_t id = keys ? id_of(keys) : 0;

	if (guard->cipher == cipher && guard->keys_id == id)
		return false;
	seal_free(guard->seal);
	guard->cipher = cipher;
	guard->keys_id = id;
	guard->suite = keys ? keys->suite : SUITE_NONE;
	guard->seal = keys ? seal_new(keys, late) : NULL;
	return true;
}

void guard_name(const struct guard *guard, char *name_out)
{
	static const char *const ways[] = {
		[SDP_CIPHER_SDES] = "SDES", [SDP_CIPHER_DTLS] = "DTLS"};

	name_out[0] = '\0';
	if (guard->seal)
		(void)str_format(name_out, GUARD_NAME_BYTES, "%s %s",
				 ways[guard->cipher],
				 suite_rows[guard->suite].name);
}

bool guard_send(struct guard *guard, bool rtcp, uint8_t *data, size_t *size)
{
	if (guard->cipher == SDP_CIPHER_NONE)
		return true;
	if (!guard->seal)
		return false;
	return rtcp ? seal_rtcp(guard->seal, data, size)
		    : seal_rtp(guard->seal, data, size);
}

enum seal_verdict guard_receive(struct guard *guard, bool rtcp, uint8_t *data,
				size_t *size)
{
	if (guard->cipher == SDP_CIPHER_NONE)
		return SEAL_GOOD;
	if (!guard->seal)
		return SEAL_FORGED;
	return rtcp ? seal_open_rtcp(guard->seal, data, size)
		    : seal_open_rtp(guard->seal, data, size);
}
