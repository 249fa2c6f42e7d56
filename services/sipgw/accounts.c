/*
 * accounts.c - what bucket 'config' says; see accounts.h.
 *
 * Keys carry their words as hex, since a key may not hold every character; the
 * word itself stands in the record, and is what is looked up.
 */
#include "services/sipgw/accounts.h"

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(unreadable, "sip_config_unreadable_total", "",
	       "Records of accounts, numbers and credentials that could not be "
	       "read.")

struct kind {
	const char *prefix; /* of the key */
	const struct proto_message *desc;
	size_t name; /* offset of the word that it is looked up by */
};

enum { KIND_ACCOUNT, KIND_NUMBER, KIND_CREDENTIAL, KINDS };

static const struct kind kinds[KINDS] = {
	{"account.", &account_config_message,
	 offsetof(struct account_config, account_sid)},
	{"number.", &number_config_message,
	 offsetof(struct number_config, number)},
	{"credential.", &credential_config_message,
	 offsetof(struct credential_config, user)},
};

struct accounts {
	struct map *by_key[KINDS];  /* key to record, which it owns */
	struct map *by_name[KINDS]; /* word to record */
	struct map *realms;         /* by folded name; NULL: not found yet */
	struct map *realm_of;       /* an account's, by AccountSid */
	const struct accounts_realm *first;
	struct bus_follower *follower;
	void (*read)(void *owner);
	void *owner;
};

static const char *name_of(const struct kind *kind, const void *record)
{
	return (const char *)record + kind->name;
}

static void forget_realms(struct accounts *accounts);

static void forget(struct accounts *accounts, int number, const char *key)
{
	const struct kind *kind = &kinds[number];
	void *old = map_remove(accounts->by_key[number], key);
	if (!old)
		return;
	const char *name = name_of(kind, old);
	if (map_get(accounts->by_name[number], name) == old)
		map_remove(accounts->by_name[number], name);
	proto_free(kind->desc, old);
}

void accounts_change(struct accounts *accounts, const struct bus_entry *entry)
{
	char error[PROTO_ERROR_BYTES];
	for (int i = 0; i < KINDS; i++) {
		if (!str_starts(entry->key, kinds[i].prefix))
			continue;
		forget(accounts, i, entry->key);
		if (i == KIND_CREDENTIAL)
			forget_realms(accounts);
		if (!entry->data)
			return;
		void *record = proto_new(kinds[i].desc);
		if (!proto_decode(kinds[i].desc, entry->data, entry->size, NULL,
				  record, error)) {
			metric_add(&unreadable, 1);
			log_error(NULL, 0, "config %s is not used: %s",
				  entry->key, error);
			proto_free(kinds[i].desc, record);
			return;
		}
		map_put(accounts->by_key[i], entry->key, record);
		map_put(accounts->by_name[i], name_of(&kinds[i], record),
			record);
		log_debug(NULL, "config %s is used", entry->key);
		return;
	}
}

static void on_entry(void *owner, const struct bus_entry *entry)
{
	accounts_change(owner, entry);
}

static void on_read(void *owner)
{
	struct accounts *accounts = owner;
	accounts->read(accounts->owner);
}

struct accounts *accounts_new(struct service *service,
			      void (*read)(void *owner), void *owner)
{
	struct accounts *accounts = mem_new(1, sizeof(*accounts));
	accounts->read = read;
	accounts->owner = owner;
	for (int i = 0; i < KINDS; i++) {
		accounts->by_key[i] = map_new();
		accounts->by_name[i] = map_new();
	}
	if (service)
		accounts->follower = bus_kv_watch(service->bus, "config", ">",
						  on_entry, on_read, accounts);
	return accounts;
}

struct accounts *accounts_free(struct accounts *accounts)
{
	if (!accounts)
		return NULL;
	bus_unfollow(accounts->follower);
	forget_realms(accounts);
	for (int i = 0; i < KINDS; i++) {
		size_t cursor = 0;
		const char *key;
		void *record;
		while (map_next(accounts->by_key[i], &cursor, &key, &record))
			proto_free(kinds[i].desc, record);
		map_free(accounts->by_key[i]);
		map_free(accounts->by_name[i]);
	}
	free(accounts);
	return NULL;
}

const struct account_config *accounts_find(const struct accounts *accounts,
					   const char *account_sid)
{
	return map_get(accounts->by_name[KIND_ACCOUNT], account_sid);
}

const struct number_config *accounts_number(const struct accounts *accounts,
					    const char *user)
{
	return map_get(accounts->by_name[KIND_NUMBER], user);
}

const struct credential_config *
accounts_credential(const struct accounts *accounts, const char *user)
{
	return map_get(accounts->by_name[KIND_CREDENTIAL], user);
}

/* --- realms --- */

/* In lower case, as host names are compared. */
static bool fold(const char *name, char *to, size_t size)
{
	if (!str_copy(to, size, name))
		return false;
	for (; *to; to++)
		if (*to >= 'A' && *to <= 'Z')
			*to = (char)(*to + 'a' - 'A');
	return true;
}

static void forget_realms(struct accounts *accounts)
{
	size_t cursor = 0;
	const char *name;
	void *realm;
	if (!accounts->realms)
		return;
	while (map_next(accounts->realms, &cursor, &name, &realm))
		free(realm);
	accounts->realms = map_free(accounts->realms);
	accounts->realm_of = map_free(accounts->realm_of);
	accounts->first = NULL;
}

static bool is_first(const struct accounts_realm *one,
		     const struct accounts_realm *other)
{
	return !other || strcmp(one->realm, other->realm) < 0;
}

static void add_realm(struct accounts *accounts,
		      const struct credential_config *credential)
{
	char name[sizeof(((struct accounts_realm *)0)->realm)];
	if (!fold(credential->realm, name, sizeof(name)))
		return;
	struct accounts_realm *realm = map_get(accounts->realms, name);
	if (!realm) {
		realm = mem_new(1, sizeof(*realm));
		realm->md5 = realm->sha256 = true;
		str_copy(realm->realm, sizeof(realm->realm), credential->realm);
		map_put(accounts->realms, name, realm);
	}
	realm->md5 = realm->md5 && *credential->ha1_md5;
	realm->sha256 = realm->sha256 && *credential->ha1_sha256;
	if (is_first(realm,
		     map_get(accounts->realm_of, credential->account_sid)))
		map_put(accounts->realm_of, credential->account_sid, realm);
	if (is_first(realm, accounts->first))
		accounts->first = realm;
}

/* Once after each change, not once for each stranger. */
static void find_realms(struct accounts *accounts)
{
	size_t cursor = 0;
	const char *name;
	void *credential;
	accounts->realms = map_new();
	accounts->realm_of = map_new();
	while (map_next(accounts->by_name[KIND_CREDENTIAL], &cursor, &name,
			&credential))
		add_realm(accounts, credential);
}

bool accounts_realm(struct accounts *accounts, const char *host,
		    const char *user, struct accounts_realm *realm_out)
{
	char name[sizeof(realm_out->realm)];
	const struct number_config *number = accounts_number(accounts, user);
	const struct accounts_realm *realm = NULL;
	if (!accounts->realms)
		find_realms(accounts);
	if (fold(host, name, sizeof(name)))
		realm = map_get(accounts->realms, name);
	if (!realm && number)
		realm = map_get(accounts->realm_of, number->account_sid);
	if (!realm)
		realm = accounts->first;
	if (!realm)
		return false;
	*realm_out = *realm;
	if (!realm->md5 && !realm->sha256) /* some have this, some that */
		realm_out->md5 = realm_out->sha256 = true;
	return true;
}
