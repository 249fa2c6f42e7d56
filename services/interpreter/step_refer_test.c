/*
 * step_refer_test.c - stories of transfers: who is led to which document, who
 * is told, and who stays.
 */
#include "services/interpreter/story_dial_test.h"

#define RE1 "RE00000000000000000000000000000001"
#define RE2 "RE00000000000000000000000000000002"
#define TRANSFER                                                               \
	"<Response><Dial referUrl=\"/refer\" referMethod=\"GET\" "             \
	"action=\"/after\"><Sip>sip:bob@127.0.0.1;transport=udp</Sip></Dial>"  \
	"</Response>"
#define PAUSE "<Response><Pause length=\"60\"/></Response>"
#define TARGET "sip:carol@127.0.0.1?X-a=1"

TEST(a_callee_transfers_the_caller_to_referurls_document)
{
	talk(TRANSFER);
	HEAR_CALLEE(&story, referred, .refer = RE1, .refer_to = TARGET,
		    .referred_by = "sip:bob@127.0.0.1");
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/refer");
	CHECK_INT(get->method, HTTP_GET);
	CHECK_TEXT(PARAM(get, "CallSid"), ROOT);
	CHECK_TEXT(PARAM(get, "ReferTransferTarget"), TARGET);
	CHECK_TEXT(PARAM(get, "ReferredBy"), "sip:bob@127.0.0.1");
	CHECK(!PARAM(get, "Transferor"));
	HEAR_CALLEE(&story, referred, .refer = RE1, .refer_to = TARGET);
	says_nothing_more(&story);
	hear_document(&story, PAUSE);
	CHECK(SAYS(&story, bridge)->apart);
	const struct notify *notify = SAYS(&story, notify);
	CHECK_TEXT(notify->leg, story.callee);
	CHECK_TEXT(notify->refer, RE1);
	CHECK_INT(notify->status, 200);
	says_nothing_more(&story);
	hear_restart(&story, "sipgw", BOOT_2, 1);
	CHECK_INT(SAYS(&story, notify)->status, 200);
	HEAR_CALLEE(&story, notified, .refer = RE1, .status = 200);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	says_nothing_more(&story); /* no action: the Dial was left */
	CHECK_TEXT(hear_timer(&story), "pause.0");
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	story_stop(&story);
}

TEST(a_caller_transfers_the_callee_which_lives_on)
{
	talk(TRANSFER);
	HEAR(&story, referred, .leg = ROOT, .refer = RE1, .refer_to = TARGET);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "CallSid"), story.callee);
	CHECK_TEXT(PARAM(get, "ParentCallSid"), ROOT);
	hear_document(&story, PAUSE);
	CHECK(SAYS(&story, bridge)->apart);
	CHECK_TEXT(SAYS(&story, notify)->leg, ROOT);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	says_nothing_more(&story); /* the callee runs its own document */
	CHECK(!call_over(story.call));
	CHECK_TEXT(hear_timer(&story), "pause.1");
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	hear_closed(&story);
	const struct call_closed *closed = SAYS(&story, call_closed);
	CHECK_INT(closed->legs_count, 2);
	CHECK_INT(closed->legs[1].status, CALL_COMPLETED);
	story_end(&story);
}

TEST(a_transferred_callee_dials_and_is_connected)
{
	char bob[35];
	talk(TRANSFER);
	(void)str_copy(bob, sizeof(bob), story.callee);
	HEAR(&story, referred, .leg = ROOT, .refer = RE1, .refer_to = TARGET);
	SAYS(&story, get);
	hear_document(&story, "<Response><Dial><Sip>sip:carol@127.0.0.1;"
			      "transport=udp</Sip></Dial></Response>");
	CHECK(SAYS(&story, bridge)->apart);
	SAYS(&story, notify);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 1);
	hear_opened(&story, false);
	CHECK_TEXT(SAYS(&story, dial)->uri,
		   "sip:carol@127.0.0.1;transport=udp");
	HEAR(&story, notified, .leg = ROOT, .refer = RE1, .status = 200);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
		    .sdp = "v=0 carol");
	const struct bridge *bridge = SAYS(&story, bridge);
	CHECK_TEXT(bridge->a, bob);
	CHECK_TEXT(bridge->b, story.callee);
	story_stop(&story);
}

