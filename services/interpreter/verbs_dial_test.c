/*
 * verbs_dial_test.c - what <Dial> and <Sip> ask for, and what becomes of each
 * value that is wrong.
 */
#include "services/interpreter/lint.h"
#include "services/interpreter/verbs.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

static struct document *document;
static struct findings findings;
static struct noun nouns[VERBS_NOUNS_MAX];

/* The document's first verb is a Dial with these attributes. */
static void dial(const char *attributes, const char *inside)
{
	static char text[60000];
	findings_clear(&findings);
	document_free(document);
	CHECK(str_format(text, sizeof(text),
			 "<Response><Dial %s>%s</Dial></Response>", attributes,
			 inside));
	document = document_parse(text, strlen(text), "text/xml", false,
				  &findings);
	CHECK(document != NULL);
	verbs_check(document, dialect_row(DIALECT_SIGNALWIRE), false,
		    &findings);
}

#define DIAL 1
#define SIP 2

static int code(void)
{
	return findings.count ? findings.list[0].code : 0;
}

TEST(true_and_false_are_read_in_any_case_and_nothing_else)
{
	dial("hangupOnStar=\"true\" answerOnBridge=\"FALSE\"", "");
	CHECK(verbs_bool(document, DIAL, "hangupOnStar"));
	CHECK(!verbs_bool(document, DIAL, "answerOnBridge"));
	CHECK(!verbs_bool(document, DIAL, "sequential"));
	CHECK_INT(findings.count, 0);
	dial("hangupOnStar=\"yes\"", "");
	CHECK(!verbs_bool(document, DIAL, "hangupOnStar"));
	CHECK_INT(code(), ERR_DIAL_STAR);
	dial("sequential=\"1\"", "");
	CHECK(!verbs_bool(document, DIAL, "sequential"));
	CHECK_INT(code(), ERR_DOCUMENT_SCHEMA);
}

static const struct {
	const char *name, *written;
	int64_t counts;
	int noted;
} times[] = {
	{"timeout", "1", 1, 0},
	{"timeout", "600", 600, 0},
	{"timeout", "0", 1, ERR_DIAL_TIMEOUT},
	{"timeout", "-3", 1, ERR_DIAL_TIMEOUT},
	{"timeout", "601", 600, ERR_DIAL_TIMEOUT},
	{"timeout", "soon", 30, ERR_DIAL_TIMEOUT},
	{"timeout", "", 30, ERR_DIAL_TIMEOUT},
	{"timeLimit", "1", 1, 0},
	{"timeLimit", "14400", 14400, 0},
	{"timeLimit", "0", 1, ERR_DOCUMENT_SCHEMA},
	{"timeLimit", "14401", 14400, ERR_DOCUMENT_SCHEMA},
	{"timeLimit", "1h", 14400, ERR_DOCUMENT_SCHEMA},
};

TEST(timeout_and_time_limit_have_bounds_and_a_default)
{
	char attribute[100];
	dial("", "");
	CHECK_INT(verbs_number(document, DIAL, "timeout"), 30);
	CHECK_INT(verbs_number(document, DIAL, "timeLimit"), 14400);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		(void)str_format(attribute, sizeof(attribute), "%s=\"%s\"",
				 times[i].name, times[i].written);
		dial(attribute, "");
		if (!CHECK_INT(verbs_number(document, DIAL, times[i].name),
			       times[i].counts))
			CHECK_TEXT(attribute, "");
		CHECK_INT(code(), times[i].noted);
	}
}

static const struct {
	const char *written;
	int64_t counts;
	bool noted;
} sessions[] = {
	{"", 600, true},        {"0", 600, false},       {"90", 90, false},
	{"1800", 1800, false},  {"30", 90, true},        {"-5", 90, true},
	{"99999", 86400, true}, {"ten", 600, true},      {"1e3", 600, true},
	{"600 ", 600, false},   {"86400", 86400, false},
};

static const struct {
	const char *written;
	int64_t counts;
	bool noted;
} screenings[] = {
	{"20", 20, false},   {"1", 1, false}, {"600", 600, false},
	{"0", 1, true},      {"-5", 1, true}, {"601", 600, true},
	{"soon", 60, true},  {"", 60, true},  {"2.5", 60, true},
	{" 30 ", 30, false},
};

