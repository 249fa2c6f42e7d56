/*
 * hmac_sha1.h - HMAC-SHA-1 (RFC 2104) with one key for many messages.
 *
 * Contract: what depends on the key alone is computed once; a message costs no
 * allocation, no lock and no search for an algorithm. Holds key material: to be
 * wiped by its owner. Many threads may use one that is set.
 */
#pragma once

#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

#define HMAC_SHA1_BYTES 20

struct hmac_sha1 {
	SHA_CTX inner, outer; /* after the block that has the key in it */
};

/* 'size': at most one block of 64 bytes. */
void hmac_sha1_set(struct hmac_sha1 *hmac, const uint8_t *key, size_t size);
/* Of both parts, one behind the other. */
void hmac_sha1_of(const struct hmac_sha1 *hmac, const uint8_t *data,
		  size_t size, const uint8_t *more, size_t more_size,
		  uint8_t *tag_out);
