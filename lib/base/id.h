/*
 * id.h - names of calls and things: two letters and 32 hex digits, as the
 * customers' SDKs expect them.
 *
 * Contract: a derived id is the same wherever and whenever it is derived from
 * the same words; a random one comes from the kernel. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ID_BYTES 35

/* 'prefix' is two letters: CA call, FE fetch, HK hook, ME message, BT boot. */
void id_random(const char *prefix, char *id_out);
/* From root (a CallSid) and a number. */
void id_derive(const char *prefix, const char *root, uint64_t number,
	       char *id_out);
/* From a secret and up to four words; each word is delimited by its length. */
void id_keyed(const char *prefix, const char *secret, const char *a,
	      const char *b, const char *c, char *id_out);
/* Two given letters and 32 hex digits. */
bool id_is(const char *prefix, const char *text);
/* Which of 'shards' parts a call belongs to: a stable hash. */
unsigned id_shard(const char *call_sid, unsigned shards);
