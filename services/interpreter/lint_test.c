/*
 * lint_test.c - what people are told about their documents.
 */
#include "services/interpreter/lint.h"

#include "lib/test/test.h"

#include <string.h>

static struct findings findings;
static struct buf printed = BUF_INIT(65536);

static bool strict;
static struct dialect_limits limits;

static const char *lint(const char *body)
{
	buf_clear(&printed);
	findings_clear(&findings);
	document_lint(body, strlen(body), "text/xml",
		      (struct lint_rules){.dialect = DIALECT_SIGNALWIRE,
					  .strict = strict,
					  .limits = limits},
		      &findings);
	document_lint_print("app.xml", body, strlen(body), &findings, &printed);
	return buf_text(&printed);
}

TEST(a_good_document_has_no_findings)
{
	CHECK_TEXT(lint("<Response>\n <Pause length=\"2\"/>\n <Dial "
			"answerOnBridge=\"false\" record=\"do-not-record\">"
			"<Sip codecs=\"PCMA, pcmu\">sip:a@h;transport=udp"
			"</Sip></Dial>\n</Response>"),
		   "");
}

static enum plain answered(enum dialect_name dialect, const char *type,
			   const char *body)
{
	findings_clear(&findings);
	return document_lint(body, strlen(body), type,
			     (struct lint_rules){.dialect = dialect},
			     &findings);
}

TEST(a_text_and_a_sound_are_what_the_dialect_makes_of_them)
{
	CHECK_INT(answered(DIALECT_TWILIO, "text/plain; charset=utf-8",
			   "Tom & Ann <3"),
		  PLAIN_SPOKEN);
	CHECK_INT(findings.count, 0);
	CHECK_INT(answered(DIALECT_RESTCOMM, "text/plain",
			   "<Response><Hangup/></Response>"),
		  PLAIN_MARKUP);
	CHECK_INT(findings.count, 0);
	CHECK_INT(answered(DIALECT_TWILIO, "audio/wav", ""), PLAIN_PLAYED);
	CHECK_INT(findings.count, 0);
	CHECK_INT(answered(DIALECT_SIGNALWIRE, "text/plain", "Hello"),
		  PLAIN_MARKUP);
	CHECK_INT(findings.list[0].code, 12300);
	CHECK_INT(answered(DIALECT_SIGNALWIRE, "audio/wav", ""), PLAIN_MARKUP);
	CHECK_INT(findings.list[0].code, 12300);
	CHECK_INT(answered(DIALECT_TWILIO, "application/json", "{}"),
		  PLAIN_MARKUP);
	CHECK_INT(findings.list[0].code, 12300);
}

TEST(a_raw_ampersand_is_shown_with_a_caret)
{
	CHECK_TEXT(
		lint("<Response><Dial>\n<Sip>sip:c@h;transport=udp?a=foo&b=bar"
		     "</Sip>\n</Dial></Response>"),
		"app.xml:2:33: warning 12100 a raw & was read as &amp;: write "
		"&amp; for & in XML\n"
		"  <Sip>sip:c@h;transport=udp?a=foo&b=bar</Sip>\n"
		"                                  ^\n");
}

static void finds(const char *body, const char *wanted)
{
	const char *got = lint(body);
	if (!CHECK(strstr(got, wanted) != NULL))
		CHECK_TEXT(got, wanted);
}

TEST(a_verb_that_no_call_gets_to_is_named)
{
	CHECK_TEXT(lint("<Response>\n<Hangup/>\n<Pause/>\n<Pause/></Response>"),
		   "app.xml:3:1: warning 12200 <Pause> is never reached: "
		   "<Hangup> in line 2 leaves the document\n  <Pause/>\n"
		   "  ^\n");
	finds("<Response><Redirect>/a</Redirect><Hangup/></Response>",
	      "<Hangup> is never reached: <Redirect> in line 1");
	finds("<Response><Dial action=\"/a\"><Sip>sip:a@h</Sip></Dial><Hangup/>"
	      "</Response>",
	      "<Hangup> is never reached: <Dial> in line 1");
	CHECK_TEXT(
		lint("<Response><Dial><Sip>sip:a@h;transport=tcp</Sip></Dial>"
		     "<Pause/><Hangup/></Response>"),
		"");
}

TEST(errors_name_line_column_and_what_to_write)
{
	finds("<Response>\n<Dial>\n</Response>",
	      "app.xml:3:12: error 12100 an element is closed by another's");
	finds("<Response><Dial><Sip>sips:a@h;transport=udp</Sip></Dial>"
	      "</Response>",
	      "app.xml:1:17: error 13243 a sips: URI is not sent over UDP");
	finds("<Response><Dial><Sip>alice</Sip></Dial></Response>",
	      "error 13243 'alice' is no SIP URI");
	finds("<Response><Dial/></Response>",
	      "error 13201 <Dial> has no <Sip>");
	finds("", "app.xml:1:1: error 12100 the document is empty");
}

#define TWO "<Sip>sip:a@h;transport=udp</Sip><Sip>sip:b@h;transport=udp</Sip>"
#define TEN TWO TWO TWO TWO TWO

