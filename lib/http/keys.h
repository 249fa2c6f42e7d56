/*
 * keys.h - which tokens sign an account's requests: those of bucket config, and
 * the installation's own for its first account.
 *
 * Contract: the bucket is watched; a change holds for requests that begin after
 * it was heard. A suspended account's requests are signed, too: its calls end
 * in peace. Loop's thread.
 */
#pragma once

struct account_config;
struct keys;
struct service;

struct keys_pair {
	const char *primary; /* NULL: the account has no token, or is unknown */
	const char *secondary; /* of a rotation; NULL: none */
};

/* 'known' is called once, when the whole bucket was read. */
struct keys *keys_new(struct service *service, void (*known)(void *owner),
		      void *owner);
struct keys *keys_free(struct keys *keys);
/* Borrowed until the loop's next turn. */
struct keys_pair keys_of(const struct keys *keys, const char *account_sid);
/* What bucket config says of it, or NULL. Borrowed until the loop's next turn.
 */
const struct account_config *keys_account(const struct keys *keys,
					  const char *account_sid);
