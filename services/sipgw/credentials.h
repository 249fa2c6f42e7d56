/*
 * credentials.h - digest arithmetic: the answer to a challenge, and what it
 * should have been (RFC 2617, 7616, 8760).
 *
 * Contract: MD5, SHA-256 and SHA-512-256, plain and -sess; qop "auth",
 * "auth-int" or none. Pure: client nonce and count are the caller's. Any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CREDENTIALS_BYTES 2048
#define CREDENTIALS_HEX_BYTES 129
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
	const char *body;         /* for auth-int; NULL: empty */
	uint32_t count; /* of requests with this nonce; 0: the first */
};

/* Whether the challenge can be answered, and how good it is: 0 not at all, more
 * is better. */
int credentials_rank(const struct challenge *challenge);
/* The value of (Proxy-)Authorization; 'to' has CREDENTIALS_BYTES. False: it
 * cannot be answered, or does not fit. */
bool credentials_make(const struct challenge *challenge,
		      const struct credentials *who, char *to);

/* What a response is made of, as its sender says. */
struct claim {
	const char *algorithm; /* NULL: MD5 */
	const char *nonce;
	const char *count;        /* nc */
	const char *client_nonce; /* cnonce */
	const char *qop; /* NULL: none; nc and cnonce are unused then */
	const char *method;
	const char *uri;
	const char *body;
};

/* The response that 'ha1' (hex of the hash of user:realm:password) gives; 'to'
 * has CREDENTIALS_HEX_BYTES. False: of an unknown algorithm or qop. */
bool credentials_response(const char *ha1, const struct claim *claim, char *to);