TEST(screening_timeout_has_bounds_and_a_default)
{
	char sip[100];
	dial("", "<Sip>sip:a@h</Sip>");
	CHECK_INT(verbs_number(document, SIP, "screeningTimeout"), 60);
	for (size_t i = 0; i < sizeof(screenings) / sizeof(screenings[0]);
	     i++) {
		(void)str_format(sip, sizeof(sip),
				 "<Sip screeningTimeout=\"%s\">sip:a@h</Sip>",
				 screenings[i].written);
		dial("", sip);
		if (!CHECK_INT(verbs_number(document, SIP, "screeningTimeout"),
			       screenings[i].counts))
			CHECK_TEXT(sip, "");
		CHECK_INT(code(),
			  screenings[i].noted ? ERR_DOCUMENT_SCHEMA : 0);
	}
}

TEST(session_timeout_is_600_when_it_is_0_or_unset)
{
	char sip[100];
	dial("", "<Sip/>");
	CHECK_INT(verbs_session(document, SIP), 600);
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		(void)str_format(sip, sizeof(sip),
				 "<Sip sessionTimeout=\"%s\"/>",
				 sessions[i].written);
		dial("", sip);
		if (!CHECK_INT(verbs_session(document, SIP),
			       sessions[i].counts))
			CHECK_TEXT(sessions[i].written, "");
		CHECK_INT(findings.count, sessions[i].noted);
	}
}

TEST(caller_name_is_cut_at_a_character)
{
	char name[VERBS_NAME_BYTES], attribute[400] = "callerName=\"";
	dial("callerName=\" Alice &quot;at&quot; the\xC3\xA9 desk \"", "");
	CHECK(verbs_caller_name(document, DIAL, name));
	CHECK_TEXT(name, "Alice \"at\" the\xC3\xA9 desk");
	CHECK_INT(findings.count, 0);
	for (int i = 0; i < 71; i++)
		strncat(attribute, "a", 2);
	strncat(attribute, "\"", 2);
	dial(attribute, "");
	CHECK(verbs_caller_name(document, DIAL, name));
	CHECK_INT(strlen(name), 70);
	CHECK_INT(code(), ERR_DOCUMENT_SCHEMA);
	(void)str_copy(attribute, sizeof(attribute), "callerName=\"");
	for (int i = 0; i < 70; i++)
		strncat(attribute, "\xE2\x82\xAC", 4); /* three bytes each */
	strncat(attribute, "\"", 2);
	dial(attribute, "");
	CHECK(verbs_caller_name(document, DIAL, name));
	CHECK_INT(strlen(name), 126);
	dial("callerName=\"a&#10;Via: b\"", "");
	CHECK(!verbs_caller_name(document, DIAL, name));
	CHECK_INT(code(), ERR_DOCUMENT_SCHEMA);
	dial("callerName=\"\"", "");
	CHECK(!verbs_caller_name(document, DIAL, name));
	dial("", "");
	CHECK(!verbs_caller_name(document, DIAL, name));
}

TEST(caller_id_has_the_characters_of_the_seed_page)
{
	static const char *const bad[] = {"a b",      "a&#10;b", "a&quot;b",
					  "a@b",      "a;b",     "&lt;a&gt;",
					  "\xC3\xA4", "",        "a%0d%0ab"};
	char attribute[60];
	const struct dialect *dialect = dialect_row(DIALECT_SIGNALWIRE);
	dial("callerId=\"Ab9+-_.,\"", "");
	CHECK_TEXT(verbs_caller_id(document, DIAL, dialect), "Ab9+-_.,");
	CHECK_INT(findings.count, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)str_format(attribute, sizeof(attribute),
				 "callerId=\"%s\"", bad[i]);
		dial(attribute, "");
		CHECK(!verbs_caller_id(document, DIAL, dialect));
		CHECK_INT(code(), ERR_DIAL_CALLER_ID);
	}
}

