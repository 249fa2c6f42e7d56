/*
 * config.h - records of bucket config as people write them: an account, a
 * number, a credential, by field=value.
 *
 * The fields are those of proto/store.def. Some words are short for more: an
 * account's token=new makes one; a credential's password=... becomes its two
 * digests, and is kept nowhere.
 *
 * Contract: pure, but for new names and tokens, which come from the kernel.
 * What is wrong is said in 'error_out' (CONFIG_ERROR_BYTES), for people. Any
 * thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>

#define CONFIG_BUCKET "config"
#define CONFIG_KEY_BYTES 544
#define CONFIG_ERROR_BYTES 320

struct buf;

struct config_kind {
	const char *word;   /* "account" */
	const char *prefix; /* of keys */
	const struct proto_message *desc;
	const char *name; /* the field that is the record's name */
	bool hex;         /* its bytes in the key are hex */
};

/* All of them, ending with a NULL word. */
extern const struct config_kind config_kinds[];
/* NULL: there is no such kind. */
const struct config_kind *config_kind(const char *word);
/* Whether the bucket's key is of that kind. */
bool config_is(const struct config_kind *kind, const char *key);
bool config_key(const struct config_kind *kind, const char *name, char *key_out,
		char *error_out);
/* Puts the name where it belongs. */
void config_name(const struct config_kind *kind, const char *name,
		 void *record);
/* "field=value"; an empty value takes the field away. */
bool config_set(const struct config_kind *kind, void *record,
		const char *assignment, char *error_out);
/*
 * What was left out and has a standard: whose a number is, its sid. 'password'
 * (or NULL) is that of a credential.
 */
bool config_complete(const struct config_kind *kind, void *record,
		     const char *first_account, const char *password,
		     char *error_out);
/* One JSON object on one line; secrets are masked. */
void config_print(const struct config_kind *kind, const void *record,
		  struct buf *to);