TEST(restcomm_names_the_three_parties)
{
	story_begin(&story, DIALECT_RESTCOMM);
	hear_document(&story, TRANSFER);
	hear_opened(&story, true);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
		    .sdp = "v=0 callee's answer");
	hear_bridged(&story);
	HEAR(&story, referred, .leg = ROOT, .refer = RE1, .refer_to = TARGET);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "ReferTarget"), TARGET);
	CHECK_TEXT(PARAM(get, "Transferor"), "alice");
	CHECK_TEXT(PARAM(get, "Transferee"), "bob");
	CHECK(!PARAM(get, "ReferTransferTarget"));
	story_stop(&story);
}

TEST(without_a_document_the_call_stays_as_it_is)
{
	talk(TRANSFER);
	HEAR_CALLEE(&story, referred, .refer = RE1, .refer_to = TARGET);
	SAYS(&story, get);
	hear_document(&story, "<Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_DOCUMENT_PARSE);
	CHECK_INT(SAYS(&story, notify)->status, 503);
	HEAR_CALLEE(&story, notified, .refer = RE1, .status = 200);
	says_nothing_more(&story);
	/* It may try again. */
	HEAR_CALLEE(&story, referred, .refer = RE2, .refer_to = TARGET);
	SAYS(&story, get);
	CHECK_TEXT(hear_timer(&story), "refer.1");
	SAYS(&story, noted);
	CHECK_INT(SAYS(&story, notify)->status, 503);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	SAYS(&story, leg_close);
	CHECK_TEXT(SAYS(&story, get)->url, "http://app.example/after");
	story_stop(&story);
}

TEST(without_referurl_and_without_a_partner_a_transfer_is_declined)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, referred, .refer = RE1, .refer_to = TARGET);
	CHECK_INT(SAYS(&story, noted)->code, ERR_REFER);
	const struct notify *notify = SAYS(&story, notify);
	CHECK_INT(notify->status, 603);
	CHECK_TEXT(notify->refer, RE1);
	says_nothing_more(&story);
	story_stop(&story);

	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, PAUSE);
	HEAR(&story, referred, .leg = ROOT, .refer = RE1, .refer_to = TARGET);
	CHECK_INT(SAYS(&story, noted)->code, ERR_REFER);
	CHECK_INT(SAYS(&story, notify)->status, 603);
	story_stop(&story);
}

TEST(a_second_transfer_while_one_is_going_on_is_declined)
{
	talk(TRANSFER);
	HEAR_CALLEE(&story, referred, .refer = RE1, .refer_to = TARGET);
	SAYS(&story, get);
	HEAR_CALLEE(&story, referred, .refer = RE2, .refer_to = TARGET);
	const struct notify *notify = SAYS(&story, notify);
	CHECK_TEXT(notify->refer, RE2);
	CHECK_INT(notify->status, 603);
	story_stop(&story);
}

/* Many phones hang up as soon as REFER is accepted. */
static void hang_up_after_refer(bool callee)
{
	const char *leaves = callee ? story.callee : ROOT;
	struct referred referred = {.refer = RE1, .refer_to = TARGET};
	struct ended ended = {.by = LEG_END_REMOTE};
	(void)str_copy(referred.leg, sizeof(referred.leg), leaves);
	(void)str_copy(ended.leg, sizeof(ended.leg), leaves);
	hear_from(&story, referred_from, &referred_message, &referred);
	SAYS(&story, get);
	hear_from(&story, ended_from, &ended_message, &ended);
	SAYS(&story, leg_close);
	hear_closed(&story);
	says_nothing_more(&story);
}

TEST(a_transferor_who_hangs_up_at_once_has_still_transferred)
{
	talk(TRANSFER);
	hang_up_after_refer(true);
	hear_document(&story, PAUSE);
	says_nothing_more(&story);
	CHECK_TEXT(hear_timer(&story), "pause.0");
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	story_stop(&story);

	talk(TRANSFER);
	hang_up_after_refer(false);
	hear_document(&story, PAUSE);
	says_nothing_more(&story);
	CHECK_TEXT(hear_timer(&story), "pause.1");
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	hear_closed(&story);
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST(without_a_document_who_was_left_alone_is_hung_up)
{
	talk(TRANSFER);
	hang_up_after_refer(true);
	hear_document(&story, "<Response>");
	SAYS(&story, noted);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	story_stop(&story);

	talk(TRANSFER);
	hang_up_after_refer(false);
	CHECK_TEXT(hear_timer(&story), "refer.0");
	SAYS(&story, noted);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	SAYS(&story, leg_close);
	story_stop(&story);
}

TEST_MAIN()
