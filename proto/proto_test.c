/*
 * proto_test.c - sends every message of the tables round, and breaks it.
 */
#include "lib/base/str.h"
#include "lib/test/test.h"
#include "proto/mask.h"
#include "proto/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct envelope some_envelope = {.id = "ME1",
					      .time = 1700000000123,
					      .call_sid = "CA1",
					      .account_sid = "AC1",
					      .from = "sipgw/gw0",
					      .epoch = 3};

static const struct envelope *envelope_for(const struct proto_message *desc)
{
	return desc->use == PROTO_RECORD ? NULL : &some_envelope;
}

static char *sample_text(const struct proto_message *desc)
{
	char error[PROTO_ERROR_BYTES] = "";
	void *message = proto_new(desc);
	proto_sample(desc, message);
	char *text = proto_encode(desc, envelope_for(desc), message, error);
	CHECK_TEXT(error, "");
	proto_free(desc, message);
	return text;
}

TEST(every_message_comes_back_as_it_was_sent)
{
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		char error[PROTO_ERROR_BYTES] = "";
		struct envelope envelope = {.type = ""};
		bool record = desc->use == PROTO_RECORD;
		char *text = sample_text(desc);
		void *message = proto_new(desc);
		CHECK(proto_decode(desc, text, strlen(text),
				   record ? NULL : &envelope, message, error));
		CHECK_TEXT(error, "");
		CHECK_TEXT(envelope.type, record ? "" : desc->name);
		CHECK_INT(envelope.epoch, record ? 0 : 3);
		char *again = proto_encode(desc, record ? NULL : &envelope,
					   message, error);
		CHECK_TEXT(again, text);
		proto_free(desc, message);
		free(again);
		free(text);
	}
}

TEST(every_message_cut_short_is_refused_and_leaks_nothing)
{
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		char error[PROTO_ERROR_BYTES];
		struct envelope envelope;
		char *text = sample_text(desc);
		void *message = proto_new(desc);
		size_t cut = strlen(text) - 1;
		CHECK(!proto_decode(desc, text, cut, &envelope, message,
				    error));
		proto_free(desc, message);
		free(text);
	}
}

TEST(a_missing_required_field_is_named)
{
	static const char text[] =
		"{\"type\":\"hangup\",\"id\":\"1\",\"time\":1,"
		"\"call_sid\":\"CA1\",\"from\":\"x/y\"}";
	char error[PROTO_ERROR_BYTES];
	struct envelope envelope;
	struct hangup message;
	CHECK(!proto_decode(&hangup_message, text, sizeof(text) - 1, &envelope,
			    &message, error));
	CHECK_TEXT(error, "hangup.leg is missing");
}

static void check_refused(const char *fields, const char *reason)
{
	char text[512], error[PROTO_ERROR_BYTES] = "";
	struct reject message;
	snprintf(text, sizeof(text), "{%s}", fields);
	CHECK(!proto_decode(&reject_message, text, strlen(text), NULL, &message,
			    error));
	CHECK_TEXT(error, reason);
}

TEST(bounds_kinds_and_lengths_are_checked)
{
	check_refused("\"leg\":\"CA1\",\"status\":200",
		      "reject.status is out of bounds");
	check_refused("\"leg\":\"CA1\",\"status\":\"486\"",
		      "reject.status is not a whole number");
	check_refused("\"leg\":5,\"status\":486", "reject.leg is not a text");
	check_refused("\"leg\":\"CA123456789012345678901234567890123\","
		      "\"status\":486",
		      "reject.leg is too long");
}

TEST(duplicate_fields_and_other_json_are_refused)
{
	static const char *const texts[] = {
		"{\"leg\":\"a\",\"leg\":\"b\"}", "[]", "", "{", "1",
		"{\"leg\":\"\\u0000\"}"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char error[PROTO_ERROR_BYTES] = "";
		struct hangup message;
		CHECK(!proto_decode(&hangup_message, texts[i], strlen(texts[i]),
				    NULL, &message, error));
		CHECK(error[0] != '\0');
	}
}

