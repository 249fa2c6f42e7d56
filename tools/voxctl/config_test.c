/*
 * config_test.c - accounts, numbers and credentials as people write them.
 */
#include "tools/voxctl/config.h"

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>

static char error[CONFIG_ERROR_BYTES];
static struct buf text = BUF_INIT(65536);

static const char *shown(const struct config_kind *kind, const void *record)
{
	buf_clear(&text);
	config_print(kind, record, &text);
	return buf_text(&text);
}

TEST(keys_are_what_apid_and_sipgw_look_up)
{
	char key[CONFIG_KEY_BYTES];
	CHECK(config_key(config_kind("account"), "3f-1_C", key, error));
	CHECK_TEXT(key, "account.3f-1_C");
	CHECK(config_key(config_kind("number"), "+49*", key, error));
	CHECK_TEXT(key, "number.2b34392a");
	CHECK(config_key(config_kind("credential"), "al.b", key, error));
	CHECK_TEXT(key, "credential.616c2e62");
	CHECK(!config_key(config_kind("account"), "a.b", key, error));
	CHECK(!config_key(config_kind("number"), "", key, error));
	CHECK(!config_key(config_kind("number"), "a\nb", key, error));
	CHECK(!config_kind("numbers"));
}

TEST(each_field_is_set_by_its_table_and_taken_away_by_nothing)
{
	const struct config_kind *kind = config_kind("account");
	struct account_config account = {0};
	config_name(kind, "AC1", &account);
	CHECK(config_set(kind, &account, "friendly_name=My \"own\"", error));
	CHECK(config_set(kind, &account, "suspended=yes", error));
	CHECK(config_set(kind, &account, "calls_max=7", error));
	CHECK(config_set(kind, &account, "token=new", error));
	CHECK_INT(strlen(account.token), 32);
	CHECK_TEXT(shown(kind, &account),
		   "{\"account_sid\":\"AC1\",\"token\":\"***\","
		   "\"friendly_name\":\"My \\\"own\\\"\",\"suspended\":true,"
		   "\"calls_max\":7}\n");
	CHECK(config_set(kind, &account, "suspended=no", error));
	CHECK(config_set(kind, &account, "calls_max=", error));
	CHECK(config_set(kind, &account, "token=", error));
	CHECK(config_set(kind, &account, "friendly_name=", error));
	CHECK_TEXT(shown(kind, &account), "{\"account_sid\":\"AC1\"}\n");
}

TEST(a_schedule_that_is_none_is_refused)
{
	const struct config_kind *kind = config_kind("account");
	struct account_config account = {0};
	CHECK(config_set(kind, &account, "webhook_retry=5,60", error));
	CHECK_TEXT(account.webhook_retry, "5,60");
	CHECK(!config_set(kind, &account, "webhook_retry=5s", error));
	CHECK_TEXT(error,
		   "webhook_retry: \"5s\" is neither long nor twilio "
		   "nor a list of at most 24 delays in seconds, six days "
		   "in all");
	CHECK_TEXT(account.webhook_retry, "5,60");
	CHECK(config_set(kind, &account, "webhook_retry=", error));
	CHECK_TEXT(account.webhook_retry, "");
}

TEST(passwords_in_urls_are_not_shown)
{
	const struct config_kind *kind = config_kind("number");
	struct number_config number = {0};
	config_name(kind, "100", &number);
	CHECK(config_set(kind, &number, "voice_url=https://al:pw@h/v", error));
	CHECK_TEXT(number.voice_url, "https://al:pw@h/v");
	CHECK_TEXT(shown(kind, &number), "{\"number\":\"100\",\"voice_url\":"
					 "\"https://al:***@h/v\"}\n");
	proto_set_long(&number.voice_url, NULL);
}

TEST(a_second_token_becomes_the_first_at_the_end_of_a_rotation)
{
	const struct config_kind *kind = config_kind("account");
	struct account_config account = {0};
	char second[65];
	config_name(kind, "AC1", &account);
	CHECK(!config_set(kind, &account, "token=secondary", error));
	CHECK(strstr(error, "secondary_token=new") != NULL);
	CHECK(config_set(kind, &account, "token=first", error));
	CHECK(config_set(kind, &account, "secondary_token=new", error));
	CHECK_TEXT(account.token, "first");
	CHECK_INT(strlen(account.secondary_token), 32);
	memcpy(second, account.secondary_token, sizeof(second));
	CHECK(config_set(kind, &account, "token=secondary", error));
	CHECK_TEXT(account.token, second);
	CHECK_TEXT(account.secondary_token, "");
}

