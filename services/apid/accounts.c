/*
 * accounts.c - who may use the API; see accounts.h.
 */
#include "services/apid/accounts.h"

#include "lib/base/log.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/runtime/metrics.h"

#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(malformed, "account_records_total", "result=\"malformed\"",
	       "Records of accounts in bucket config.")
METRIC_COUNTER(left_out, "account_records_total", "result=\"left_out\"",
	       "Records of accounts in bucket config.")

struct accounts {
	struct map *by_sid; /* struct account_config, the first one's too */
	char first_sid[65], first_token[129];
};

static void put(struct accounts *accounts, const struct account_config *record)
{
	struct account_config *account =
		map_get(accounts->by_sid, record->account_sid);
	if (!account) {
		account = mem_new(1, sizeof(*account));
		map_put(accounts->by_sid, record->account_sid, account);
	}
	*account = *record; /* it owns nothing */
}

static void put_first(struct accounts *accounts)
{
	struct account_config first = {0};
	str_copy(first.account_sid, sizeof(first.account_sid),
		 accounts->first_sid);
	put(accounts, &first);
}

struct accounts *accounts_new(const char *sid, const char *token)
{
	struct accounts *accounts = mem_new(1, sizeof(*accounts));
	accounts->by_sid = map_new();
	str_copy(accounts->first_sid, sizeof(accounts->first_sid), sid);
	str_copy(accounts->first_token, sizeof(accounts->first_token), token);
	put_first(accounts);
	return accounts;
}

struct accounts *accounts_free(struct accounts *accounts)
{
	if (accounts) {
		size_t cursor = 0;
		const char *sid;
		void *account;
		while (map_next(accounts->by_sid, &cursor, &sid, &account))
			free(account);
		map_free(accounts->by_sid);
		free(accounts);
	}
	return NULL;
}

static void forget(struct accounts *accounts, const char *sid)
{
	struct account_config *account;
	if (strcmp(sid, accounts->first_sid) == 0) {
		put_first(accounts);
		return;
	}
	account = map_get(accounts->by_sid, sid);
	if (!account)
		return;
	map_remove(accounts->by_sid, sid);
	free(account);
}

void accounts_hear(struct accounts *accounts, const char *key, const char *data,
		   size_t size)
{
	struct account_config record;
	char error[PROTO_ERROR_BYTES];
	const char *sid = key + strcspn(key, ".");
	sid += *sid == '.';
	if (!data) {
		forget(accounts, sid);
		return;
	}
	if (!proto_decode(&account_config_message, data, size, NULL, &record,
			  error) ||
	    strcmp(record.account_sid, sid) != 0) {
		metric_add(&malformed, 1);
		log_warn(NULL, 0, "key %s in bucket config is no account", key);
		return;
	}
	if (map_count(accounts->by_sid) >= ACCOUNTS_MAX &&
	    !map_get(accounts->by_sid, sid)) {
		metric_add(&left_out, 1);
		log_warn(NULL, 0,
			 "account %s is left out: %d are the most that one "
			 "installation has",
			 sid, ACCOUNTS_MAX);
		return;
	}
	put(accounts, &record);
}

/* In time that depends on what was sent only. */
static bool same_secret(const char *sent, const char *right)
{
	size_t length = strlen(sent), wanted = strlen(right);
	unsigned different = length != wanted || !wanted;
	for (size_t i = 0; i < length; i++)
		different |= (unsigned char)sent[i] ^
			     (unsigned char)right[wanted ? i % wanted : 0];
	return !different;
}

const struct account_config *accounts_find(const struct accounts *accounts,
					   const char *user,
					   const char *password)
{
	const struct account_config *account =
		user ? map_get(accounts->by_sid, user) : NULL;
	const char *right = "";
	if (account && password && *account->secondary_token &&
	    same_secret(password, account->secondary_token))
		return account;
	if (account && *account->token)
		right = account->token;
	else if (account && strcmp(user, accounts->first_sid) == 0)
		right = accounts->first_token;
	return password && same_secret(password, right) ? account : NULL;
}