TEST(an_unknown_field_is_ignored)
{
	static const char text[] = "{\"leg\":\"CA1\",\"later\":{\"a\":[1]}}";
	char error[PROTO_ERROR_BYTES];
	struct hangup message;
	CHECK(proto_decode(&hangup_message, text, sizeof(text) - 1, NULL,
			   &message, error));
	proto_clear(&hangup_message, &message);
}

TEST(absent_fields_are_not_written)
{
	struct hangup message = {.leg = "CA1"};
	char *text = proto_encode(&hangup_message, NULL, &message, NULL);
	CHECK_TEXT(text, "{\"leg\":\"CA1\"}");
	free(text);
}

TEST(a_sender_that_breaks_its_table_gets_no_text)
{
	char error[PROTO_ERROR_BYTES];
	struct reject message = {.leg = "CA1", .status = 42};
	CHECK(!proto_encode(&reject_message, NULL, &message, error));
	CHECK_TEXT(error, "reject.status is out of bounds");
}

TEST(text_that_is_not_utf8_is_mended)
{
	struct hangup message = {.leg = "a\xff\xc3z\xc3\xa4"};
	char *text = proto_encode(&hangup_message, NULL, &message, NULL);
	CHECK_TEXT(text, "{\"leg\":\"a\xef\xbf\xbd\xef\xbf\xbdz\xc3\xa4\"}");
	free(text);
}

TEST(every_character_comes_back_as_it_was_sent)
{
	char error[PROTO_ERROR_BYTES] = "", all[128];
	struct hangup sent = {.leg = "CA1"}, heard;
	for (int c = 1; c < 128; c++)
		all[c - 1] = (char)c;
	all[127] = '\0';
	CHECK(str_copy(sent.reason, sizeof(sent.reason), all));
	char *text = proto_encode(&hangup_message, NULL, &sent, error);
	CHECK(strstr(text, "\\u0001") && strstr(text, "\\u001F"));
	CHECK(proto_decode(&hangup_message, text, strlen(text), NULL, &heard,
			   error));
	CHECK_TEXT(heard.reason, all);
	free(text);
}

TEST(a_copy_owns_its_own_texts)
{
	struct fetched one, two;
	memset(&one, 0, sizeof(one));
	proto_set_long(&one.body, "<Response/>");
	proto_copy(&fetched_message, &one, &two);
	proto_clear(&fetched_message, &one);
	CHECK_TEXT(two.body, "<Response/>");
	proto_clear(&fetched_message, &two);
}

TEST(error_numbers_are_unique_and_have_advice)
{
	for (const struct proto_error *a = proto_errors; a->code; a++) {
		CHECK(a->advice[0] != '\0');
		for (const struct proto_error *b = a + 1; b->code; b++)
			CHECK(a->code != b->code);
	}
	CHECK_TEXT(proto_error(1)->name, "Unknown error");
}

TEST(no_field_has_a_name_of_the_envelope)
{
	static const char names[] =
		" type id time call_sid account_sid from epoch ";
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		for (size_t j = 0; j < desc->field_count; j++) {
			char word[64];
			snprintf(word, sizeof(word), " %s ",
				 desc->fields[j].name);
			CHECK(desc->use == PROTO_RECORD ||
			      !strstr(names, word));
		}
	}
}

TEST(every_outcome_is_a_message)
{
	for (size_t i = 0; proto_messages[i]; i++) {
		char words[128], *rest = words;
		if (proto_messages[i]->use != PROTO_COMMAND)
			continue;
		CHECK(str_copy(words, sizeof(words),
			       proto_messages[i]->outcome));
		for (char *word; (word = strsep(&rest, "|"));)
			CHECK(proto_find(word) != NULL);
	}
}

/* --- masks --- */

static void check_mask(char *(*mask)(const char *), const char *text,
		       const char *wanted)
{
	char *once = mask(text), *twice = mask(once);
	CHECK_TEXT(once, wanted);
	CHECK_TEXT(twice, wanted);
	free(once);
	free(twice);
}

