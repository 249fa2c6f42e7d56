/*
 * sip_uri_test.c - what is a SIP URI, and what is not.
 */
#include "services/interpreter/sip_uri.h"

#include "lib/test/test.h"

#include <string.h>

static struct sip_uri uri;
static const char *why;

static bool parses(const char *text)
{
	memset(&uri, 0, sizeof(uri));
	return sip_uri_parse(text, strlen(text), &uri, &why);
}

static bool piece_is(struct sip_text piece, const char *wanted)
{
	return piece.length == strlen(wanted) &&
	       memcmp(piece.at, wanted, piece.length) == 0;
}

TEST(a_full_uri_is_taken_apart)
{
	CHECK(parses("sip:alice:pw@example.com:5080;transport=tcp;user=phone"
		     "?X-A=1&b=%20"));
	CHECK(piece_is(uri.user, "alice:pw"));
	CHECK(piece_is(uri.host, "example.com"));
	CHECK_INT(uri.port, 5080);
	CHECK(piece_is(uri.transport, "tcp"));
	CHECK(piece_is(uri.headers, "X-A=1&b=%20"));
	CHECK_INT(uri.length, strlen("sip:alice:pw@example.com:5080;transport="
				     "tcp;user=phone"));
	CHECK(!uri.secure);
}

TEST(users_ports_and_parameters_are_optional)
{
	CHECK(parses("sip:example.com"));
	CHECK_INT(uri.user.length, 0);
	CHECK(parses("SIPS:bob@[2001:db8::1]:5061"));
	CHECK(uri.secure);
	CHECK(piece_is(uri.host, "[2001:db8::1]"));
	CHECK(parses("sip:+1-555;phone-context=x@h;lr"));
	CHECK(parses("sip:a%20b@h"));
	CHECK(parses("sip:what%3F@h?X-Mail=b@c"));
	CHECK(piece_is(uri.host, "h"));
	CHECK(piece_is(uri.headers, "X-Mail=b@c"));
}

TEST(what_is_no_sip_uri_is_refused)
{
	static const char *const bad[] = {
		"",
		"alice@example.com",
		"tel:+1555",
		"http://example.com",
		"sip:",
		"sip:@example.com",
		"sip::pw@example.com",
		"sip:alice@",
		"sip:alice@exa mple.com",
		"sip:al ice@example.com",
		"sip:alice@h@h",
		"sip:alice@h:0",
		"sip:alice@h:65536",
		"sip:alice@h:5060x",
		"sip:alice@h;",
		"sip:alice@h;a=",
		"sip:alice@h;transport=udp;transport=tcp",
		"sip:alice@h;transport",
		"sip:alice@h;maddr=10.0.0.1",
		"sip:alice@h;method=BYE",
		"sip:alice@h..example",
		"sip:alice@-h",
		"sip:alice@[::1",
		"sip:alice@[x]",
		"sip:ali%2@h",
		"sip:ali%zz@h",
		"sip:alice@h\r\nVia: x",
		"sip:a<b>@h",
		"sip:\"a\"@h",
		"sip:gr\xc3\xbc\xc3\x9f@h",
		"sip:what?@h",
		"sip:what?a=1@h",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!CHECK(!parses(bad[i])))
			CHECK_TEXT(bad[i], "refused");
		CHECK(strlen(why) > 10);
	}
}

TEST(lengths_have_an_end)
{
	char text[SIP_URI_HEADERS_BYTES_MAX + 100] = "sip:";
	memset(text + 4, 'a', 1017);
	(void)memcpy(text + 1021, "@h", 3);
	CHECK(parses(text));
	(void)memcpy(text + 1021, "a@h", 4);
	CHECK(!parses(text));
	(void)memcpy(text, "sip:h?a=", 9);
	memset(text + 8, '1', 4093);
	text[6 + 4095] = '\0';
	CHECK(parses(text));
	text[6 + 4095] = '1';
	text[6 + 4096] = '\0';
	CHECK(!parses(text));
}

TEST(headers_are_decoded_once)
{
	char name[64], value[64];
	const char *text = "X-A=%2B1%252B&b=&e=1=2";
	struct sip_text rest = {text, strlen(text)};
	CHECK(sip_uri_header(&rest, name, value, &why) && !why);
	CHECK_TEXT(name, "X-A");
	CHECK_TEXT(value, "+1%2B");
	CHECK(sip_uri_header(&rest, name, value, &why) && !why);
	CHECK_TEXT(value, "");
	CHECK(sip_uri_header(&rest, name, value, &why) && !why);
	CHECK_TEXT(value, "1=2");
	CHECK(!sip_uri_header(&rest, name, value, &why));
}

TEST(a_header_that_cannot_be_sent_says_what_to_write)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"bad", "write name=value"},
		{"X-%0d=1", "a control character (a line break, %0D%0A"},
		{"c=%0d%0aVia:x", "write a blank, %20, in its place"},
		{"c=x%00", "a control character"},
		{"d=%", "write %25 for a %"},
		{"d=%4x", "write %25 for a %"},
		{"a%20b=1", "write X-Name=value"},
		{"=1", "write X-Name=value"},
		{"d=%ff", "no UTF-8"},
	};
	char name[64], value[64];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_text rest = {cases[i].text, strlen(cases[i].text)};
		why = NULL;
		CHECK(sip_uri_header(&rest, name, value, &why));
		CHECK(why && strstr(why, cases[i].says));
	}
}

TEST_MAIN()
