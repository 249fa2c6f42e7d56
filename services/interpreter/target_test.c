/*
 * target_test.c - whom a <Sip> dials, by the rules of each dialect.
 */
#include "services/interpreter/target.h"

#include "lib/test/test.h"

#include <stdio.h>
#include <string.h>

static struct target target;
static struct findings findings;

static void read_as(enum dialect_name dialect, const char *text)
{
	target_clear(&target);
	findings_clear(&findings);
	target_parse(text, dialect_row(dialect), (struct place){3, 9},
		     &findings, &target);
}

static const char *header(const char *name)
{
	for (uint32_t i = 0; i < target.header_count; i++) {
		if (strcmp(target.headers[i].name, name) == 0)
			return target.headers[i].value;
	}
	return "";
}

TEST(what_the_uri_says_of_the_media_is_for_us)
{
	read_as(DIALECT_TWILIO, "sip:a@h;secure=true");
	CHECK_INT(target.error, 0);
	CHECK_TEXT(target.uri, "sip:a@h");
	CHECK_INT(target.secure, SECURE_SDES);
	CHECK_TEXT(target.suites, "AES_CM_128_HMAC_SHA1_80");
	CHECK_INT(target.transport, SIP_TLS);
	read_as(DIALECT_RESTCOMM,
		"sip:a@h;secure=True;transport=udp;user=phone?X-a=b");
	CHECK_TEXT(target.uri, "sip:a@h;transport=udp;user=phone");
	CHECK_INT(target.secure, SECURE_SDES);
	CHECK_INT(target.transport, SIP_UDP);
	CHECK_TEXT(header("X-a"), "b");
	read_as(DIALECT_SIGNALWIRE, "sip:a@h;transport=tls;media=srtp");
	CHECK_TEXT(target.uri, "sip:a@h;transport=tls");
	CHECK_INT(target.secure, SECURE_SDES);
	read_as(DIALECT_TWILIO, "sip:a@h;media=rtp;x=1;secure=false");
	CHECK_TEXT(target.uri, "sip:a@h;x=1");
	CHECK_INT(target.secure, SECURE_OFF);
	CHECK_INT(target.transport, SIP_UDP);
	read_as(DIALECT_TWILIO, "sip:a@h");
	CHECK_INT(target.secure, SECURE_ABSENT);
	CHECK(!target.suites);
}

TEST(a_word_about_the_media_that_nobody_knows_is_no_uri)
{
	read_as(DIALECT_TWILIO, "sip:a@h;secure=maybe");
	CHECK_INT(target.error, ERR_SIP_URI);
	CHECK(strstr(target.error_text, "true or false"));
	read_as(DIALECT_TWILIO, "sip:a@h;secure");
	CHECK_INT(target.error, ERR_SIP_URI);
	read_as(DIALECT_TWILIO, "sip:a@h;secure=true;secure=false");
	CHECK_INT(target.error, ERR_SIP_URI);
	read_as(DIALECT_TWILIO, "sip:a@h;media=audio");
	CHECK_INT(target.error, ERR_SIP_URI);
}

TEST(the_transport_is_the_uris_or_the_dialects)
{
	read_as(DIALECT_RESTCOMM, " sip:a@h \n");
	CHECK_INT(target.error, 0);
	CHECK_TEXT(target.uri, "sip:a@h");
	CHECK_INT(target.transport, SIP_UDP);
	read_as(DIALECT_SIGNALWIRE, "sip:a@h;transport=TCP");
	CHECK_INT(target.transport, SIP_TCP);
	read_as(DIALECT_SIGNALWIRE, "sip:a@h");
	CHECK_INT(target.error, 0);
	CHECK_INT(target.transport, SIP_TLS);
	read_as(DIALECT_TWILIO, "sips:a@h");
	CHECK_INT(target.transport, SIP_TLS);
	read_as(DIALECT_TWILIO, "sips:a@h;transport=tcp"); /* TLS over TCP */
	CHECK_INT(target.error, 0);
	CHECK_INT(target.transport, SIP_TLS);
	read_as(DIALECT_TWILIO, "sips:a@h;transport=udp");
	CHECK_INT(target.error, ERR_SIP_URI);
	read_as(DIALECT_TWILIO, "sip:a@[2001:db8::1]:5070;transport=tls");
	CHECK_INT(target.error, 0);
	CHECK_INT(target.transport, SIP_TLS);
	CHECK_TEXT(target.uri, "sip:a@[2001:db8::1]:5070;transport=tls");
	read_as(DIALECT_TWILIO, "sip:+1555@h;user=phone;x=1;y");
	CHECK_TEXT(target.uri, "sip:+1555@h;user=phone;x=1;y");
	read_as(DIALECT_TWILIO, "sip:a@h;transport=ws");
	CHECK_INT(target.error, ERR_SIP_URI);
	read_as(DIALECT_TWILIO, "+1555");
	CHECK_INT(target.error, ERR_SIP_URI);
}

