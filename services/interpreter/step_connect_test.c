/*
 * step_connect_test.c - stories of callees whose answer mediad takes or
 * refuses: nobody is answered, cancelled or given up before it has.
 */
#include "services/interpreter/story_fork_test.h"

#define LATE "answerOnBridge=\"true\" action=\"/a\""

/* The n-th answers with what is no use: its leg alone ends. */
static void answer_badly(unsigned number)
{
	HEAR_NTH(number, answered, .status = 200, .sdp = "v=0 m=audio 0");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[number].sid);
	says_nothing_more(&story);
	hear_not_bridged(&story);
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_CODEC);
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[number].sid);
}

TEST(who_answers_with_no_use_is_hung_up_and_the_others_ring_on)
{
	fork_with("<Response><Dial>" NOUN NOUN NOUN "</Dial></Response>", 3);
	HEAR_NTH(1, ringing, .status = 180);
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	answer_badly(0);
	says_nothing_more(&story);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	says_nothing_more(&story);
	HEAR_NTH(2, answered, .status = 200, .sdp = "v=0");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[2].sid);
	hear_bridged(&story);
	CHECK_TEXT(SAYS(&story, cancel)->leg, callees[1].sid);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_caller_is_not_answered_by_what_mediad_refuses)
{
	fork_unanswered("<Response><Dial " LATE ">" NOUN "</Dial></Response>",
			1);
	answer_badly(0);
	says_nothing_more(&story);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "failed");
	CHECK_TEXT(PARAM(get, "DialErrorCode"), "65002");
	CHECK_TEXT(PARAM(get, "CallStatus"), "ringing");
	hear_document(&story, "<Response/>");
	CHECK_INT(SAYS(&story, reject)->status, 480);
	story_stop(&story);
}

TEST(sequential_goes_on_after_an_answer_of_no_use)
{
	fork_with("<Response><Dial sequential=\"true\">" NOUN NOUN
		  "</Dial></Response>",
		  1);
	answer_badly(0);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	hear_all_opened(SAYS(&story, leg_open));
	SAYS(&story, dial);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(who_accepts_second_gets_the_call_if_the_first_cannot)
{
	fork_with("<Response><Dial>" NOUN NOUN NOUN "</Dial></Response>", 3);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0 no use");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[0].sid);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0 good");
	says_nothing_more(&story);
	(void)str_copy(story.callee, sizeof(story.callee), callees[0].sid);
	hear_not_bridged(&story);
	SAYS(&story, noted);
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	const struct bridge *bridge = SAYS(&story, bridge);
	CHECK_TEXT(bridge->b, callees[1].sid);
	CHECK_TEXT(bridge->answer, "v=0 good");
	says_nothing_more(&story);
	(void)str_copy(story.callee, sizeof(story.callee), callees[1].sid);
	hear_bridged(&story);
	CHECK_TEXT(SAYS(&story, cancel)->leg, callees[2].sid);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(who_accepts_second_is_told_that_another_did)
{
	fork_with("<Response><Dial>" NOUN NOUN "</Dial></Response>", 2);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	says_nothing_more(&story);
	(void)str_copy(story.callee, sizeof(story.callee), callees[0].sid);
	hear_bridged(&story);
	const struct hangup *hangup = SAYS(&story, hangup);
	CHECK_TEXT(hangup->leg, callees[1].sid);
	CHECK_TEXT(hangup->reason,
		   "SIP;cause=200;text=\"Call completed elsewhere\"");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_screened_answer_of_no_use_ends_that_leg_alone)
{
	fork_with("<Response><Dial>" SCREENED NOUN "</Dial></Response>", 2);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0 no use");
	struct leg_changed changed = {.error = ERR_MEDIA_SDP};
	const struct leg_change *change = SAYS(&story, leg_change);
	(void)str_copy(changed.leg, sizeof(changed.leg), change->leg);
	(void)str_copy(changed.change, sizeof(changed.change), change->change);
	SAYS(&story, get);
	hear_from(&story, "mediad/md0", &leg_changed_message, &changed);
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_SDP);
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(who_hangs_up_before_it_is_connected_leaves_it_to_the_others)
{
	fork_unanswered(
		"<Response><Dial " LATE ">" NOUN NOUN "</Dial></Response>", 2);
	HEAR_NTH(1, ringing, .status = 180);
	SAYS(&story, alerting);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	HEAR_NTH(0, ended, .by = LEG_END_REMOTE);
	says_nothing_more(&story);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	hear_bridged(&story);
	SAYS(&story, answer);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_mediad_that_does_not_connect_in_time_is_as_one_that_cannot)
{
	fork_unanswered("<Response><Dial timeout=\"60\" " LATE ">" NOUN
			"</Dial></Response>",
			1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	CHECK_TEXT(hear_timer(&story), "media.1");
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_UNKNOWN);
	SAYS(&story, hangup);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_caller_gone_before_the_bridge_is_not_answered)
{
	fork_unanswered(
		"<Response><Dial " LATE ">" NOUN NOUN "</Dial></Response>", 2);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE, .status = 487);
	SAYS(&story, hangup);
	SAYS(&story, cancel);
	says_nothing_more(&story);
	hear_bridged(&story);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_child_that_the_api_leads_away_before_the_bridge_leaves_the_others)
{
	fork_with("<Response><Dial>" NOUN NOUN "</Dial></Response>", 2);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	struct call_change wish = {.wish = CALL_WISH_REDIRECT,
				   .url = "http://app.example/child"};
	(void)str_copy(wish.leg, sizeof(wish.leg), callees[0].sid);
	hear_from(&story, "apid/ap0", &call_change_message, &wish);
	CHECK(SAYS(&story, bridge)->apart);
	CHECK_TEXT(SAYS(&story, get)->url, "http://app.example/child");
	says_nothing_more(&story);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[1].sid);
	story_stop(&story);
}