TEST(record_and_its_relatives_are_read_together)
{
	struct recording recording;
	dial("", "");
	verbs_recording(document, DIAL, &recording);
	CHECK_INT(recording.from, RECORD_NEVER);
	CHECK_INT(recording.events, 1 << RECORD_COMPLETED);
	CHECK_INT(recording.method, HTTP_POST);
	CHECK(!recording.callback && !recording.trim);
	dial("record=\"true\"", "");
	verbs_recording(document, DIAL, &recording);
	CHECK_INT(recording.from, RECORD_FROM_ANSWER);
	CHECK(!recording.dual);
	dial("record=\"record-from-ringing-dual\" trim=\"trim-silence\" "
	     "recordingTrack=\"outbound\" recordingStatusCallback=\"/r\" "
	     "recordingStatusCallbackMethod=\"GET\" "
	     "recordingStatusCallbackEvent=\"in-progress, absent\"",
	     "");
	verbs_recording(document, DIAL, &recording);
	CHECK_INT(recording.from, RECORD_FROM_RINGING);
	CHECK(recording.dual && recording.trim);
	CHECK_INT(recording.track, RECORD_OUTBOUND);
	CHECK_TEXT(recording.callback, "/r");
	CHECK_INT(recording.method, HTTP_GET);
	CHECK_INT(recording.events,
		  1 << RECORD_IN_PROGRESS | 1 << RECORD_ABSENT);
	dial("record=\"maybe\" recordingTrack=\"up\" trim=\"all\"", "");
	verbs_recording(document, DIAL, &recording);
	CHECK_INT(recording.from, RECORD_NEVER);
	CHECK_INT(recording.track, RECORD_BOTH);
	CHECK(!recording.trim);
	CHECK_INT(findings.count, 3);
	dial("record=\"false\" ringTone=\"de\"", "");
	verbs_recording(document, DIAL, &recording);
	CHECK_INT(recording.from, RECORD_NEVER);
	CHECK_TEXT(verbs_ring_tone(document, DIAL), "de");
	CHECK_INT(findings.count, 0);
}

static unsigned read_nouns(enum dialect_name dialect)
{
	return verbs_nouns(document, DIAL, dialect_row(dialect), nouns);
}

TEST(beside_a_sip_other_nouns_are_the_dialects_affair)
{
	dial("", "<Number>+49</Number><Sip>sip:a@h</Sip><Foo/>"
		 "<Client>bob</Client>");
	CHECK_INT(read_nouns(DIALECT_SIGNALWIRE), 3);
	CHECK_INT(nouns[0].error, ERR_NESTING);
	CHECK(strstr(nouns[0].error_text, "<Number>") != NULL);
	CHECK_INT(nouns[1].error, 0);
	CHECK_TEXT(nouns[1].text, "sip:a@h");
	CHECK_INT(nouns[2].error, ERR_NESTING);
	CHECK_INT(read_nouns(DIALECT_RESTCOMM), 3);
	CHECK_INT(nouns[0].error, ERR_NESTING);
	CHECK_INT(read_nouns(DIALECT_TWILIO), 3);
	CHECK_INT(nouns[0].error, ERR_DIAL_NOUN);
	CHECK_INT(nouns[1].error, 0);
	dial("", "<Number>+49</Number><Client>bob</Client>");
	CHECK_INT(read_nouns(DIALECT_SIGNALWIRE), 2);
	CHECK_INT(nouns[0].error, ERR_DIAL_NOUN);
	CHECK(strstr(nouns[1].error_text,
		     "<Client> is not supported by this installation") != NULL);
}

TEST(ten_sips_are_dialled_and_no_more)
{
	char many[VERBS_NOUNS_MAX * 80] = "";
	for (int i = 0; i < VERBS_NOUNS_MAX + 8; i++)
		strncat(many, "<Sip>sip:a@h</Sip>", 40);
	dial("", many);
	CHECK_INT(read_nouns(DIALECT_SIGNALWIRE), VERBS_NOUNS_MAX);
	for (unsigned i = 0; i < VERBS_NOUNS_MAX; i++)
		CHECK_INT(nouns[i].error, i < 10 ? 0 : ERR_SIP_TOO_MANY);
}

static unsigned nouns_of(enum dialect_name name, int64_t sips)
{
	const struct dialect dialect =
		dialect_limited(name, (struct dialect_limits){.sips = sips});
	return verbs_nouns(document, DIAL, &dialect, nouns);
}

