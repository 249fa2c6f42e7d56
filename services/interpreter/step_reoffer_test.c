/*
 * step_reoffer_test.c - calls whose phones change their media, press keys, fall
 * silent, are heard before they answer, or transfer each other.
 */
#include "services/interpreter/story_dial_test.h"

#define reoffered_from "sipgw/gw0"
#define reconfirmed_from "sipgw/gw0"
#define referred_from "sipgw/gw0"
#define notified_from "sipgw/gw0"
#define leg_changed_from "mediad/md0"
#define digit_from "mediad/md0"
#define media_silent_from "mediad/md0"

#define RE1 "RE00000000000000000000000000000001"
#define RE2 "RE00000000000000000000000000000002"
#define STAR                                                                   \
	"<Response><Dial hangupOnStar=\"true\" action=\"/after\"><Sip>"        \
	"sip:bob@127.0.0.1;transport=udp</Sip></Dial></Response>"
#define TRANSFER                                                               \
	"<Response><Dial referUrl=\"/refer\" referMethod=\"GET\" "             \
	"action=\"/after\"><Sip>sip:bob@127.0.0.1;transport=udp</Sip></Dial>"  \
	"</Response>"
#define PAUSE "<Response><Pause length=\"60\"/></Response>"

static void hear_restart(const char *service, const char *instance)
{
	struct instance_restarted restarted = {.hello = 1};
	(void)str_copy(restarted.service, sizeof(restarted.service), service);
	(void)str_copy(restarted.instance, sizeof(restarted.instance),
		       instance);
	(void)str_copy(restarted.boot, sizeof(restarted.boot), BOOT_2);
	hear_from(&story, instance_restarted_from, &instance_restarted_message,
		  &restarted);
}

TEST(hold_is_mediads_answer_and_is_in_force_after_a_crash)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	const struct leg_change *change = SAYS(&story, leg_change);
	CHECK_TEXT(said_to(&story), "md0");
	CHECK_TEXT(change->leg, ROOT);
	CHECK_TEXT(change->change, RE1);
	CHECK_TEXT(change->offer, "v=0 hold");
	CHECK(!change->answer);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	says_nothing_more(&story); /* mediad is asked already */
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 held");
	const struct reanswer *reanswer = SAYS(&story, reanswer);
	CHECK_TEXT(said_to(&story), "gw0");
	CHECK_TEXT(reanswer->leg, ROOT);
	CHECK_TEXT(reanswer->offer, RE1);
	CHECK_INT(reanswer->status, 200);
	CHECK_TEXT(reanswer->sdp, "v=0 held");
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 held");
	says_nothing_more(&story);
	HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1);
	says_nothing_more(&story);
	hear_restart("mediad", "md0");
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 2);
	CHECK_TEXT(open->legs[0].local, "v=0 held");
	CHECK_TEXT(open->legs[0].remote, "v=0 hold");
	CHECK_TEXT(open->legs[1].local, "v=0 offer to the callee");
	CHECK(!open->early);
	story_stop(&story);
}

TEST(a_refused_offer_changes_nothing_and_has_its_status)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, reoffered, .offer = RE1, .sdp = "v=0 video");
	SAYS(&story, leg_change);
	HEAR_CALLEE(&story, leg_changed, .change = RE1,
		    .error = ERR_MEDIA_CODEC, .error_text = "no audio",
		    .status = 488);
	CHECK_INT(SAYS(&story, noted)->level, NOTE_WARNING);
	const struct reanswer *reanswer = SAYS(&story, reanswer);
	CHECK_INT(reanswer->status, 488);
	CHECK(!reanswer->sdp);
	HEAR_CALLEE(&story, reconfirmed, .offer = RE1);
	hear_restart("mediad", "md0");
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[1].remote, "v=0 callee's answer");
	story_stop(&story);
}