TEST(what_does_not_fit_is_refused_with_what_would)
{
	static const struct {
		const char *kind, *assignment, *says;
	} wrong[] = {
		{"account", "calls_max=many", "a number from 0 to"},
		{"account", "calls_max=-1", "a number from 0 to"},
		{"account", "suspended=maybe", "yes or no"},
		{"account", "account_sid=AC2", "no field"},
		{"account", "colour=blue", "no field"},
		{"account", "colour", "no field=value"},
		{"account", "friendly_name=a\nb", "control characters"},
		{"number", "voice_url=app", "http:// or https:// URL"},
		{"number", "voice_method=PUT", "GET, POST"},
		{"number", "dialect=x", "signalwire, restcomm, twilio"},
	};
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct config_kind *kind = config_kind(wrong[i].kind);
		void *record = proto_new(kind->desc);
		CHECK(!config_set(kind, record, wrong[i].assignment, error));
		if (!CHECK(strstr(error, wrong[i].says) != NULL))
			CHECK_TEXT(error, wrong[i].says);
		proto_free(kind->desc, record);
	}
}

TEST(a_number_gets_its_sid_and_the_first_account)
{
	const struct config_kind *kind = config_kind("number");
	struct number_config *number = proto_new(kind->desc);
	config_name(kind, "100", number);
	CHECK(config_set(kind, number, "voice_url=http://app/", error));
	CHECK(config_set(kind, number, "dialect=twilio", error));
	CHECK(config_complete(kind, number, "AC1", NULL, error));
	CHECK(id_is("PN", number->sid));
	CHECK_TEXT(number->account_sid, "AC1");
	CHECK(!config_complete(kind, number, "AC1", "secret", error));
	CHECK(config_set(kind, number, "sid=PN1", error));
	CHECK(!config_complete(kind, number, "AC1", NULL, error));
	proto_free(kind->desc, number);
}

#define SID "AC0123456789abcdef0123456789abcdef"

TEST(a_sid_is_one_or_is_refused_with_what_to_type)
{
	static const char *const good[] = {
		SID, "first", "0b6a3f2e-9c1d-4e5f-8a7b-0123456789ab"};
	static const char *const bad[] = {
		"AC499d", "AC499d…", "ac0123456789abcdef0123456789abcdef",
		SID "0", "0b6a3f2e-9c1d-4e5f-8a7b-0123456789a-"};
	char assignment[128];
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct number_config number = {.number = "1"};
		struct account_config account = {0};
		config_name(config_kind("account"), good[i], &account);
		str_format(assignment, sizeof(assignment), "account_sid=%s",
			   good[i]);
		CHECK(config_set(config_kind("number"), &number, assignment,
				 error));
		CHECK(config_complete(config_kind("number"), &number, "first",
				      NULL, error));
		CHECK(config_complete(config_kind("account"), &account, "first",
				      NULL, error));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct number_config number = {.number = "1"};
		struct credential_config credential = {.user = "u"};
		struct account_config account = {0};
		config_name(config_kind("account"), bad[i], &account);
		(void)str_copy(number.account_sid, sizeof(number.account_sid),
			       bad[i]);
		(void)str_copy(credential.account_sid,
			       sizeof(credential.account_sid), bad[i]);
		CHECK(!config_complete(config_kind("number"), &number, "first",
				       NULL, error));
		CHECK(strstr(error, "write AC and 32 hex digits"));
		CHECK(!config_complete(config_kind("credential"), &credential,
				       "first", "p", error));
		CHECK(!config_complete(config_kind("account"), &account,
				       "first", NULL, error));
	}
}

TEST(a_password_becomes_its_two_digests_and_is_kept_nowhere)
{
	const struct config_kind *kind = config_kind("credential");
	struct credential_config credential = {0};
	config_name(kind, "Mufasa", &credential);
	CHECK(!config_complete(kind, &credential, "AC1", NULL, error));
	CHECK(strstr(error, "password is missing") != NULL);
	CHECK(config_set(kind, &credential, "realm=testrealm@host.com", error));
	CHECK(config_complete(kind, &credential, "AC1", "Circle Of Life",
			      error));
	/* the example of RFC 2617, 3.5 */
	CHECK_TEXT(credential.ha1_md5, "939e7578ed9e3c518a452acee763bce9");
	CHECK_INT(strlen(credential.ha1_sha256), 64);
	CHECK_TEXT(shown(kind, &credential),
		   "{\"user\":\"Mufasa\",\"account_sid\":\"AC1\","
		   "\"realm\":\"testrealm@host.com\",\"ha1_md5\":\"***\","
		   "\"ha1_sha256\":\"***\"}\n");
}

TEST(a_new_realm_needs_the_password_again)
{
	const struct config_kind *kind = config_kind("credential");
	struct credential_config credential = {0};
	config_name(kind, "u", &credential);
	CHECK(config_complete(kind, &credential, "AC1", "p", error));
	CHECK_TEXT(credential.realm, "voxbus");
	CHECK(config_set(kind, &credential, "realm=other", error));
	CHECK(!config_complete(kind, &credential, "AC1", NULL, error));
}

TEST_MAIN()
