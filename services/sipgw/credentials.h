/*
 * credentials.h - the answer to a digest challenge (RFC 2617, 7616, 8760).
 *
 * Contract: MD5 and SHA-256, plain and -sess not; qop "auth" or none. Pure but
 * for the client nonce, which the caller gives. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CREDENTIALS_BYTES 2048
#define CREDENTIALS_PARAMS_MAX 16

struct challenge {
	const char *realm;
	const char *nonce;
	const char *opaque;    /* NULL: none */
	const char *algorithm; /* NULL: MD5 */
	const char *qop;       /* the list offered; NULL: none */
};

struct credentials {
	const char *username;
	const char *password;
	const char *method;
	const char *uri;
	const char *client_nonce; /* hex */
};

/* Whether the challenge can be answered, and how good it is: 0 not at all, more
 * is better. */
int credentials_rank(const struct challenge *challenge);
/* The value of (Proxy-)Authorization; 'to' has CREDENTIALS_BYTES. False: it
 * cannot be answered, or does not fit. */
bool credentials_make(const struct challenge *challenge,
		      const struct credentials *who, char *to);