TEST(an_offer_that_is_wanted_holds_once_the_ack_has_answered_it)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1);
	const struct leg_change *change = SAYS(&story, leg_change);
	CHECK(!change->offer && !change->answer);
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 ours");
	CHECK_TEXT(SAYS(&story, reanswer)->sdp, "v=0 ours");
	hear_restart("mediad", "md0");
	CHECK_TEXT(SAYS(&story, leg_open)->legs[0].local,
		   "v=0 answer to the caller");
	HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1,
	     .sdp = "v=0 theirs");
	change = SAYS(&story, leg_change);
	CHECK_TEXT(change->change, RE1);
	CHECK_TEXT(change->answer, "v=0 theirs");
	CHECK(!change->offer);
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1);
	says_nothing_more(&story);
	struct instance_restarted again = {.service = "mediad",
					   .instance = "md0",
					   .boot = BOOT,
					   .hello = 2};
	hear_from(&story, instance_restarted_from, &instance_restarted_message,
		  &again);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[0].local, "v=0 ours");
	CHECK_TEXT(open->legs[0].remote, "v=0 theirs");
	story_stop(&story);
}

TEST(a_restart_in_the_middle_asks_again_and_a_repeat_is_answered_again)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	hear_restart("mediad", "md0");
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[0].remote, OFFER);
	CHECK_TEXT(SAYS(&story, leg_change)->offer, "v=0 hold");
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 held");
	SAYS(&story, reanswer);
	hear_restart("sipgw", "gw0");
	CHECK_TEXT(SAYS(&story, reanswer)->sdp, "v=0 held");
	says_nothing_more(&story);
	HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	CHECK_TEXT(SAYS(&story, reanswer)->sdp, "v=0 held");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(an_offer_that_is_taken_back_is_void)
{
	char name[] = RE1;
	name[0] = 'U';
	name[1] = 'N';
	for (int answered = 0; answered < 2; answered++) {
		talk(DIAL_PLAIN);
		HEAR(&story, reoffered, .leg = ROOT, .offer = RE1,
		     .sdp = "v=0 hold");
		SAYS(&story, leg_change);
		if (answered) {
			HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
			     .sdp = "v=0 held");
			SAYS(&story, reanswer);
		}
		HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1,
		     .status = 487);
		const struct leg_change *change = SAYS(&story, leg_change);
		CHECK_TEXT(change->change, name);
		CHECK_TEXT(change->offer, OFFER);
		HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
		     .sdp = "v=0 held");
		says_nothing_more(&story);
		struct leg_changed undone = {.leg = ROOT, .sdp = "v=0 back"};
		(void)str_copy(undone.change, sizeof(undone.change), name);
		hear_from(&story, leg_changed_from, &leg_changed_message,
			  &undone);
		says_nothing_more(&story);
		hear_restart("mediad", "md0");
		const struct leg_open *open = SAYS(&story, leg_open);
		CHECK_TEXT(open->legs[0].local, "v=0 back");
		CHECK_TEXT(open->legs[0].remote, OFFER);
		says_nothing_more(&story);
		story_stop(&story);
	}
}

TEST(two_offers_at_once_and_offers_of_dead_legs_are_refused)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE2, .sdp = "v=0 other");
	CHECK_INT(SAYS(&story, reanswer)->status, 491);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	HEAR_CALLEE(&story, reoffered, .offer = RE2, .sdp = "v=0 late");
	CHECK_INT(SAYS(&story, reanswer)->status, 481);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(when_mediad_never_answers_the_offer_is_refused)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	CHECK_TEXT(hear_timer(&story), "change.0");
	CHECK_INT(SAYS(&story, reanswer)->status, 500);
	CHECK_TEXT(hear_timer(&story), "change.0");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_silent_phone_is_hung_up_and_the_dial_goes_on)
{
	talk(STAR);
	HEAR_CALLEE(&story, media_silent, .for_ms = 60000);
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_SILENT);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, media_silent, .for_ms = 60000);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/after");
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "completed");
	story_stop(&story);
}

