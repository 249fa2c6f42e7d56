/*
 * decode_test.c - messages that are not as proto_encode() writes them.
 */
#include "lib/test/test.h"
#include "proto/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENVELOPE                                                               \
	"\"type\":\"hangup\",\"id\":\"1\",\"time\":1,\"call_sid\":\"CA1\","    \
	"\"from\":\"x/y\""

static char error[PROTO_ERROR_BYTES];
static struct envelope envelope;
static struct hangup hangup;

static bool takes(const char *text)
{
	error[0] = '\0';
	return proto_decode(&hangup_message, text, strlen(text), &envelope,
			    &hangup, error);
}

static void check_refused(const char *text, const char *reason)
{
	CHECK(!takes(text));
	CHECK_TEXT(error, reason);
	CHECK_TEXT(hangup.leg, "");
}

TEST(fields_may_come_in_any_order)
{
	CHECK(takes("{\"epoch\":7,\"reason\":\"r\",\"from\":\"x/y\",\"leg\":"
		    "\"CA2\",\"call_sid\":\"CA1\",\"time\":5,\"id\":\"1\","
		    "\"account_sid\":\"AC1\",\"type\":\"hangup\"}"));
	CHECK_TEXT(hangup.leg, "CA2");
	CHECK_TEXT(hangup.reason, "r");
	CHECK_TEXT(envelope.type, "hangup");
	CHECK_TEXT(envelope.account_sid, "AC1");
	CHECK_INT(envelope.time, 5);
	CHECK_INT(envelope.epoch, 7);
}

TEST(a_name_with_escapes_is_the_same_name)
{
	CHECK(takes("{" ENVELOPE ",\"\\u006ce\\u0067\":\"CA2\"}"));
	CHECK_TEXT(hangup.leg, "CA2");
	CHECK(!takes("{" ENVELOPE ",\"leg\":\"CA2\",\"l\\u0065g\":\"CA3\"}"));
	CHECK(!takes("{" ENVELOPE ",\"leg\":\"CA2\",\"\\u0069d\":\"2\"}"));
}

TEST(every_fault_is_named)
{
	check_refused("{\"leg\":\"CA2\"}",
		      "envelope: type is missing or too long");
	check_refused("{\"id\":\"1234567890123456789012345678901234567890\","
		      "\"leg\":\"CA2\"}",
		      "envelope: id is missing or too long");
	check_refused("{" ENVELOPE "}", "hangup.leg is missing");
	check_refused("{" ENVELOPE ",\"leg\":null}",
		      "hangup.leg is not a text");
	check_refused("{" ENVELOPE ",\"leg\":\"CA2\" \"reason\":\"\"}",
		      "not JSON: a comma or the end is wanted at byte 77");
	check_refused("[]", "not a JSON object");
}

TEST(a_fault_in_what_is_skipped_is_a_fault)
{
	CHECK(takes("{" ENVELOPE ",\"leg\":\"CA2\",\"new\":{\"a\":[1]}}"));
	CHECK(!takes("{" ENVELOPE ",\"leg\":\"CA2\",\"new\":{\"a\":[01]}}"));
	CHECK(!takes("{" ENVELOPE ",\"leg\":\"CA2\",\"n\":1,\"n\":1}"));
	CHECK(!takes("{" ENVELOPE ",\"leg\":\"CA2\",\"new\":1e999}"));
	CHECK(!takes("{" ENVELOPE ",\"leg\":\"CA2\"}}"));
}

TEST(a_length_is_counted_without_escapes)
{
	char text[512], leg[34 * 6 + 1] = "";
	for (int i = 0; i < 34; i++)
		memcpy(leg + i * 6, "\\u0041", 7);
	snprintf(text, sizeof(text), "{" ENVELOPE ",\"leg\":\"%s\"}", leg);
	CHECK(takes(text));
	CHECK_TEXT(hangup.leg, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	snprintf(text, sizeof(text), "{" ENVELOPE ",\"leg\":\"%s\\u0041\"}",
		 leg);
	check_refused(text, "hangup.leg is too long");
	CHECK(takes("{\"type\":\"\\u0068\\u0061\\u006e\\u0067\\u0075\\u0070\""
		    ",\"id\":\"1\",\"call_sid\":\"CA1\",\"from\":\"x/y\","
		    "\"leg\":\"CA2\"}"));
	CHECK_TEXT(envelope.type, "hangup");
}

TEST(times_of_another_kind_are_absent)
{
	CHECK(takes("{\"type\":\"hangup\",\"id\":\"1\",\"time\":\"1\",\"epoch\""
		    ":1.5,\"call_sid\":\"CA1\",\"account_sid\":null,\"from\":"
		    "\"x/y\",\"leg\":\"CA2\"}"));
	CHECK_INT(envelope.time, 0);
	CHECK_INT(envelope.epoch, 0);
	CHECK_TEXT(envelope.account_sid, "");
}

static void check_legs(const char *text, const char *reason)
{
	struct leg_closed closed;
	error[0] = '\0';
	bool good = proto_decode(&leg_closed_message, text, strlen(text), NULL,
				 &closed, error);
	CHECK_INT(good, reason[0] == '\0');
	CHECK_TEXT(error, reason);
	proto_clear(&leg_closed_message, &closed);
}

TEST(lists_hold_parts_and_no_more_than_their_table_says)
{
	char text[2048] = "{\"legs\":[";
	for (int i = 0; i < 64; i++)
		snprintf(text + strlen(text), 16, "{\"leg\":\"CA1\"},");
	size_t size = strlen(text);
	snprintf(text + size - 1, sizeof(text) - size, "]}");
	check_legs(text, "");
	snprintf(text + size, sizeof(text) - size, "{\"leg\":\"\"}]}");
	text[size - 1] = ',';
	check_legs(text, "leg_closed.legs has too many elements");
	check_legs("{\"legs\":[]}", "");
	check_legs("{\"legs\":{}}", "leg_closed.legs is not a list");
	check_legs("{\"legs\":[{\"leg\":\"CA1\"},5]}",
		   "leg_stats.leg is missing");
	check_legs("{\"legs\":[{\"leg\":\"CA1\",\"leg\":\"CA1\"}]}",
		   "not JSON: a name comes twice at byte 28");
}

TEST(a_message_of_more_than_a_megabyte_is_refused)
{
	size_t size = 1024 * 1024 + 1;
	char *text = malloc(size);
	memset(text, ' ', size);
	text[0] = '{', text[size - 1] = '}';
	CHECK(!proto_peek(text, size, &envelope, error));
	CHECK_TEXT(error, "1048577 bytes are too many");
	free(text);
}

TEST_MAIN()
