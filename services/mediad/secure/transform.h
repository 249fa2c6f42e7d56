/*
 * transform.h - cipher and tag of SRTP and SRTCP, with the keys of one
 * direction (RFC 3711, 6188, 7714), by OpenSSL.
 *
 * Contract: knows one packet at a time, and no streams: its caller says which
 * index it has, and never the same twice to transform_hide. Packets are changed
 * in place. Nothing is allocated after transform_set. One thread at a time.
 */
#pragma once

#include "services/mediad/secure/hmac_sha1.h"
#include "services/mediad/secure/suite.h"

#include <openssl/evp.h>

#define TRANSFORM_SALT_BYTES 14
#define TRANSFORM_TAG_MAX 16
#define TRANSFORM_KEY_MAX 32

/* What packets are hidden with; made of the master key, or of test vectors. */
struct transform_keys {
	uint8_t key[TRANSFORM_KEY_MAX];
	uint8_t salt[TRANSFORM_SALT_BYTES];
	uint8_t auth[HMAC_SHA1_BYTES];
};

struct transform {
	EVP_CIPHER_CTX *cipher;
	struct hmac_sha1 hmac; /* unused if the suite is an AEAD one */
	uint8_t salt[TRANSFORM_SALT_BYTES];
	uint8_t tag_bytes;
	bool aead, rtcp;
};

struct transform_packet {
	uint8_t *data;
	size_t head; /* bytes that are not hidden … */
	size_t size; /* … and all of them, without tag and trailer */
	uint32_t ssrc;
	uint64_t index; /* of SRTCP with the bit that says "encrypted" left out
			 */
	uint8_t *tag;
};

/* Once a process. False: OpenSSL lacks one of the suites' ciphers. */
bool transform_start(void);
/* The KDF of RFC 3711, 4.3; 'master' has the salt behind the key. False:
 * OpenSSL refuses. To be wiped after use. */
bool transform_derive(enum suite suite, const uint8_t *master, bool rtcp,
		      struct transform_keys *keys_out);
/* 'hides': it is for packets that go out. Zeroed before, and to be given to
 * transform_drop in any case. */
bool transform_set(struct transform *transform, enum suite suite,
		   const struct transform_keys *keys, bool rtcp, bool hides);
void transform_drop(struct transform *transform);
/* Writes the tag to packet->tag. */
bool transform_hide(struct transform *transform,
		    const struct transform_packet *packet);
/* False: packet->tag is not its tag; what is in 'data' is of no use then. */
bool transform_show(struct transform *transform,
		    const struct transform_packet *packet);
/* The four bytes at the end of an SRTCP packet: index, "encrypted". */
#define TRANSFORM_TRAILER_BYTES 4
#define TRANSFORM_ENCRYPTED 0x80000000u
