/*
 * settings_test.c - values from the environment, and the line about a wrong
 * one.
 */
#include "lib/runtime/settings.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct settings settings;
static char error[512];

/* An environment of nothing but these: names and values, ending with NULL. */
static bool read_with(enum settings_who who, const char *const *pairs)
{
	clearenv();
	for (; *pairs; pairs += 2)
		setenv(pairs[0], pairs[1], 1);
	error[0] = '\0';
	return settings_read(who, 9103, &settings, error);
}

#define READ(who, ...) read_with(who, (const char *const[]){__VA_ARGS__, NULL})
#define READ_NOTHING(who) read_with(who, (const char *const[]){NULL})

TEST(without_variables_every_setting_has_its_default)
{
	CHECK(READ_NOTHING(WHO_SIPGW));
	CHECK_TEXT(settings.nats_url, "nats://127.0.0.1:4222");
	CHECK_TEXT(settings.dialect, "signalwire");
	CHECK_TEXT(settings.sip_allow, "127.0.0.0/8,::1/128");
	CHECK_TEXT(settings.voice_url, "");
	CHECK_INT(settings.sip_port, 5060);
	CHECK_INT(settings.shards, 8);
}

TEST(the_admin_port_is_the_services_own_unless_set)
{
	CHECK(READ_NOTHING(WHO_SIPGW));
	CHECK_INT(settings.admin_port, 9103);
	CHECK(READ(WHO_SIPGW, "VOXBUS_ADMIN_PORT", "7"));
	CHECK_INT(settings.admin_port, 7);
}

TEST(a_variable_replaces_the_default)
{
	CHECK(READ(WHO_SIPGW, "VOXBUS_SIP_PORT", "15060", "VOXBUS_VOICE_METHOD",
		   "get", "VOXBUS_SIP_ALLOW", "10.0.0.0/8"));
	CHECK_INT(settings.sip_port, 15060);
	CHECK_TEXT(settings.voice_method, "GET");
	CHECK_TEXT(settings.sip_allow, "10.0.0.0/8");
}

TEST(settings_of_other_services_are_empty_and_not_looked_at)
{
	CHECK(READ(WHO_FETCHER, "VOXBUS_SIP_PORT", "nonsense"));
	CHECK_INT(settings.sip_port, 0);
	CHECK_TEXT(settings.tls_cert, "");
}

TEST(an_empty_variable_is_an_empty_value_where_that_is_legal)
{
	CHECK(READ(WHO_SIPGW, "VOXBUS_SIP_ALLOW", "", "VOXBUS_SIP_PORT", "",
		   "VOXBUS_NATS_URL", "", "VOXBUS_DIALECT", ""));
	CHECK_TEXT(settings.sip_allow, "");
	CHECK_INT(settings.sip_port, 5060);
	CHECK_TEXT(settings.nats_url, "nats://127.0.0.1:4222");
	CHECK_TEXT(settings.dialect, "signalwire");
}

TEST(a_wrong_number_names_the_variable_the_value_and_the_bounds)
{
	CHECK(!READ(WHO_SIPGW, "VOXBUS_SIP_PORT", "70000"));
	CHECK_TEXT(error, "VOXBUS_SIP_PORT=\"70000\" is wrong: it must be a "
			  "whole number from 1 to 65535");
	CHECK(!READ(WHO_SIPGW, "VOXBUS_SIP_PORT", "5060 "));
	CHECK(!READ(WHO_SIPGW, "VOXBUS_SIP_PORT", "0x10"));
	CHECK(!READ(WHO_SIPGW, "VOXBUS_SIP_PORT", "+1"));
}

TEST(a_wrong_word_names_the_words)
{
	CHECK(!READ(WHO_SIPGW, "VOXBUS_DIALECT", "signal"));
	CHECK_TEXT(error,
		   "VOXBUS_DIALECT=\"signal\" is wrong: it must be one of "
		   "signalwire,restcomm,twilio");
}

