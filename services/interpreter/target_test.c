/*
 * target_test.c - whom a <Sip> dials, by the rules of each dialect.
 */
#include "services/interpreter/target.h"

#include "lib/test/test.h"

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

TEST(the_transport_is_the_uris_or_the_dialects)
{
	read_as(DIALECT_RESTCOMM, " sip:a@h \n");
	CHECK_INT(target.error, 0);
	CHECK_TEXT(target.uri, "sip:a@h");
	CHECK_INT(target.transport, SIP_UDP);
	read_as(DIALECT_SIGNALWIRE, "sip:a@h;transport=TCP");
	CHECK_INT(target.transport, SIP_TCP);
	read_as(DIALECT_SIGNALWIRE, "sip:a@h");
	CHECK_INT(target.error, ERR_SIP_TLS_MISSING);
	CHECK(strstr(target.error_text, "this dialect's default") != NULL);
	read_as(DIALECT_TWILIO, "sips:a@h");
	CHECK_INT(target.error, ERR_SIP_TLS_MISSING);
	read_as(DIALECT_TWILIO, "sip:a@h;transport=tls");
	CHECK_INT(target.error, ERR_SIP_TLS_MISSING);
	read_as(DIALECT_TWILIO, "sip:a@h;transport=ws");
	CHECK_INT(target.error, ERR_SIP_URI);
	read_as(DIALECT_TWILIO, "+1555");
	CHECK_INT(target.error, ERR_SIP_URI);
}

TEST(headers_get_an_x_where_the_dialect_gives_one)
{
	read_as(DIALECT_SIGNALWIRE,
		"sip:a@h;transport=udp?customheader=foo&x-low=1&From=evil&"
		"User-to-User=00%3Bencoding%3Dhex");
	CHECK_INT(target.header_count, 4);
	CHECK_TEXT(header("X-customheader"), "foo");
	CHECK_TEXT(header("x-low"), "1");
	CHECK_TEXT(header("X-From"), "evil");
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
