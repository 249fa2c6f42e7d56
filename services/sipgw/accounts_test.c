/*
 * accounts_test.c - bucket 'config' as it changes, and the realm that a
 * stranger is asked for.
 */
#include "services/sipgw/accounts.h"

#include "lib/base/str.h"
#include "lib/runtime/bus.h"
#include "lib/test/test.h"

#include <string.h>

static struct accounts *accounts;

static void put(const char *key, const char *json)
{
	struct bus_entry entry = {key, json, json ? strlen(json) : 0, 1};
	accounts_change(accounts, &entry);
}

static void credential(const char *user, const char *account, const char *realm,
		       const char *hashes)
{
	char key[64], json[512];
	str_format(key, sizeof(key), "credential.%s", user);
	str_format(
		json, sizeof(json),
		"{\"user\":\"%s\",\"account_sid\":\"%s\",\"realm\":\"%s\"%s}",
		user, account, realm, hashes);
	put(key, json);
}

static const char md5[] = ",\"ha1_md5\":\"0123456789abcdef0123456789abcdef\"";

TEST(a_record_is_replaced_and_taken_away)
{
	accounts = accounts_new(NULL, NULL, NULL);
	put("account.AC1", "{\"account_sid\":\"AC1\",\"calls_max\":3}");
	CHECK_INT(accounts_find(accounts, "AC1")->calls_max, 3);
	put("account.AC1", "{\"account_sid\":\"AC1\",\"suspended\":true}");
	CHECK(accounts_find(accounts, "AC1")->suspended);
	CHECK_INT(accounts_find(accounts, "AC1")->calls_max, 0);
	put("account.AC1", NULL);
	CHECK(!accounts_find(accounts, "AC1"));
	accounts_free(accounts);
}

TEST(a_record_that_cannot_be_read_is_none)
{
	accounts = accounts_new(NULL, NULL, NULL);
	put("number.31", "{\"number\":\"1\",\"sid\":\"PN1\","
			 "\"account_sid\":\"AC1\"}");
	CHECK(accounts_number(accounts, "1"));
	test_expect_log("config number.31 is not used");
	put("number.31", "{\"number\":");
	CHECK(!accounts_number(accounts, "1"));
	put("other.31", "{}");
	accounts_free(accounts);
}

TEST(the_realm_is_the_hosts_or_the_numbers_or_the_first)
{
	struct accounts_realm realm;
	accounts = accounts_new(NULL, NULL, NULL);
	CHECK(!accounts_realm(accounts, "a.test", "1", &realm));
	credential("x", "AC1", "m.test", md5);
	credential("y", "AC2", "b.test", md5);
	credential("z", "AC3", "a.test", md5);
	CHECK(accounts_realm(accounts, "B.test", "1", &realm));
	CHECK_TEXT(realm.realm, "b.test");
	CHECK(accounts_realm(accounts, "192.0.2.1", "1", &realm));
	CHECK_TEXT(realm.realm, "a.test");
	put("number.31", "{\"number\":\"1\",\"sid\":\"PN1\","
			 "\"account_sid\":\"AC1\"}");
	CHECK(accounts_realm(accounts, "192.0.2.1", "1", &realm));
	CHECK_TEXT(realm.realm, "m.test");
	accounts_free(accounts);
}

TEST(only_algorithms_that_all_of_a_realm_have_are_offered)
{
	struct accounts_realm realm;
	accounts = accounts_new(NULL, NULL, NULL);
	credential("x", "AC1", "r", md5);
	CHECK(accounts_realm(accounts, "h", "1", &realm));
	CHECK(realm.md5);
	CHECK(!realm.sha256);
	credential("y", "AC1", "r", "");
	CHECK(accounts_realm(accounts, "h", "1", &realm));
	CHECK(realm.md5);
	CHECK(realm.sha256);
	accounts_free(accounts);
}

TEST_MAIN()