TEST(a_wrong_network_is_explained)
{
	CHECK(!READ(WHO_SIPGW, "VOXBUS_SIP_ALLOW", "10.0.0.1/8"));
	CHECK(strstr(error, "VOXBUS_SIP_ALLOW=\"10.0.0.1/8\" is wrong") ==
	      error);
	CHECK(strstr(error, "the network is 10.0.0.0/8") != NULL);
}

TEST(a_wrong_url_is_refused_at_the_start_and_not_by_every_call)
{
	static const char *const wrong[] = {
		"nonsense",        "app.example/voice", "/voice",
		"ftp://app/voice", "http:/app/voice",   "http://",
		"http:///voice",   "https://?a=b",      "http://u:p@/voice",
		"http://:80/",     "http://app:0/",     "http://app:65536",
		"http://app:80x/", "http://[::1/",      "http://[::1]80/",
		"http://[]/",      "http://[app]/",     "http://a b/",
		"http://a\\b/",    "http://<host>/",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!CHECK(!READ(WHO_SIPGW, "VOXBUS_VOICE_URL", wrong[i])))
			CHECK_TEXT(wrong[i], "is refused");
		CHECK(strstr(error, "VOXBUS_VOICE_URL=\"") == error);
	}
	READ(WHO_SIPGW, "VOXBUS_VOICE_URL", "nonsense");
	CHECK_TEXT(error, "VOXBUS_VOICE_URL=\"nonsense\" is wrong: it must be "
			  "an http:// or https:// URL with a host, or nats: "
			  "and a subject, at most 4096 bytes");
}

TEST(a_url_may_have_whatever_a_url_may_have)
{
	static const char *const good[] = {
		"http://app",
		"HTTPS://app.example:443/voice?a=b&c=http://d/#rc=2",
		"http://user:p%40ss@127.0.0.1:8090/voice",
		"http://[::1]:8090/voice",
		"http://[fd00::1]",
		"http://\xc3\xbc.example/\xc3\xbc?q=a b",
		"http://a_b-c.example?q",
		"http://app:/voice:x",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK(READ(WHO_SIPGW, "VOXBUS_VOICE_URL", good[i]));
		CHECK_TEXT(error, "");
		CHECK_TEXT(settings.voice_url, good[i]);
	}
	CHECK(READ(WHO_SIPGW, "VOXBUS_VOICE_URL", ""));
}

TEST(text_that_is_too_long_or_has_controls_is_refused_and_shown_safely)
{
	char longer[400];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK(!READ(WHO_SIPGW, "VOXBUS_DATA_DIR", longer));
	CHECK(strstr(error, "1 to 255 bytes") != NULL);
	CHECK(strlen(error) < 300);
	CHECK(!READ(WHO_SIPGW, "VOXBUS_VOICE_URL", "http://a/\r\nX: y"));
	CHECK(!str_has_control(error));
	CHECK(!READ(WHO_SIPGW, "VOXBUS_VOICE_URL", "http://\xff/"));
}

