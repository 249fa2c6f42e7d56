/*
 * guard.h - what stands between a leg's packets and the network: nothing, or
 * SRTP with the keys that were agreed on.
 *
 * Contract: embedded in its leg; zeroed, it lets everything through as it is.
 * Once encryption was agreed on nothing passes in the clear any more, in
 * neither direction, until another description says so. One thread at a time.
 */
#pragma once

#include "services/mediad/sdp/sdp_secure.h"
#include "services/mediad/secure/seal.h"

struct guard {
	enum sdp_cipher cipher;
	enum suite suite;
	uint64_t keys_id;  /* tells one pair of keys from another; 0: none */
	struct seal *seal; /* NULL: no keys yet */
};

#define GUARD_NAME_BYTES 40

/* In the clear from now on. */
void guard_lower(struct guard *guard);
/* With these keys from now on, which remain the caller's. 'late': as with
 * seal_new. Returns whether they are new: then our stream must have a new SSRC,
 * for the same one under a key that was used already gives away what both hid.
 */
bool guard_raise(struct guard *guard, enum sdp_cipher cipher,
		 const struct suite_keys *keys, bool late);
/* "SDES AES_CM_128_HMAC_SHA1_80"; empty: in the clear. GUARD_NAME_BYTES. */
void guard_name(const struct guard *guard, char *name_out);
/* 'data' has room for SEAL_ROOM more. False: it must not be sent. */
bool guard_send(struct guard *guard, bool rtcp, uint8_t *data, size_t *size);
enum seal_verdict guard_receive(struct guard *guard, bool rtcp, uint8_t *data,
				size_t *size);
