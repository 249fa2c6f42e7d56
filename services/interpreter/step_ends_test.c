/*
 * step_ends_test.c - stories of how calls end: who refuses, cancels, hangs up,
 * presses the star, falls silent or lets the time run out, and what the others
 * hear.
 */
#include "services/interpreter/story_dial_test.h"

#define STAR                                                                   \
	"<Response><Dial hangupOnStar=\"true\" action=\"/after\"><Sip>"        \
	"sip:bob@127.0.0.1;transport=udp</Sip></Dial></Response>"

TEST(a_busy_callee_is_told_to_the_action)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, failed, .status = 486, .phrase = "Busy Here");
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "busy");
	CHECK_INT(post->sequence, 1);
	CHECK_TEXT(PARAM(post, "CallDuration"), "0");
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "busy");
	CHECK_TEXT(PARAM(get, "DialSipResponseCode"), "486");
	CHECK_TEXT(PARAM(get, "DialCallDuration"), "0");
	story_stop(&story);
}

TEST(ringback_stops_when_the_call_goes_on_without_an_answer)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL);
	HEAR_CALLEE(&story, ringing, .status = 180);
	HEAR_CALLEE(&story, failed, .status = 480);
	SAYS(&story, post);
	CHECK_INT(SAYS(&story, tone)->kind, TONE_SILENCE);
	SAYS(&story, leg_close);
	CHECK_TEXT(PARAM(SAYS(&story, get), "DialCallStatus"), "no-answer");
	story_stop(&story);
}

TEST(an_invite_that_rings_too_long_is_cancelled_and_was_not_answered)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL);
	int64_t dialled = story.now;
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, ringing, .status = 180);
	CHECK_TEXT(hear_timer(&story), "ring.1");
	CHECK_INT(story.now - dialled, 20010);
	CHECK_TEXT(SAYS(&story, cancel)->leg, story.callee);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, failed, .status = 487);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "no-answer");
	SAYS(&story, tone);
	SAYS(&story, leg_close);
	CHECK_TEXT(PARAM(SAYS(&story, get), "DialCallStatus"), "no-answer");
	story_stop(&story);
}

TEST(a_caller_who_gives_up_cancels_the_callee_and_the_action_is_told)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, ringing, .status = 180);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, cancel);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, failed, .status = 487);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "canceled");
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "CallStatus"), "completed");
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "canceled");
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 2);
	hear_closed(&story);
	says_nothing_more(&story);
	hear_document(&story, "<Response><Dial><Sip>sip:x@y</Sip></Dial>"
			      "</Response>"); /* nobody is there: ignored */
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST(a_caller_who_hangs_up_ends_the_callee_too)
{
	talk(DIAL_PLAIN);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	hear_closed(&story);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "completed");
	CHECK_TEXT(PARAM(post, "HangupBy"), "caller");
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST(two_byes_that_cross_end_the_call_once)
{
	talk(DIAL_PLAIN);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, hangup);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	SAYS(&story, leg_close);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(an_answer_that_crosses_our_cancel_is_hung_up)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_timer(&story);
	SAYS(&story, cancel);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, hangup);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, failed, .status = 487);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "no-answer");
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(a_talk_ends_at_the_time_limit)
{
	talk("<Response><Dial timeLimit=\"60\"><Sip>sip:bob@h;transport=tcp"
	     "</Sip></Dial></Response>");
	int64_t answered = story.now - 10;
	CHECK_TEXT(hear_timer(&story), "limit.1");
	CHECK_INT(story.now - answered, 60010);
	SAYS(&story, hangup);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(reject_refuses_before_the_answer)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Reject/></Response>");
	CHECK_INT(SAYS(&story, reject)->status, 603);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = 603);
	const struct call_closed *closed = SAYS(&story, call_closed);
	CHECK_INT(closed->status, CALL_NO_ANSWER);
	CHECK_INT(closed->legs[0].sip_status, 603);
	story_end(&story);
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Reject reason=\"busy\"/></Response>");
	CHECK_INT(SAYS(&story, reject)->status, 486);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = 486);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_BUSY);
	story_end(&story);
}

TEST(an_empty_document_or_hangup_ends_an_unanswered_call_with_480)
{
	static char *const documents[] = {"<Response/>",
					  "<Response><Hangup/></Response>"};
	for (int i = 0; i < 2; i++) {
		story_begin(&story, DIALECT_SIGNALWIRE);
		hear_document(&story, documents[i]);
		SAYS(&story, hangup);
		HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL,
		     .status = 480);
		CHECK_INT(SAYS(&story, call_closed)->status, CALL_NO_ANSWER);
		story_end(&story);
	}
}

TEST(a_caller_who_cancels_during_the_fetch_is_canceled)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE, .status = 487);
	says_nothing_more(&story);
	hear_document(&story, DIAL);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_CANCELED);
	story_end(&story);
}

TEST(a_caller_who_cancels_while_media_is_opened_leaves_nothing_open)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, DIAL_PLAIN);
	SAYS(&story, leg_open);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE, .status = 487);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "canceled");
	CHECK_INT(post->sequence, 0);
	says_nothing_more(&story);
	hear_opened(&story, true);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 2);
	hear_closed(&story);
	SAYS(&story, call_closed);
	story_end(&story);
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

TEST_MAIN()
