/*
 * letter_test.c - letters are found by call, host and event, and printed
 * without secrets.
 */
#include "tools/voxctl/letter.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"
#include "tools/voxctl/letter_print.h"

#include <string.h>

static const char given_up[] =
	"{\"type\":\"dead\",\"id\":\"DL1\",\"time\":1000,\"call_sid\":\"CA1\","
	"\"account_sid\":\"AC1\",\"from\":\"callbackd/cb0\",\"hook\":\"HK1\","
	"\"leg\":\"CA2\",\"url\":\"https://al:secret@Shop.example:8443/x\","
	"\"method\":\"POST\",\"params\":[{\"name\":\"To\",\"value\":"
	"\"sip:b:pw@c\\u001b[1m\"}],\"sequence\":3,\"event\":\"completed\","
	"\"tried\":2,\"tries\":[{\"number\":1,\"at\":5000,\"error\":11205,"
	"\"error_text\":\"refused\",\"requests\":2},{\"number\":2,"
	"\"at\":61000,\"status\":500,\"error\":11217,\"total_ms\":8}],"
	"\"at\":61000,\"error\":67001,\"error_text\":\"given up\"}";

static struct letter letter;

static bool matches(struct letter_filter filter)
{
	return letter_matches(&filter, &letter);
}

static void read(void)
{
	memset(&letter, 0, sizeof(letter));
	CHECK(letter_decode(false, given_up, strlen(given_up), &letter));
}

TEST(a_letter_is_found_by_call_leg_host_event_and_the_beginning_of_its_name)
{
	read();
	CHECK(matches((struct letter_filter){.call = "CA1"}));
	CHECK(matches((struct letter_filter){.call = "CA2"}));
	CHECK(!matches((struct letter_filter){.call = "CA3"}));
	CHECK(matches((struct letter_filter){.host = "shop.example"}));
	CHECK(matches((struct letter_filter){.host = "SHOP.example:8443"}));
	CHECK(matches(
		(struct letter_filter){.host = "https://shop.example:8443"}));
	CHECK(!matches((struct letter_filter){.host = "shop.example:443"}));
	CHECK(!matches((struct letter_filter){.host = "shop"}));
	CHECK(matches((struct letter_filter){.event = "Completed"}));
	CHECK(!matches((struct letter_filter){.event = "complete"}));
	CHECK(matches((struct letter_filter){.hook = "HK"}));
	CHECK(!matches((struct letter_filter){.call = "CA1", .hook = "HK2"}));
	letter_clear(&letter);
}

TEST(a_letter_is_shown_with_each_attempt_and_without_secrets)
{
	struct buf text = BUF_INIT(65536);
	read();
	letter_print_whole(&letter, &text);
	CHECK(strstr(buf_text(&text), "HK1  #3 completed of CA2 (call CA1)"));
	CHECK(strstr(buf_text(&text), "11205 refused (2 requests)"));
	CHECK(strstr(buf_text(&text), "1970-01-01 00:01:01     500        8"));
	CHECK(!strstr(buf_text(&text), "secret"));
	CHECK(!strchr(buf_text(&text), '\033'));
	buf_clear(&text);
	letter_print_row(&letter, &text);
	CHECK(strstr(buf_text(&text), "3 completed        2  500"));
	CHECK(!strstr(buf_text(&text), "secret"));
	buf_clear(&text);
	letter_print_json(&letter, &text);
	CHECK(strstr(buf_text(&text), "\"state\":\"given up\""));
	CHECK(!strstr(buf_text(&text), "secret"));
	buf_free(&text);
	letter_clear(&letter);
}

TEST(what_is_no_letter_is_none)
{
	memset(&letter, 0, sizeof(letter));
	CHECK(!letter_decode(true, given_up, strlen(given_up), &letter));
	CHECK(!letter_decode(false, "{}", 2, &letter));
}

TEST_MAIN()
