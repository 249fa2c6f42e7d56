/*
 * digest_in.h - callers' digest credentials: nonces of ours, and whether what
 * came back is right (RFC 7616, RFC 3261 22).
 *
 * Contract: a nonce is made and known again without memory: its time and the
 * source it was given to are signed with a key of this process. It serves for
 * DIGEST_IN_AGE_MS, each count once, in a window of 64 counts. Memory is fixed:
 * DIGEST_IN_NONCES nonces in use; when one of them has to go, all that are
 * older are stale, so that no count is ever taken twice. An unknown user is
 * judged in the same way as a wrong password. Times are steady ms. Loop's
 * thread.
 */
#pragma once

#include "services/sipgw/credentials.h"

#include <stdbool.h>
#include <stdint.h>

#define DIGEST_IN_AGE_MS 300000
#define DIGEST_IN_NONCES 4096
#define DIGEST_IN_NONCE_BYTES 80

struct credential_config;
struct digest_in;

enum digest_in_verdict {
	DIGEST_IN_GOOD,
	DIGEST_IN_STALE, /* right, but the nonce serves no longer */
	DIGEST_IN_WRONG
};

/* What an Authorization says, and of what request. */
struct digest_in_claim {
	struct claim claim;
	const char *username;
	const char *realm;
	const char *response;
	bool uri_is_ours; /* 'claim.uri' is the request's */
};

struct digest_in *digest_in_new(void);
struct digest_in *digest_in_free(struct digest_in *digest);
/* 'to' has DIGEST_IN_NONCE_BYTES. */
void digest_in_nonce(const struct digest_in *digest, const char *source,
		     int64_t now_ms, char *to);
/* 'known' is the user's record, or NULL. */
enum digest_in_verdict digest_in_judge(struct digest_in *digest,
				       const struct digest_in_claim *claim,
				       const struct credential_config *known,
				       const char *source, int64_t now_ms);
