/*
 * message_test.c - from sofia's parsed messages to the bus's words.
 */
#include "services/sipgw/message.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

static const char invite[] =
	"INVITE sip:%2B1000@voxbus.example:5060;x=1 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;received=192.0.2.9\r\n"
	"Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKb\r\n"
	"Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\r\n"
	"From: \"Ann \\\"A\\\"\" <sip:ann:secret@example.com;y=2>;tag=f\r\n"
	"To: <sip:1000@voxbus.example>\r\n"
	"Call-ID: c@d\r\n"
	"CSeq: 7 INVITE\r\n"
	"Contact: <sip:ann@192.0.2.1:5070;transport=udp?X-A=1>\r\n"
	"Max-Forwards: 70\r\n"
	"X-Room: one\r\n"
	"  two\r\n"
	"P-Charge: 9\r\n"
	"Reason: Q.850;cause=16\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 5\r\n"
	"\r\n"
	"v=0\r\n";

static msg_t *parse(const char *text)
{
	return msg_make(sip_default_mclass(), 0, text, (ssize_t)strlen(text));
}

TEST(an_invite_is_read)
{
	msg_t *msg = parse(invite);
	struct incoming incoming = {.logic = 1};
	CHECK(!message_read_invite(sip_object(msg), &incoming));
	CHECK_TEXT(incoming.from_user, "ann");
	CHECK_TEXT(incoming.from_uri, "sip:ann@example.com");
	CHECK_TEXT(incoming.from_name, "Ann \"A\"");
	CHECK_TEXT(incoming.to_user, "+1000");
	CHECK_TEXT(incoming.sip_call_id, "c@d");
	CHECK_TEXT(incoming.offer, "v=0\r\n");
	CHECK_INT(incoming.hops, 1);
	CHECK_INT(incoming.headers_count, 1);
	CHECK_TEXT(incoming.headers[0].name, "X-Room");
	CHECK_TEXT(incoming.headers[0].value, "one two");
	proto_clear(&incoming_message, &incoming);
	msg_destroy(msg);
}

TEST(who_calls_may_be_a_telephone_number)
{
	static const char text[] =
		"INVITE sip:1@h SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\n"
		"From: <tel:+4930123;phone-context=x>;tag=f\r\n"
		"To: <urn:service:sos>\r\n"
		"Call-ID: c@d\r\n"
		"CSeq: 7 INVITE\r\n"
		"Contact: <tel:+4930123>\r\n"
		"Content-Length: 0\r\n"
		"\r\n";
	msg_t *msg = parse(text);
	const sip_t *sip = sip_object(msg);
	struct incoming incoming = {.logic = 1};
	CHECK(!message_read_invite(sip, &incoming));
	CHECK_TEXT(incoming.from_user, "+4930123");
	CHECK_TEXT(incoming.from_uri, "tel:+4930123");
	char *from = message_name(sip->sip_from->a_url, 1024);
	char *to = message_name(sip->sip_to->a_url, 1024);
	CHECK_TEXT(from, "<tel:+4930123;phone-context=x>");
	CHECK_TEXT(to, "<urn:service:sos>");
	CHECK(!message_address(sip->sip_contact->m_url, 1024));
	free(from);
	free(to);
	proto_clear(&incoming_message, &incoming);
	msg_destroy(msg);
}

