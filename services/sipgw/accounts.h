/*
 * accounts.h - accounts, numbers and callers' credentials as bucket 'config'
 * has them.
 *
 * Contract: kept up to date as the bucket changes; a record that cannot be read
 * is as good as none, counted and logged. What is returned may be gone after
 * the next turn of the loop. Loop's thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdbool.h>

struct accounts;
struct bus_entry;
struct service;

/* 'read' runs once, when all that the bucket has is here. 'service' NULL: no
 * bucket is watched, for tests. */
struct accounts *accounts_new(struct service *service,
			      void (*read)(void *owner), void *owner);
struct accounts *accounts_free(struct accounts *accounts);
/* A key of the bucket, as it is now. */
void accounts_change(struct accounts *accounts, const struct bus_entry *entry);
/* NULL: nothing is configured for it. */
const struct account_config *accounts_find(const struct accounts *accounts,
					   const char *account_sid);
/* By user part of the Request-URI. */
const struct number_config *accounts_number(const struct accounts *accounts,
					    const char *user);
/* By digest user. */
const struct credential_config *
accounts_credential(const struct accounts *accounts, const char *user);

/* What a challenge is to offer. */
struct accounts_realm {
	char realm[256];
	bool md5, sha256; /* every credential of the realm has that hash */
};
/* The realm to ask for: 'host' (of the Request-URI) if there are credentials of
 * it, otherwise that of the number's account, otherwise the first by name.
 * False: there are no credentials at all. */
bool accounts_realm(struct accounts *accounts, const char *host,
		    const char *user, struct accounts_realm *realm_out);
