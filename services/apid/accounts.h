/*
 * accounts.h - who may use the API: the installation's first account, and those
 * of bucket config.
 *
 * Contract: at most ACCOUNTS_MAX are kept, further ones are counted and logged.
 * An account without a token of its own cannot log in, but for the first one.
 * Loop's thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>
#include <stddef.h>

#define ACCOUNTS_MAX 10000
#define ACCOUNTS_KEYS "account.>" /* of bucket config */

struct accounts;

/* The first account; its token is not in the bucket. */
struct accounts *accounts_new(const char *sid, const char *token);
struct accounts *accounts_free(struct accounts *accounts);
/* The record of 'key' as it is now; 'data' NULL: it is gone. */
void accounts_hear(struct accounts *accounts, const char *key, const char *data,
		   size_t size);
/* Whose user and password these are; NULL: nobody's. Borrowed. */
const struct account_config *accounts_find(const struct accounts *accounts,
					   const char *user,
					   const char *password);