TEST(each_hop_that_an_invite_has_left_is_one_less_for_what_follows)
{
	static const struct {
		const char *line;
		int hops;
	} rows[] = {{"", 1},
		    {"Max-Forwards: 255\r\n", 1},
		    {"Max-Forwards: 70\r\n", 1},
		    {"Max-Forwards: 69\r\n", 2},
		    {"Max-Forwards: 1\r\n", 70},
		    {"Max-Forwards: 0\r\n", 70}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct incoming incoming = {.logic = 1};
		CHECK(str_format(text, sizeof(text),
				 "INVITE sip:a@h SIP/2.0\r\n"
				 "Via: SIP/2.0/UDP h;branch=z9hG4bKa\r\n%s"
				 "From: <sip:b@h>;tag=f\r\nTo: <sip:a@h>\r\n"
				 "Call-ID: c\r\nCSeq: 1 INVITE\r\n"
				 "Content-Length: 0\r\n\r\n",
				 rows[i].line));
		msg_t *msg = parse(text);
		CHECK(!message_read_invite(sip_object(msg), &incoming));
		CHECK_INT(incoming.hops, rows[i].hops);
		proto_clear(&incoming_message, &incoming);
		msg_destroy(msg);
	}
}

TEST(an_address_has_no_password_and_no_headers)
{
	msg_t *msg = parse(invite);
	const sip_t *sip = sip_object(msg);
	char *from = message_address(sip->sip_from->a_url, 1024);
	char *contact = message_address(sip->sip_contact->m_url, 1024);
	CHECK_TEXT(from, "<sip:ann@example.com;y=2>");
	CHECK_TEXT(contact, "<sip:ann@192.0.2.1:5070;transport=udp>");
	CHECK(!message_address(sip->sip_contact->m_url, 10));
	free(from);
	free(contact);
	msg_destroy(msg);
}

TEST(an_outline_is_an_invite_that_can_be_answered)
{
	msg_t *msg = parse(invite);
	char *outline = message_outline(sip_object(msg), 8192);
	msg_t *again = parse(outline);
	const sip_t *sip = sip_object(again);
	CHECK_INT(sip_sanity_check(sip), 0);
	CHECK_TEXT(sip->sip_via->v_branch, "z9hG4bKa");
	CHECK_TEXT(sip->sip_via->v_received, "192.0.2.9");
	CHECK_TEXT(sip->sip_via->v_next->v_branch, "z9hG4bKb");
	CHECK(sip->sip_record_route && sip->sip_record_route->r_next);
	CHECK_TEXT(sip->sip_from->a_tag, "f");
	CHECK_INT(sip->sip_cseq->cs_seq, 7);
	CHECK(!message_outline(sip_object(msg), 100));
	free(outline);
	msg_destroy(again);
	msg_destroy(msg);
}

TEST(a_reason_is_told_as_it_came)
{
	msg_t *msg = parse(invite);
	char reason[64];
	message_reason(sip_object(msg), reason, sizeof(reason));
	CHECK_TEXT(reason, "Q.850;cause=16");
	msg_destroy(msg);
}

TEST(a_user_part_with_a_line_break_is_refused)
{
	msg_t *msg = parse("INVITE sip:a%0d%0ab@h SIP/2.0\r\n"
			   "Via: SIP/2.0/UDP h;branch=z9hG4bKa\r\n"
			   "From: <sip:a@h>;tag=f\r\n"
			   "To: <sip:a@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
			   "Content-Length: 0\r\n\r\n");
	struct incoming incoming = {.logic = 1};
	CHECK_TEXT(message_read_invite(sip_object(msg), &incoming),
		   "Bad Request-URI");
	proto_clear(&incoming_message, &incoming);
	msg_destroy(msg);
}

TEST(a_body_with_a_zero_byte_or_too_long_is_refused)
{
	struct buf text = BUF_INIT(20000);
	buf_add_text(&text, "OPTIONS sip:h SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP h;branch=z9hG4bKa\r\n"
			    "From: <sip:a@h>;tag=f\r\nTo: <sip:a@h>\r\n"
			    "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n"
			    "Content-Length: 8193\r\n\r\n");
	for (int i = 0; i < 8193; i++)
		buf_add(&text, "a", 1);
	msg_t *msg = parse(buf_text(&text));
	char *body;
	CHECK(!message_body(sip_object(msg), &body));
	CHECK(!body);
	msg_destroy(msg);
	buf_free(&text);
}

TEST_MAIN()