TEST(a_secret_is_never_shown)
{
	char longer[200];
	memset(longer, 's', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK(!READ(WHO_APID, "VOXBUS_AUTH_TOKEN", longer));
	CHECK(strstr(error, "sss") == NULL);
	CHECK(strstr(error, "VOXBUS_AUTH_TOKEN=\"***\"") == error);
}

static void write_secret(char *path, const char *text)
{
	int fd = mkstemp(path);
	CHECK(fd >= 0 &&
	      write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

TEST(a_secret_may_be_named_as_a_file)
{
	char path[] = "/tmp/voxbus-secret-XXXXXX";
	write_secret(path, "opensesame\nsecond line\n");
	CHECK(READ(WHO_APID, "VOXBUS_AUTH_TOKEN_FILE", path));
	CHECK_TEXT(settings.auth_token, "opensesame");
	CHECK(!READ(WHO_APID, "VOXBUS_AUTH_TOKEN_FILE", path,
		    "VOXBUS_AUTH_TOKEN", "x"));
	CHECK_TEXT(error, "VOXBUS_AUTH_TOKEN and VOXBUS_AUTH_TOKEN_FILE are "
			  "both set: one of them must go");
	unlink(path);
	CHECK(!READ(WHO_APID, "VOXBUS_AUTH_TOKEN_FILE", path));
	CHECK(strstr(error, "No such file or directory") != NULL);
}

TEST(an_empty_secret_file_is_refused)
{
	char path[] = "/tmp/voxbus-secret-XXXXXX";
	write_secret(path, "");
	CHECK(!READ(WHO_APID, "VOXBUS_AUTH_TOKEN_FILE", path));
	CHECK(strstr(error, "the file is empty") != NULL);
	unlink(path);
}

TEST(names_that_become_part_of_subjects_and_paths_have_no_dots)
{
	CHECK(READ(WHO_SIPGW, "VOXBUS_INSTANCE", "edge-1_a"));
	CHECK(!READ(WHO_SIPGW, "VOXBUS_INSTANCE", "edge.1"));
	CHECK(strstr(error, "VOXBUS_INSTANCE is wrong") == error);
	CHECK(!READ(WHO_SIPGW, "VOXBUS_ACCOUNT_SID", "../x"));
}

TEST(settings_that_belong_together_are_checked_together)
{
	CHECK(!READ(WHO_MEDIAD, "VOXBUS_RTP_PORT_MIN", "30000"));
	CHECK(!READ(WHO_MEDIAD, "VOXBUS_RTP_PORT_MIN", "20001"));
	CHECK(READ(WHO_MEDIAD, "VOXBUS_RTP_PORT_MIN", "20002"));
	CHECK(!READ(WHO_SIPGW, "VOXBUS_TLS_CERT", "a.pem"));
	CHECK(READ(WHO_SIPGW, "VOXBUS_TLS_CERT", "a.pem", "VOXBUS_TLS_KEY",
		   "k.pem"));
}

/* --- unknown variables --- */

static struct buf reported = BUF_INIT(4096);

static void on_report(const char *line)
{
	buf_addf(&reported, "%s\n", line);
}

TEST(a_variable_that_nobody_knows_is_reported_with_the_one_that_was_meant)
{
	READ(WHO_SIPGW, "VOXBUS_SIP_PROT", "1", "VOXBUS_HTTP_ALLOW", "",
	     "VOXBUS_AUTH_TOKEN_FILE", "", "PATH", "/bin");
	settings_unknown(on_report);
	CHECK_TEXT(buf_text(&reported), "VOXBUS_SIP_PROT is no setting; did "
					"you mean VOXBUS_SIP_PORT?\n");
	buf_clear(&reported);
	READ(WHO_SIPGW, "VOXBUS_COLOUR_OF_THE_SKY", "blue");
	settings_unknown(on_report);
	CHECK_TEXT(buf_text(&reported),
		   "VOXBUS_COLOUR_OF_THE_SKY is no setting\n");
	buf_free(&reported);
}

TEST(the_api_is_where_it_is_said_to_be_or_where_it_listens)
{
	struct settings house = {
		.api_host = "127.0.0.1", .api_port = 8080, .api_url = ""};
	char url[SETTINGS_API_URL_BYTES];
	settings_api_url(&house, url);
	CHECK_TEXT(url, "http://127.0.0.1:8080");
	house.api_host = "::1";
	settings_api_url(&house, url);
	CHECK_TEXT(url, "http://[::1]:8080");
	house.api_port = 0;
	settings_api_url(&house, url);
	CHECK_TEXT(url, "");
	house.api_url = "https://api.example";
	settings_api_url(&house, url);
	CHECK_TEXT(url, "https://api.example");
}

TEST(what_was_reported_can_be_kept_from_children_and_nothing_else_is_lost)
{
	READ(WHO_SIPGW, "VOXBUS_A", "1", "VOXBUS_B", "2", "PATH", "/bin",
	     "VOXBUS_SIP_PORT", "5060", "VOXBUS_SIP_PROT", "1");
	settings_drop_unknown();
	settings_unknown(on_report);
	CHECK_TEXT(buf_text(&reported), "");
	CHECK_TEXT(getenv("PATH"), "/bin");
	CHECK_TEXT(getenv("VOXBUS_SIP_PORT"), "5060");
	CHECK(!getenv("VOXBUS_SIP_PROT"));
	buf_free(&reported);
}

TEST_MAIN()