TEST(as_many_sips_are_dialled_as_is_set_and_the_rest_is_told)
{
	char many[(DIALECT_SIPS_MAX + 2) * 20] = "";
	for (int i = 0; i < DIALECT_SIPS_MAX + 1; i++)
		strncat(many, "<Sip>sip:a@h</Sip>", 40);
	dial("", many);
	for (enum dialect_name name = DIALECT_SIGNALWIRE;
	     name <= DIALECT_TWILIO; name++) {
		for (unsigned most = 1; most <= DIALECT_SIPS_MAX; most++) {
			CHECK_INT(nouns_of(name, most), DIALECT_SIPS_MAX + 1);
			CHECK_INT(nouns[most - 1].error, 0);
			CHECK_INT(nouns[most].error, ERR_SIP_TOO_MANY);
		}
		(void)nouns_of(name, 0);
		CHECK_INT(nouns[10].error, ERR_SIP_TOO_MANY);
		(void)nouns_of(name, 1000);
		CHECK_INT(nouns[DIALECT_SIPS_MAX].error, ERR_SIP_TOO_MANY);
	}
}

TEST(of_more_nouns_than_are_looked_at_the_last_entry_tells)
{
	char many[(VERBS_NOUNS_MAX + 1) * 40] = "";
	for (int i = 0; i < VERBS_NOUNS_MAX; i++)
		strncat(many, "<Number>1</Number>", 40);
	strncat(many, "<Sip>sip:a@h</Sip>", 40);
	dial("", many);
	CHECK_INT(read_nouns(DIALECT_TWILIO), VERBS_NOUNS_MAX);
	CHECK_INT(nouns[VERBS_NOUNS_MAX - 2].error, ERR_DIAL_NOUN);
	CHECK_INT(nouns[VERBS_NOUNS_MAX - 1].error, ERR_SIP_TOO_MANY);
	CHECK(strstr(nouns[VERBS_NOUNS_MAX - 1].error_text,
		     "from here on nothing of this <Dial> is dialled") != NULL);
}

TEST(the_text_of_a_dial_may_be_a_sip_uri)
{
	dial("", " sip:bob@h ");
	CHECK_INT(read_nouns(DIALECT_SIGNALWIRE), 1);
	CHECK_INT(nouns[0].error, 0);
	CHECK_INT(nouns[0].node, DIAL);
	CHECK_TEXT(nouns[0].text, "sip:bob@h");
	dial("", "+4930123");
	CHECK_INT(read_nouns(DIALECT_SIGNALWIRE), 1);
	CHECK_INT(nouns[0].error, ERR_DIAL_NOUN);
	dial("", "sip:bob@h<Sip>sip:a@h</Sip>");
	CHECK_INT(read_nouns(DIALECT_SIGNALWIRE), 2);
	CHECK_INT(nouns[0].error, ERR_DIAL_NOUN);
	CHECK_INT(nouns[1].error, 0);
	dial("", "");
	CHECK_INT(read_nouns(DIALECT_SIGNALWIRE), 0);
}

TEST(with_video_inside_the_uri_is_the_name)
{
	dial("", "<Sip name=\"sip:alice@127.0.0.1:5080\"><Video "
		 "enable=\"true\"></Video></Sip>");
	CHECK_INT(read_nouns(DIALECT_RESTCOMM), 1);
	CHECK_TEXT(nouns[0].text, "sip:alice@127.0.0.1:5080");
	CHECK_INT(code(), 0);
	CHECK(verbs_video(document, nouns[0].node));
	dial("", "<Sip name=\"sip:alice@127.0.0.1:5080\"><Video "
		 "enable=\"false\"></Video></Sip>");
	CHECK_INT(read_nouns(DIALECT_RESTCOMM), 1);
	CHECK(!verbs_video(document, nouns[0].node));
	dial("", "<Sip name=\"sip:n@h\">sip:t@h</Sip>");
	CHECK_INT(read_nouns(DIALECT_RESTCOMM), 1);
	CHECK_TEXT(nouns[0].text, "sip:t@h");
}