TEST(headers_get_an_x_where_the_dialect_gives_one)
{
	read_as(DIALECT_SIGNALWIRE,
		"sip:a@h;transport=udp?customheader=foo&x-low=1&f=short&"
		"User-to-User=00%3Bencoding%3Dhex");
	CHECK_INT(target.header_count, 4);
	CHECK_TEXT(header("X-customheader"), "foo");
	CHECK_TEXT(header("x-low"), "1");
	CHECK_TEXT(header("X-f"), "short"); /* never the From that f is */
	CHECK_TEXT(header("User-to-User"), "00;encoding=hex");
	read_as(DIALECT_TWILIO, "sip:a@h?customheader=foo&X-A=1&Via=x");
	CHECK_INT(target.header_count, 1);
	CHECK_TEXT(header("X-A"), "1");
	CHECK_INT(findings.count, 2);
	CHECK_INT(findings.list[0].code, ERR_SIP_HEADER);
	CHECK_INT(findings.list[0].line, 3);
}

TEST(header_attacks_reach_nothing)
{
	read_as(DIALECT_RESTCOMM,
		"sip:a@h?a=x%0d%0aVia:evil&b=x%00y&X-RestComm-CallSid=1&"
		"RestComm-CallSid=2&c%0d%0ad=1&%58-e=ok");
	CHECK_INT(target.header_count, 1);
	CHECK_TEXT(header("X-e"), "ok");
	CHECK_INT(findings.count, 5);
	CHECK_TEXT(findings.list[0].text,
		   "header 'a' of the SIP URI is left out: a control character "
		   "(a line break, %0D%0A, or %00) may not stand in a SIP "
		   "header: write a blank, %20, in its place");
}

TEST(our_own_headers_cannot_be_written_by_a_document)
{
	static const char *const own[] = {"CallSid", "AccountSid", "ApiVersion",
					  "ParentCallSid", "parentcallsid"};
	char text[100];
	for (enum dialect_name name = DIALECT_SIGNALWIRE;
	     name <= DIALECT_TWILIO; name++) {
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
			(void)snprintf(text, sizeof(text),
				       "sip:a@h;transport=udp?%s%s=x",
				       dialect_row(name)->header_prefix,
				       own[i]);
			read_as(name, text);
			if (!CHECK_INT(target.header_count, 0))
				CHECK_TEXT(own[i], "refused");
			CHECK_INT(findings.count, 1);
			CHECK_INT(findings.list[0].code, ERR_SIP_HEADER);
			CHECK(strstr(findings.list[0].text,
				     "belongs to SIP or to voxbus"));
		}
	}
}

TEST(core_headers_pass_in_no_dialect)
{
	static const char *const core[] = {"From",
					   "via",
					   "ROUTE",
					   "%46rom",
					   "Record-Route",
					   "Call-ID",
					   "Contact",
					   "Content-Length",
					   "Content-Type",
					   "Max-Forwards",
					   "P-Asserted-Identity",
					   "Proxy-Authorization",
					   "Authorization",
					   "Session-Expires",
					   "Replaces",
					   "Referred-By",
					   "Require",
					   "body",
					   "method",
					   "To",
					   "CSeq",
					   "Supported",
					   "Diversion",
					   "Session-ID"};
	char text[100];
	for (enum dialect_name name = DIALECT_SIGNALWIRE;
	     name <= DIALECT_TWILIO; name++) {
		for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++) {
			(void)snprintf(text, sizeof(text),
				       "sip:a@h;transport=udp?%s=x", core[i]);
			read_as(name, text);
			if (!CHECK_INT(target.header_count, 0))
				CHECK_TEXT(core[i], "refused");
			CHECK_INT(findings.count, 1);
			CHECK_INT(findings.list[0].code, ERR_SIP_HEADER);
			CHECK_INT(target.error, 0);
		}
	}
}