TEST(a_star_ends_the_dialled_call_only_where_it_is_asked_for)
{
	talk(STAR);
	HEAR(&story, digit, .leg = ROOT, .digit = "5");
	HEAR_CALLEE(&story, digit, .digit = "*");
	says_nothing_more(&story);
	HEAR(&story, digit, .leg = ROOT, .digit = "*", .duration_ms = 100);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR(&story, digit_info, .leg = ROOT, .digit = "*");
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "completed");
	story_stop(&story);

	talk(DIAL_PLAIN);
	HEAR(&story, digit, .leg = ROOT, .digit = "*");
	says_nothing_more(&story);
	story_stop(&story);

	talk(STAR);
	HEAR(&story, digit_info, .leg = ROOT, .digit = "*");
	SAYS(&story, hangup);
	story_stop(&story);
}

static void hear_early(const char *sdp)
{
	struct ringing ringing = {.status = 183, .phrase = "Progress"};
	(void)str_copy(ringing.leg, sizeof(ringing.leg), story.callee);
	ringing.sdp = (char *)sdp;
	hear_from(&story, ringing_from, &ringing_message, &ringing);
}

TEST(early_media_is_heard_instead_of_ringing_until_the_answer)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early(NULL);
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	hear_early("v=0 announcement");
	const struct bridge *bridge = SAYS(&story, bridge);
	CHECK(bridge->early);
	CHECK_TEXT(bridge->a, ROOT);
	CHECK_TEXT(bridge->answer_leg, story.callee);
	CHECK_TEXT(bridge->answer, "v=0 announcement");
	says_nothing_more(&story);
	hear_restart("mediad", "md0");
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK(open->early);
	CHECK_TEXT(open->bridge_b, story.callee);
	CHECK_INT(open->tone, TONE_NONE);
	CHECK_TEXT(open->legs[1].remote, "v=0 announcement");
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
		    .sdp = "v=0 callee's answer");
	bridge = SAYS(&story, bridge);
	CHECK(!bridge->early);
	CHECK_TEXT(bridge->answer, "v=0 callee's answer");
	/* The early one's outcome is none of the answer's. */
	struct bridged early = {.a = ROOT, .early = true, .error = 65001};
	(void)str_copy(early.b, sizeof(early.b), story.callee);
	hear_from(&story, bridged_from, &bridged_message, &early);
	says_nothing_more(&story);
	hear_bridged(&story);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(an_answer_without_sdp_after_early_media_is_the_early_one)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early("v=0 announcement");
	SAYS(&story, bridge);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK");
	CHECK_TEXT(SAYS(&story, bridge)->answer, "v=0 announcement");
	story_stop(&story);
}

TEST(early_media_that_is_no_good_becomes_ringing)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early("v=0 nonsense");
	SAYS(&story, bridge);
	struct bridged early = {.a = ROOT, .early = true, .error = 65001};
	(void)str_copy(early.b, sizeof(early.b), story.callee);
	hear_from(&story, bridged_from, &bridged_message, &early);
	CHECK_INT(SAYS(&story, noted)->level, NOTE_WARNING);
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK");
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_SDP);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(of_two_callees_nobody_is_heard_early)
{
	struct leg_opened opened = {.mediad = "md0", .boot = BOOT};
	story_begin(&story, DIALECT_TWILIO);
	hear_document(&story, "<Response><Dial><Sip>sip:a@127.0.0.1</Sip>"
			      "<Sip>sip:b@127.0.0.1</Sip></Dial></Response>");
	const struct leg_open *open = SAYS(&story, leg_open);
	opened.legs_count = open->legs_count;
	for (uint32_t i = 0; i < open->legs_count; i++) {
		(void)str_copy(opened.legs[i].leg, sizeof(opened.legs[i].leg),
			       open->legs[i].leg);
		opened.legs[i].sdp = "v=0 ours";
	}
	CHECK_INT(opened.legs_count, 3);
	hear_from(&story, leg_opened_from, &leg_opened_message, &opened);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early("v=0 announcement");
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	says_nothing_more(&story);
	story_stop(&story);
}

/* --- transfers --- */

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
	hear_restart("sipgw", "gw0");
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