/* docs/markup.md prints them. */
TEST(the_example_of_each_attribute_is_right)
{
	char text[400];
	for (const struct attribute_rule *rule = verbs_attributes; rule->name;
	     rule++) {
		bool sip = strcmp(rule->element, "Sip") == 0;
		bool in_dial = strcmp(rule->element, "Dial") == 0;
		if (!sip && !in_dial)
			continue;
		(void)str_format(
			text, sizeof(text),
			"<Response><Dial%s%s%s%s%s><Sip%s%s%s%s%s>sip:a@h"
			";transport=udp</Sip></Dial></Response>",
			sip ? "" : " ", sip ? "" : rule->name, sip ? "" : "=\"",
			sip ? "" : rule->example, sip ? "" : "\"",
			in_dial ? "" : " ", in_dial ? "" : rule->name,
			in_dial ? "" : "=\"", in_dial ? "" : rule->example,
			in_dial ? "" : "\"");
		for (enum dialect_name name = DIALECT_SIGNALWIRE;
		     name <= DIALECT_TWILIO; name++) {
			bool has = rule->of & dialect_row(name)->params;
			bool works = rule->kind != VALUE_LATER;
			findings_clear(&findings);
			document_lint(text, strlen(text), "text/xml",
				      (struct lint_rules){.dialect = name},
				      &findings);
			if (!CHECK_INT(findings.count, !has + !works))
				CHECK_TEXT(text, "");
		}
	}
	findings_clear(&findings);
	document = document_free(document);
}

TEST(the_example_of_each_attribute_of_a_verb_is_right)
{
	static const struct {
		const char *verb, *text;
	} verbs[] = {{"Play", "http://app.example/a.wav"},
		     {"Say", "hello"},
		     {"Gather", ""},
		     {"Record", ""},
		     {"Pause", ""}};
	char text[400];
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct attribute_rule *rule = verbs_attributes;
		for (; rule->name; rule++) {
			if (strcmp(rule->element, verbs[i].verb) != 0)
				continue;
			(void)str_format(text, sizeof(text),
					 "<Response><%s %s=\"%s\">%s</%s>"
					 "</Response>",
					 rule->element, rule->name,
					 rule->example, verbs[i].text,
					 rule->element);
			findings_clear(&findings);
			document_lint(
				text, strlen(text), "text/xml",
				(struct lint_rules){
					.dialect =
						rule->of & PARAMS_TWILIO
							? DIALECT_TWILIO
						: rule->of & PARAMS_SIGNALWIRE
							? DIALECT_SIGNALWIRE
							: DIALECT_RESTCOMM},
				&findings);
			if (!CHECK_INT(findings.count,
				       rule->kind == VALUE_LATER))
				CHECK_TEXT(text, "");
		}
	}
	findings_clear(&findings);
}

static const char *keys_of(const char *verb, const char *attribute,
			   enum dialect_name name)
{
	static char keys[VERBS_KEYS_BYTES];
	char text[200];
	(void)str_format(text, sizeof(text), "<Response><%s/></Response>",
			 verb);
	document = document_free(document);
	document = document_parse(text, strlen(text), "text/xml", false,
				  &findings);
	verbs_keys(document, 1, attribute, dialect_row(name), keys);
	document = document_free(document);
	return keys;
}

TEST(a_set_of_keys_is_what_it_says_or_what_the_dialect_has)
{
	CHECK_TEXT(keys_of("Gather", "finishOnKey", DIALECT_TWILIO), "#");
	CHECK_TEXT(keys_of("Gather finishOnKey=\"\"", "finishOnKey",
			   DIALECT_TWILIO),
		   "");
	CHECK_TEXT(keys_of("Gather finishOnKey=\"*1*\"", "finishOnKey",
			   DIALECT_TWILIO),
		   "*1");
	CHECK_TEXT(keys_of("Record finishOnKey=\"-1\"", "finishOnKey",
			   DIALECT_RESTCOMM),
		   "");
	CHECK_TEXT(keys_of("Record finishOnKey=\"x\"", "finishOnKey",
			   DIALECT_RESTCOMM),
		   "1234567890*#");
	CHECK_TEXT(keys_of("Gather", "startInputKey", DIALECT_SIGNALWIRE), "");
	CHECK_TEXT(keys_of("Gather", "startInputKey", DIALECT_RESTCOMM),
		   "*0123456789");
}

TEST_MAIN()
