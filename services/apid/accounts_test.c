/*
 * accounts_test.c - who may use the API.
 */
#include "services/apid/accounts.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

static void hear(struct accounts *accounts, const char *sid, const char *token,
		 bool suspended)
{
	struct account_config record = {.suspended = suspended};
	char key[80];
	str_copy(record.account_sid, sizeof(record.account_sid), sid);
	str_copy(record.token, sizeof(record.token), token);
	str_format(key, sizeof(key), "account.%s", sid);
	char *json = proto_encode(&account_config_message, NULL, &record, NULL);
	accounts_hear(accounts, key, json, strlen(json));
	free(json);
}

TEST(the_first_account_has_the_installations_token_whatever_its_record_says)
{
	struct accounts *accounts = accounts_new("AC1", "t1");
	CHECK(accounts_find(accounts, "AC1", "t1") != NULL);
	CHECK(!accounts_find(accounts, "AC1", "t"));
	CHECK(!accounts_find(accounts, "AC1", ""));
	CHECK(!accounts_find(accounts, "AC1", NULL));
	CHECK(!accounts_find(accounts, NULL, "t1"));
	hear(accounts, "AC1", "", true);
	const struct account_config *first =
		accounts_find(accounts, "AC1", "t1");
	CHECK(first && first->suspended);
	accounts_hear(accounts, "account.AC1", NULL, 0);
	first = accounts_find(accounts, "AC1", "t1");
	CHECK(first && !first->suspended);
	accounts_free(accounts);
}

TEST(further_accounts_have_tokens_of_their_own_and_none_is_no_login)
{
	struct accounts *accounts = accounts_new("AC1", "t1");
	hear(accounts, "3f1c-77", "t2", false);
	hear(accounts, "AC3", "", false);
	CHECK(accounts_find(accounts, "3f1c-77", "t2") != NULL);
	CHECK(!accounts_find(accounts, "3f1c-77", "t1"));
	CHECK(!accounts_find(accounts, "AC3", ""));
	hear(accounts, "3f1c-77", "t3", false);
	CHECK(!accounts_find(accounts, "3f1c-77", "t2"));
	CHECK(accounts_find(accounts, "3f1c-77", "t3") != NULL);
	accounts_hear(accounts, "account.3f1c-77", NULL, 0);
	CHECK(!accounts_find(accounts, "3f1c-77", "t3"));
	accounts_free(accounts);
}

TEST(what_is_no_account_changes_nothing)
{
	static const char *const wrong[] = {"", "{}", "[1]",
					    "{\"account_sid\":\"AC3\"}"};
	struct accounts *accounts = accounts_new("AC1", "t1");
	hear(accounts, "AC2", "t2", false);
	for (unsigned i = 0; i < 4; i++) {
		test_expect_log("is no account");
		accounts_hear(accounts, "account.AC2", wrong[i],
			      strlen(wrong[i]));
	}
	CHECK(accounts_find(accounts, "AC2", "t2") != NULL);
	accounts_free(accounts);
}

TEST(during_a_rotation_both_tokens_are_good)
{
	struct accounts *accounts = accounts_new("AC1", "t1");
	static const char *const records[] = {
		"{\"account_sid\":\"AC1\",\"secondary_token\":\"n1\"}",
		"{\"account_sid\":\"AC2\",\"token\":\"t2\","
		"\"secondary_token\":\"n2\"}"};
	accounts_hear(accounts, "account.AC1", records[0], strlen(records[0]));
	accounts_hear(accounts, "account.AC2", records[1], strlen(records[1]));
	CHECK(accounts_find(accounts, "AC1", "t1") != NULL);
	CHECK(accounts_find(accounts, "AC1", "n1") != NULL);
	CHECK(accounts_find(accounts, "AC2", "t2") != NULL);
	CHECK(accounts_find(accounts, "AC2", "n2") != NULL);
	CHECK(!accounts_find(accounts, "AC2", "n1"));
	CHECK(!accounts_find(accounts, "AC2", ""));
	accounts_free(accounts);
}

TEST_MAIN()
