/*
 * redirect_test.c - where a 3xx leads: in order of q, no target twice.
 */
#include "services/sipgw/redirect.h"

#include "lib/base/mem.h"
#include "lib/test/test.h"
#include "services/sipgw/leg.h"

#include <stdlib.h>
#include <string.h>

static msg_t *parse(const char *contacts)
{
	char text[2048];
	size_t length = (size_t)snprintf(
		text, sizeof(text),
		"SIP/2.0 302 Moved\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\n"
		"From: <sip:a@example.com>;tag=f\r\n"
		"To: <sip:b@example.com>;tag=t\r\n"
		"Call-ID: c@d\r\n"
		"CSeq: 7 INVITE\r\n%s"
		"Content-Length: 0\r\n\r\n",
		contacts);
	return msg_make(sip_default_mclass(), 0, text, (ssize_t)length);
}

static char order[256];

/* The user parts, in order. */
static const char *contacts_of(const char *contacts)
{
	struct contact to[8];
	msg_t *msg = parse(contacts);
	uint32_t count = redirect_contacts(sip_object(msg), to, 8);
	*order = '\0';
	for (uint32_t i = 0; i < count; i++) {
		strncat(order, to[i].uri + 4, 1);
		free(to[i].uri);
	}
	msg_destroy(msg);
	return order;
}

TEST(the_best_q_is_first_and_none_is_the_best)
{
	CHECK_TEXT(contacts_of("Contact: <sip:a@x>;q=0.2, <sip:b@x>;q=0.9, "
			       "<sip:c@x>, <sip:d@x>;q=0.25\r\n"),
		   "cbda");
}

TEST(equals_stay_in_their_order)
{
	CHECK_TEXT(contacts_of("Contact: <sip:a@x>;q=0.5, <sip:b@x>;q=0.5, "
			       "<sip:c@x>;q=0.5\r\n"),
		   "abc");
	CHECK_TEXT(contacts_of("Contact: <sip:a@x>\r\n"
			       "Contact: <sip:b@x>\r\n"),
		   "ab");
}

TEST(no_contact_leads_nowhere)
{
	CHECK_TEXT(contacts_of(""), "");
}

TEST(more_than_eight_are_not_told)
{
	CHECK_TEXT(contacts_of("Contact: <sip:a@x>, <sip:b@x>, <sip:c@x>, "
			       "<sip:d@x>, <sip:e@x>, <sip:f@x>, <sip:g@x>, "
			       "<sip:h@x>, <sip:i@x>\r\n"),
		   "abcdefgh");
}

/* What follows 'target' after these contacts. */
static void follow(struct leg *leg, const char *target, const char *contacts)
{
	msg_t *msg = parse(contacts);
	free(leg->target);
	leg->target = mem_copy_text(target);
	redirect_hear(leg, sip_object(msg));
	msg_destroy(msg);
}

TEST(no_target_is_called_twice)
{
	struct leg leg = {.target = NULL};
	follow(&leg, "sip:b@host:5060;transport=udp",
	       "Contact: <sip:b@HOST:5060>, <sip:c@host>, "
	       "<sip:c@host;transport=udp;x=1>, "
	       "<sip:c@host;transport=tcp>\r\n");
	CHECK_TEXT(redirect_next(&leg), "sip:c@host");
	CHECK_TEXT(redirect_next(&leg), "sip:c@host;transport=tcp");
	CHECK(!redirect_next(&leg));
	follow(&leg, "sip:c@host", "Contact: <sip:b@host:5060>\r\n");
	CHECK(!redirect_next(&leg));
	redirect_release(&leg);
	free(leg.target);
}

TEST(a_leg_is_led_to_five_targets_at_most)
{
	struct leg leg = {.target = NULL};
	follow(&leg, "sip:0@x",
	       "Contact: <sip:1@x>, <sip:2@x>, <sip:3@x>, <sip:4@x>, "
	       "<sip:5@x>\r\n");
	for (int i = 1; i < REDIRECT_MAX; i++)
		CHECK(redirect_next(&leg));
	CHECK(!redirect_next(&leg));
	redirect_release(&leg);
	free(leg.target);
}

TEST(a_secure_target_leads_to_secure_ones)
{
	struct leg leg = {.target = NULL};
	follow(&leg, "sips:b@x",
	       "Contact: <sip:c@x>, <sips:d@x>, <tel:+1>\r\n");
	CHECK_TEXT(redirect_next(&leg), "sips:d@x");
	CHECK(!redirect_next(&leg));
	redirect_release(&leg);
	free(leg.target);
}

TEST_MAIN()
