/*
 * digest.h - hashes and keyed hashes; the only user of OpenSSL's libcrypto
 * outside SIP's and media's own security.
 *
 * Contract: outputs are written to caller's memory. Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SHA256_BYTES 32
#define DIGEST_SHA1_BYTES 20
#define DIGEST_MD5_BYTES 16

void digest_sha256(const char *data, size_t size, uint8_t *digest_out);
/* For HTTP digest (RFC 2617) alone, whose name for it is MD5. */
void digest_md5(const char *data, size_t size, uint8_t *digest_out);
void digest_hmac_sha256(const char *key, size_t key_size, const char *data,
			size_t size, uint8_t *digest_out);
void digest_hmac_sha1(const char *key, size_t key_size, const char *data,
		      size_t size, uint8_t *digest_out);
/* Lower-case hex; 'to' has 2 * size + 1 bytes. */
void digest_hex(const uint8_t *bytes, size_t size, char *to);
/* Base64 with padding; 'to' has DIGEST_BASE64_BYTES(size). */
#define DIGEST_BASE64_BYTES(size) (((size) + 2) / 3 * 4 + 1)
void digest_base64(const uint8_t *bytes, size_t size, char *to);
/* Decodes into 'to' (3/4 of the text); returns bytes, -1 if it is not base64.
 */
long digest_unbase64(const char *text, uint8_t *to);
