/*
 * suite.h - the ways of encrypting media that mediad speaks, once.
 *
 * Contract: a table; the number of a suite is its place in it, and the order is
 * the one that we prefer. Names are those of RFC 4568, 6188 and 7714. Any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum suite {
	SUITE_GCM_128,
	SUITE_CM_128_80,
	SUITE_GCM_256,
	SUITE_CM_256_80,
	SUITE_CM_192_80,
	SUITE_CM_128_32, /* a short tag: only when it is asked for */
	SUITE_COUNT,
	SUITE_NONE
};

/* A master key and the salt behind it: at most 32 + 14. */
#define SUITE_KEY_MAX 46

struct suite_row {
	const char *name;   /* of a=crypto, and on the record */
	uint8_t key_bytes;  /* of the master key … */
	uint8_t salt_bytes; /* … and of the salt */
	uint8_t tag_bytes;  /* of SRTP; 4: weak against forgery */
	bool aead;          /* cipher and tag in one: GCM */
	const char *cipher; /* OpenSSL's name of it */
	const char *dtls;   /* OpenSSL's name of the profile; NULL: none */
};

extern const struct suite_row suite_rows[SUITE_COUNT];

/* Key and salt together. */
size_t suite_bytes(enum suite suite);
enum suite suite_find(const char *name, size_t length);
/*
 * "AES_CM_128_HMAC_SHA1_80,AEAD_AES_128_GCM" in order, into 'suites_out'
 * (SUITE_COUNT of them). Returns how many, 0 when a name is unknown or stands
 * twice.
 */
unsigned suite_list(const char *text, enum suite *suites_out);

/* Both directions' keys of one leg. */
struct suite_keys {
	enum suite suite;
	uint8_t ours[SUITE_KEY_MAX];   /* we send with it */
	uint8_t theirs[SUITE_KEY_MAX]; /* they do */
};

/* So that not even an optimizing compiler leaves keys behind. */
void suite_wipe(void *memory, size_t size);
