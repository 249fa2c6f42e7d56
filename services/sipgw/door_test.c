/*
 * door_test.c - what is kept from nta's transactions. An agent of nta's own is
 * asked; it answers to a port where nobody listens.
 */
#include "services/sipgw/door.h"

#include "lib/test/test.h"

#include <stdlib.h>

#define LINES                                                                  \
	"From: <sip:a@h>;tag=f\r\nTo: <sip:b@h>\r\nCall-ID: c\r\n"             \
	"Contact: <sip:a@127.0.0.1:9>\r\nContent-Length: 0\r\n"
#define VIA "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx;maddr=10.0.0.1\r\n"
#define MESSAGE(method)                                                        \
	method " sip:b@h SIP/2.0\r\n" VIA LINES "CSeq: 1 " method "\r\n"

static su_root_t *root;
static nta_agent_t *agent;

static int on_request(struct leg *leg, nta_leg_t *dialog, nta_incoming_t *irq,
		      const sip_t *sip)
{
	(void)leg, (void)dialog, (void)irq, (void)sip;
	return 0;
}

static nta_leg_t *begin(void)
{
	su_init();
	root = su_root_create(NULL);
	agent = nta_agent_create(root, (url_string_t *)(intptr_t)-1, NULL, NULL,
				 NTATAG_UA(1), NTATAG_MCLASS(door_messages()),
				 TAG_END());
	CHECK(agent != NULL);
	CHECK_INT(nta_agent_add_tport(
			  agent,
			  URL_STRING_MAKE("sip:127.0.0.1:*;transport=udp"),
			  TAG_END()),
		  0);
	door_open(agent, NULL);
	return nta_leg_tcreate(agent, on_request, NULL, SIPTAG_CALL_ID_STR("c"),
			       SIPTAG_FROM_STR("<sip:b@h>;tag=t"),
			       SIPTAG_TO_STR("<sip:a@h>;tag=f"), TAG_END());
}

static void end(nta_leg_t *leg)
{
	nta_leg_destroy(leg);
	nta_agent_destroy(agent);
	door_close();
	su_root_destroy(root);
	su_deinit();
}

static msg_t *read_message(const char *text)
{
	return msg_make(door_messages(), 0, text, (ssize_t)strlen(text));
}

static nta_incoming_t *invited(nta_leg_t *leg)
{
	msg_t *msg = read_message(MESSAGE("INVITE") "\r\n");
	return nta_incoming_create(
		agent, leg, msg, sip_object(msg),
		NTATAG_TPORT(tport_by_protocol(nta_agent_tports(agent), "udp")),
		TAG_END());
}

TEST(an_ack_before_the_final_answer_is_kept_from_nta)
{
	nta_leg_t *leg = begin();
	nta_incoming_t *invite = invited(leg);
	msg_t *ack = read_message(MESSAGE("ACK") "\r\n");
	CHECK(invite && nta_incoming_status(invite) < 200);
	CHECK_INT(sip_sanity_check(sip_object(ack)), -1);
	nta_incoming_treply(invite, SIP_486_BUSY_HERE, TAG_END());
	CHECK_INT(nta_incoming_status(invite), 486);
	CHECK_INT(sip_sanity_check(sip_object(ack)), 0);
	msg_destroy(ack);
	nta_incoming_destroy(invite);
	end(leg);
}

TEST(a_cancel_after_the_200_is_ours)
{
	nta_leg_t *leg = begin();
	nta_incoming_t *invite = invited(leg);
	msg_t *cancel = read_message(MESSAGE("CANCEL") "\r\n");
	sip_t *sip = sip_object(cancel);
	CHECK_INT(sip_sanity_check(sip), 0);
	CHECK_TEXT(sip->sip_via->v_branch, "z9hG4bKx");
	nta_incoming_treply(invite, SIP_200_OK, TAG_END());
	CHECK_INT(sip_sanity_check(sip), 0);
	CHECK_TEXT(sip->sip_via->v_branch, "");
	door_undo(sip);
	CHECK_TEXT(sip->sip_via->v_branch, "z9hG4bKx");
	CHECK(door_invite_of(agent, sip) == invite);
	msg_destroy(cancel);
	nta_incoming_destroy(invite);
	end(leg);
}

TEST(maddr_is_not_followed_even_by_broken_requests)
{
	nta_leg_t *leg = begin();
	msg_t *cut = read_message(MESSAGE("OPTIONS")); /* no empty line */
	CHECK_INT(sip_sanity_check(sip_object(cut)), 0);
	CHECK(!sip_object(cut)->sip_via->v_maddr);
	msg_destroy(cut);
	msg_t *wrong = read_message(MESSAGE("OPTIONS") "Via: ;\r\n\r\n");
	CHECK(!sip_object(wrong)->sip_via->v_maddr);
	msg_destroy(wrong);
	end(leg);
}

TEST(a_message_that_sofia_finds_insane_stays_so)
{
	static const char text[] = "OPTIONS sip:b@h SIP/2.0\r\n" VIA "\r\n";
	nta_leg_t *leg = begin();
	msg_t *msg = read_message(text);
	CHECK_INT(sip_sanity_check(sip_object(msg)), -1);
	msg_destroy(msg);
	end(leg);
}

TEST_MAIN()