TEST(lengths_are_the_dialects_and_measured_as_written)
{
	char text[3000] = "sip:";
	for (enum dialect_name name = DIALECT_SIGNALWIRE;
	     name <= DIALECT_TWILIO; name++) {
		(void)memcpy(text, "sip:", 4);
		memset(text + 4, 'a', 248);
		(void)memcpy(text + 252, "@h", 3);
		read_as(name, text);
		CHECK_INT(target.error, 0); /* under 255 */
		(void)memcpy(text + 252, "a@h", 4);
		read_as(name, text);
		CHECK_INT(target.error, ERR_SIP_URI);
		CHECK(strstr(target.error_text, "254 at most") != NULL);
		(void)memcpy(text, "sip:h?X-a=%41", 13);
		memset(text + 13, '1', 2000);
		text[6 + 1023] = '\0';
		read_as(name, text);
		CHECK_INT(target.error, 0); /* under 1024 */
		CHECK_INT(target.header_count, 1);
		text[6 + 1023] = '1';
		text[6 + 1024] = '\0';
		read_as(name, text);
		CHECK_INT(target.error, ERR_SIP_URI);
		text[6 + 1024] = '1';
		text[13 + 2000] = '\0'; /* a value of 2 kB */
		read_as(name, text);
		CHECK_INT(target.error, ERR_SIP_URI);
		CHECK_INT(target.header_count, 0);
	}
}

static void read_limited(struct dialect_limits limits, const char *text)
{
	const struct dialect dialect =
		dialect_limited(DIALECT_RESTCOMM, limits);
	target_clear(&target);
	findings_clear(&findings);
	target_parse(text, &dialect, (struct place){3, 1}, &findings, &target);
}

TEST(lengths_may_be_set_as_far_as_there_is_room)
{
	char text[8000] = "sip:h?X-a=";
	const struct dialect_limits most = {.uri = 5000, .headers = 5000};
	read_limited((struct dialect_limits){.uri = 7}, "sip:a@h?b=1");
	CHECK_INT(target.error, 0);
	read_limited((struct dialect_limits){.uri = 7}, "sip:ab@h?b=1");
	CHECK(strstr(target.error_text, "write 7 at most") != NULL);
	read_limited((struct dialect_limits){.headers = 5}, "sip:h?b=%41");
	CHECK_INT(target.error, 0);
	read_limited((struct dialect_limits){.headers = 4}, "sip:h?b=%41");
	CHECK(strstr(target.error_text, "write 4 at most") != NULL);
	memset(text + 10, 'x', 1024);
	read_limited(most, text);
	CHECK_INT(target.header_count, 1); /* a value of 1,024 bytes */
	text[10 + 1024] = 'x';
	read_limited(most, text);
	CHECK_INT(target.error, 0);
	CHECK_INT(target.header_count, 0);
	CHECK(findings.count == 1 &&
	      strstr(findings.list[0].text, "more than 1024 bytes"));
	memset(text + 10, '&', 5000);
	text[6 + 4095] = '\0';
	read_limited(most, text);
	CHECK_INT(target.error, 0);
	text[6 + 4095] = '&';
	text[6 + 4096] = '\0';
	read_limited(most, text);
	CHECK(strstr(target.error_text, "write 4095 at most") != NULL);
	(void)memcpy(text, "sip:", 4);
	memset(text + 4, 'a', 1018);
	(void)memcpy(text + 1021, "@h", 3);
	read_limited(most, text);
	CHECK_INT(target.error, 0);
	(void)memcpy(text + 1021, "a@h", 4);
	read_limited(most, text);
	CHECK(strstr(target.error_text, "write 1023 at most") != NULL);
}

TEST(line_breaks_in_a_uri_end_it)
{
	static const char *const bad[] = {
		"sip:a@h\r\nVia: x",        "sip:a\r\n@h",
		"sip:a@h;x=\r\n y",         "sip:a@h;x=1\n",
		"sip:a@h?X-a=1\r\n X-b: 2", "sip:a@h?X-a=1%0D%0A%20folded",
		"sip:a@h?X-a%0a=1",         "sip:a@h?X-a=1%0aX-b:2",
		"sip:a@h?X-a=1%00",         "sip:a@h?X-a"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		read_as(DIALECT_RESTCOMM, bad[i]);
		CHECK_INT(target.header_count, 0);
		if (i == 3) /* blanks round a URI are no part of it */
			CHECK_INT(target.error, 0);
		else if (!CHECK(target.error || findings.count))
			CHECK_TEXT(bad[i], "refused");
	}
	read_as(DIALECT_RESTCOMM, "sip:a@h?X-a=%2541");
	CHECK_TEXT(header("X-a"), "%41"); /* decoded once */
}

TEST(the_last_of_two_headers_of_one_name_counts)
{
	read_as(DIALECT_RESTCOMM, "sip:a@h?a=1&X-A=2");
	CHECK_INT(target.header_count, 1);
	CHECK_TEXT(target.headers[0].value, "2");
	target_clear(&target);
	findings_clear(&findings);
}

TEST_MAIN()
