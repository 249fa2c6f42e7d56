/*
 * keys.c - accounts' tokens, for signatures; see keys.h.
 */
#include "lib/http/keys.h"

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"
#include "lib/runtime/service.h"
#include "proto/proto.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(count_unreadable, "account_records_unreadable_total", "",
	       "Records of accounts in bucket config that are not understood.")

struct keys {
	struct map *by_sid; /* struct account_config */
	struct bus_follower *follower;
	char first_sid[65], first_token[129];
	void (*known)(void *owner);
	void *owner;
};

static void on_account(void *owner, const struct bus_entry *entry)
{
	struct keys *keys = owner;
	char error[PROTO_ERROR_BYTES];
	struct account_config *account = map_get(keys->by_sid, entry->key);
	if (account) {
		map_remove(keys->by_sid, entry->key);
		free(account); /* it owns nothing */
	}
	if (!entry->data)
		return;
	account = mem_new(1, sizeof(*account));
	if (proto_decode(&account_config_message, entry->data, entry->size,
			 NULL, account, error)) {
		map_put(keys->by_sid, entry->key, account);
		return;
	}
	metric_add(&count_unreadable, 1);
	log_error(NULL, 0, "config %s is not used: %s", entry->key, error);
	free(account);
}

static void on_known(void *owner)
{
	struct keys *keys = owner;
	keys->known(keys->owner);
}

struct keys *keys_new(struct service *service, void (*known)(void *owner),
		      void *owner)
{
	struct keys *keys = mem_new(1, sizeof(*keys));
	keys->by_sid = map_new();
	keys->known = known;
	keys->owner = owner;
	str_copy(keys->first_sid, sizeof(keys->first_sid),
		 service->account_sid);
	str_copy(keys->first_token, sizeof(keys->first_token),
		 service->auth_token);
	keys->follower = bus_kv_watch(service->bus, "config", "account.>",
				      on_account, on_known, keys);
	return keys;
}

struct keys *keys_free(struct keys *keys)
{
	size_t cursor = 0;
	const char *key;
	void *account;
	if (!keys)
		return NULL;
	bus_unfollow(keys->follower);
	while (map_next(keys->by_sid, &cursor, &key, &account))
		free(account);
	map_free(keys->by_sid);
	free(keys);
	return NULL;
}

static const char *text_or_none(const char *text)
{
	return *text ? text : NULL;
}

const struct account_config *keys_account(const struct keys *keys,
					  const char *account_sid)
{
	char key[80];
	str_format(key, sizeof(key), "account.%s", account_sid);
	return map_get(keys->by_sid, key);
}

struct keys_pair keys_of(const struct keys *keys, const char *account_sid)
{
	struct keys_pair pair = {0};
	const struct account_config *account = keys_account(keys, account_sid);
	if (account) {
		pair.primary = text_or_none(account->token);
		pair.secondary = text_or_none(account->secondary_token);
	}
	if (!pair.primary && str_equal(account_sid, keys->first_sid))
		pair.primary = text_or_none(keys->first_token);
	return pair;
}
