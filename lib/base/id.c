/*
 * id.c - names of calls and things; see id.h.
 */
#include "lib/base/id.h"

#include "lib/base/digest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void finish(const char *prefix, const uint8_t *bytes, char *id_out)
{
	memcpy(id_out, prefix, 2);
	digest_hex(bytes, 16, id_out + 2);
}

void id_random(const char *prefix, char *id_out)
{
	uint8_t bytes[16];
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	finish(prefix, bytes, id_out);
}

void id_derive(const char *prefix, const char *root, uint64_t number,
	       char *id_out)
{
	char words[128];
	uint8_t digest[DIGEST_SHA256_BYTES];
	int length = snprintf(words, sizeof(words), "%.2s/%.64s/%llu", prefix,
			      root, (unsigned long long)number);
	digest_sha256(words, (size_t)length, digest);
	finish(prefix, digest, id_out);
}

void id_keyed(const char *prefix, const char *secret, const char *a,
	      const char *b, const char *c, char *id_out)
{
	char words[4096];
	uint8_t digest[DIGEST_SHA256_BYTES];
	int length = snprintf(words, sizeof(words), "%zu:%s%zu:%s%zu:%s",
			      strlen(a), a, strlen(b), b, strlen(c), c);
	if ((size_t)length >= sizeof(words))
		length = sizeof(words) - 1;
	digest_hmac_sha256(secret, strlen(secret), words, (size_t)length,
			   digest);
	finish(prefix, digest, id_out);
}

bool id_is(const char *prefix, const char *text)
{
	return strlen(text) == ID_BYTES - 1 && strncmp(text, prefix, 2) == 0 &&
	       strspn(text + 2, "0123456789abcdef") == ID_BYTES - 3;
}

unsigned id_shard(const char *call_sid, unsigned shards)
{
	uint32_t hash = 2166136261U;
	for (; *call_sid; call_sid++)
		hash = (hash ^ (unsigned char)*call_sid) * 16777619U;
	hash ^= hash >> 15;
	return hash % shards;
}