TEST(passwords_in_uris_are_masked)
{
	check_mask(mask_uris, "https://u:secret@app/x?a=b@c:d",
		   "https://u:***@app/x?a=b@c:d");
	check_mask(mask_uris, "http://app:8080/x@y", "http://app:8080/x@y");
	check_mask(mask_uris, "\"A\" <sip:bob:pw@host:5060>;tag=1",
		   "\"A\" <sip:bob:***@host:5060>;tag=1");
	check_mask(mask_uris, "sip:host:5060?X-A=a@b", "sip:host:5060?X-A=a@b");
	check_mask(mask_uris, "http://u:@h", "http://u:@h");
	check_mask(mask_uris, "HTTP://u:a:b@c@h/", "HTTP://u:***@h/");
}

TEST(keys_in_an_sdp_are_masked)
{
	check_mask(mask_sdp,
		   "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
		   "inline:abc/+=|2^20|1:4 WSH=64\r\na=x\r\n",
		   "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
		   "inline:*** WSH=64\r\na=x\r\n");
	check_mask(mask_sdp, "a=crypto:1 X INLINE:k",
		   "a=crypto:1 X INLINE:***");
	check_mask(mask_sdp, "a=crypto:1 X inline:", "a=crypto:1 X inline:");
	check_mask(mask_sdp, "m=audio 4000 RTP/AVP 0\r\n",
		   "m=audio 4000 RTP/AVP 0\r\n");
}

TEST(every_field_that_holds_an_sdp_is_marked)
{
	static const char text[] =
		"{\"type\":\"leg_opened\",\"mediad\":\"md0\",\"boot\":\"B\","
		"\"legs\":[{\"leg\":\"CA1\",\"sdp\":\"a=crypto:1 S "
		"inline:secret\"}]}";
	char *masked = proto_masked(text, strlen(text));

	CHECK(strstr(masked, "secret") == NULL);
	CHECK(strstr(masked, "inline:***") != NULL);
	free(masked);
}

TEST(passwords_in_documents_are_masked)
{
	check_mask(mask_document,
		   "<Sip username='a' password='1\"2'>sip:x:y@z</Sip>",
		   "<Sip username='a' password='***'>sip:x:***@z</Sip>");
	check_mask(mask_document, "<Sip password = \"a&quot;b\" codecs=\"x\"/>",
		   "<Sip password = \"***\" codecs=\"x\"/>");
	check_mask(mask_document, "<Sip password=\"\">", "<Sip password=\"\">");
	check_mask(mask_document, "<Sip password=\xe2\x80\x9dpw\xe2\x80\x9d>",
		   "<Sip password=\xe2\x80\x9d***\xe2\x80\x9d>");
	check_mask(mask_document, "<A password=\"open", "<A password=\"open");
}

TEST(a_message_is_masked_by_its_table)
{
	struct dial dial = {.leg = "CA2",
			    .transport = SIP_UDP,
			    .sip_call_id = "x",
			    .username = "bob",
			    .password = "1234"};
	proto_set_long(&dial.uri, "sip:bob:pw@host");
	proto_set_long(&dial.sdp, "v=0");
	char *text = proto_encode(&dial_message, &some_envelope, &dial, NULL);
	char *masked = proto_masked(text, strlen(text));
	CHECK(strstr(masked, "1234") == NULL);
	CHECK(strstr(masked, "\"password\":\"***\"") != NULL);
	CHECK(strstr(masked, "sip:bob:***@host") != NULL);
	free(masked);
	free(text);
	proto_clear(&dial_message, &dial);
}

TEST(nothing_of_an_unknown_message_is_shown)
{
	static const char text[] = "{\"type\":\"new\",\"id\":\"1\",\"call_sid\""
				   ":\"CA1\",\"a\":\"s\",\"b\":[\"s\",{\"c\":"
				   "\"s\"}],\"n\":1}";
	char *masked = proto_masked(text, sizeof(text) - 1);
	CHECK_TEXT(masked, "{\"type\":\"new\",\"id\":\"1\",\"call_sid\":\"CA1\""
			   ",\"a\":\"***\",\"b\":[\"***\",{\"c\":\"***\"}],"
			   "\"n\":1}");
	free(masked);
}

TEST_MAIN()