TEST(a_star_ends_a_sequential_dial_for_good)
{
	fork_with("<Response><Dial sequential=\"true\" hangupOnStar=\"true\" "
		  "action=\"/a\">" NOUN NOUN "</Dial></Response>",
		  1);
	HEAR(&story, digit_info, .leg = ROOT, .digit = "*");
	SAYS(&story, cancel);
	HEAR_NTH(0, failed, .status = 487);
	SAYS(&story, leg_close);
	SAYS(&story, get);
	says_nothing_more(&story);
	story_stop(&story);
}

/* --- the caller's 200 --- */

TEST(a_caller_is_in_progress_from_our_200_on)
{
	dial_with(DIALECT_SIGNALWIRE,
		  "<Response><Dial action=\"/a\"><Sip>sip:b@127.0.0.1;"
		  "transport=udp</Sip></Dial></Response>");
	HEAR_CALLEE(&story, failed, .status = 486);
	SAYS(&story, leg_close);
	CHECK_TEXT(PARAM(SAYS(&story, get), "CallStatus"), "in-progress");
	story_stop(&story);
}

TEST(who_is_ended_by_the_api_before_its_ack_has_completed)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	struct call_change wish = {.leg = ROOT, .wish = CALL_WISH_CANCEL};
	hear_from(&story, "apid/ap0", &call_change_message, &wish);
	CHECK_INT(SAYS(&story, noted)->code, ERR_CALL_STATE);
	says_nothing_more(&story);
	wish.wish = CALL_WISH_COMPLETE;
	hear_from(&story, "apid/ap0", &call_change_message, &wish);
	SAYS(&story, hangup);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	SAYS(&story, cancel);
	HEAR_CALLEE(&story, failed, .status = 487);
	SAYS(&story, post);
	SAYS(&story, leg_close);
	hear_closed(&story);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_COMPLETED);
	story_end(&story);
}

/* --- a 200 that crosses our CANCEL --- */

static void cross(bool told)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL);
	SAYS(&story, post);
	HEAR(&story, confirmed, .leg = ROOT);
	CHECK_TEXT(hear_timer(&story), "ring.1");
	SAYS(&story, cancel);
	if (told) {
		HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
			    .sdp = "v=0");
		SAYS(&story, hangup);
		says_nothing_more(&story);
	}
	HEAR_CALLEE(&story, failed, .status = told ? 487 : 200);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "no-answer");
	CHECK_TEXT(PARAM(post, "SipResultCode"), "200");
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "no-answer");
	CHECK_TEXT(PARAM(get, "DialSipResponseCode"), "200");
	story_stop(&story);
}

TEST(a_200_that_crosses_our_cancel_is_told_as_what_it_was)
{
	cross(true);
	cross(false);
}

TEST_MAIN()