TEST(slips_are_warnings)
{
	finds("<Response><dial/></Response>",
	      "warning 13750 <dial> is skipped, names are case-sensitive: "
	      "write <Dial>");
	finds("<Response><Email>x</Email></Response>",
	      "warning 13750 <Email> is not supported yet");
	finds("<Response><Sip>sip:a@h</Sip></Response>",
	      "warning 13215 <Sip> inside <Response> is skipped: it belongs "
	      "inside <Dial>");
	finds("<Response><Response/></Response>",
	      "<Response> inside <Response> is skipped: a document has one, "
	      "around everything");
	finds("<Response><Dial><Say>x</Say></Dial></Response>",
	      "<Say> inside <Dial> is skipped: it belongs inside <Response> "
	      "or <Gather>");
	finds("<Response><Gather finishOnKey=\"x\"/></Response>",
	      "finishOnKey='x' is no set of keys");
	finds("<Response><Play digits=\"12x\"/></Response>",
	      "digits='12x' is not played");
	finds("<Response><Record/><Hangup/></Response>",
	      "<Hangup> is never reached: <Record> in line 1");
	finds("<Response><Dial TimeOut=\"3\"/></Response>",
	      "app.xml:1:17: warning 12200 attribute TimeOut is ignored, names "
	      "are case-sensitive: write timeout");
	finds("<Response><Pause length=\"soon\"/></Response>",
	      "warning 12200 length='soon' is no number, 1 is used");
	finds("<Response><Dial method=\"PUT\"/></Response>",
	      "write GET or POST");
	finds("<Response><Reject reason=\"no\"/></Response>",
	      "write one of rejected|busy");
	finds("<Response>hello<Hangup/></Response>",
	      "text inside <Response> is ignored");
	finds("<Response><Dial><Sip statusCallbackEvent=\"ringing "
	      "anwsered\" codecs=\"G722,GSM\">sip:a@h;transport=udp</Sip><Sip>"
	      "sip:b@h;transport=udp</Sip></Dial></Response>",
	      "event 'anwsered' is not known");
	finds("<Response><Dial><Sip codecs=\"GSM\">"
	      "sip:a@h;transport=udp</Sip></Dial>"
	      "</Response>",
	      "warning 53404 codec 'GSM' is not known");
	finds("<Response><Dial><Sip>sip:a@h?X-a=1%0D%0AVia:x</Sip></Dial>"
	      "</Response>",
	      "warning 64005 header 'X-a' of the SIP URI is left out: a "
	      "control character (a line break, %0D%0A, or %00) may not stand");
}

TEST(what_a_call_refuses_is_an_error)
{
	finds("<Response><Redirect>mailto:x</Redirect></Response>",
	      "error 11100 'mailto:x' is no URL");
	finds("<Response><Dial action=\"mailto:x\"><Sip>sip:a@h</Sip></Dial>"
	      "</Response>",
	      "error 11100 action='mailto:x' is no URL");
	finds("<Response><Dial>" TWO "<Number>1</Number></Dial></Response>",
	      "error 13215 <Number> beside <Sip> is not dialled");
	finds("<Response><Dial><Client>al</Client></Dial></Response>",
	      "error 13222 <Client> is not supported by this installation");
	finds("<Response><Dial>+49301234</Dial></Response>",
	      "error 13222 the number '+49301234' is not dialled");
	finds("<Response><Dial>" TEN TEN "</Dial></Response>",
	      "error 13250 <Sip> number 11 is not dialled: a <Dial> has 10");
}

TEST(strictly_read_a_slip_is_an_error)
{
	strict = true;
	finds("<Response><Redirect>/a?b=1&c=2</Redirect></Response>",
	      "app.xml:1:27: error 12100 a raw & is not XML: write &amp;");
	finds("<Response><Pause length=\xE2\x80\x9D"
	      "3\xE2\x80\x9D/></Response>",
	      "app.xml:1:25: error 12100 typographic quotes round a value are "
	      "not XML: write straight quotes");
	CHECK_TEXT(lint("<Response><Pause length=\"3\"/></Response>"), "");
	strict = false;
}

TEST(findings_are_bounded_and_the_rest_is_counted)
{
	struct buf body = BUF_INIT(65536);
	buf_add_text(&body, "<Response>");
	for (int i = 0; i < 50; i++)
		buf_add_text(&body, "<X/>");
	buf_add_text(&body, "<Dial/></Response>");
	finds(buf_text(&body), "app.xml: 31 more are left out");
	CHECK(strstr(buf_text(&printed), "error 13201") != NULL);
	buf_free(&body);
	buf_free(&printed);
	findings_clear(&findings);
}

TEST(the_installations_limits_count)
{
	const char *text = "<Response><Dial><Sip>sip:alice@h?X-Id=12345</Sip>"
			   "<Sip>sip:b@h</Sip></Dial></Response>";
	lint(text);
	CHECK_INT(findings.count, 0);
	limits = (struct dialect_limits){.sips = 1};
	lint(text);
	CHECK(findings.count == 1 && findings.list[0].code == ERR_SIP_TOO_MANY);
	limits = (struct dialect_limits){.uri = 10};
	lint(text);
	CHECK(findings.count == 1 &&
	      strstr(findings.list[0].text, "write 10 at most"));
	limits = (struct dialect_limits){.headers = 9};
	lint(text);
	CHECK(findings.count == 1 &&
	      strstr(findings.list[0].text, "write 9 at most"));
	limits = (struct dialect_limits){0};
}

TEST_MAIN()
