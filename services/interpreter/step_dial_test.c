/*
 * step_dial_test.c - stories of a Dial with several callees: who wins, who is
 * told what, who is screened, and one after another.
 */
#include "services/interpreter/story_fork_test.h"

TEST(the_first_to_answer_is_connected_and_the_others_hear_why)
{
	fork_with("<Response><Dial>" NOUN NOUN NOUN "</Dial></Response>", 3);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0 theirs");
	const struct bridge *bridge = SAYS(&story, bridge);
	CHECK_TEXT(bridge->b, callees[1].sid);
	CHECK_TEXT(bridge->answer, "v=0 theirs");
	says_nothing_more(&story);
	hear_bridged(&story);
	const struct cancel *cancel = SAYS(&story, cancel);
	CHECK_TEXT(cancel->leg, callees[0].sid);
	CHECK_TEXT(cancel->reason,
		   "SIP;cause=200;text=\"Call completed elsewhere\"");
	CHECK_TEXT(SAYS(&story, cancel)->leg, callees[2].sid);
	says_nothing_more(&story);
	HEAR_NTH(0, failed, .status = 487);
	says_nothing_more(&story);
	HEAR_NTH(2, answered, .status = 200, .sdp = "v=0 late");
	CHECK_TEXT(SAYS(&story, hangup)->reason,
		   "SIP;cause=200;text=\"Call completed elsewhere\"");
	HEAR_NTH(2, failed, .status = 487);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 2);
	story_stop(&story);
}

TEST(the_hops_behind_a_call_are_behind_whom_it_dials)
{
	struct incoming incoming = story_incoming(DIALECT_SIGNALWIRE);
	incoming.hops = 3;
	story_init(&story);
	hear_from(&story, incoming_from, &incoming_message, &incoming);
	SAYS(&story, get);
	hear_document(&story, DIAL);
	SAYS(&story, leg_open);
	hear_opened(&story, true);
	SAYS(&story, answer);
	CHECK_INT(SAYS(&story, dial)->hops, 3);
	story_stop(&story);
}

TEST(ten_are_dialled_by_one_message_to_mediad_and_the_eleventh_is_not)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story,
		      "<Response><Dial>" NOUN NOUN NOUN NOUN NOUN NOUN NOUN NOUN
			      NOUN NOUN NOUN "</Dial></Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_TOO_MANY);
	CHECK_INT(SAYS(&story, leg_open)->legs_count, 11);
	says_nothing_more(&story);
	story_stop(&story);
}

/* All fail; what the action is told. */
static void told_of(const int *statuses, unsigned count, const char *wanted,
		    const char *code)
{
	fork_with("<Response><Dial action=\"/a\">" NOUN NOUN NOUN
		  "</Dial></Response>",
		  3);
	for (unsigned i = 0; i < count; i++) {
		says_nothing_more(&story);
		HEAR_NTH(i, failed, .status = statuses[i]);
	}
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), wanted);
	CHECK_TEXT(PARAM(get, "DialSipResponseCode"), code);
	story_stop(&story);
}

TEST(of_those_who_failed_the_one_that_says_most_is_told)
{
	told_of((int[]){404, 486, 480}, 3, "no-answer", "480");
	told_of((int[]){404, 486, 500}, 3, "busy", "486");
	told_of((int[]){404, 500, 503}, 3, "failed", "404");
}

TEST(a_callee_is_screened_while_the_caller_hears_ringing)
{
	fork_with("<Response><Dial action=\"/a\">" SCREENED
		  "</Dial></Response>",
		  1);
	HEAR_NTH(0, ringing, .status = 180);
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0 theirs");
	CHECK_TEXT(SAYS(&story, leg_change)->answer, "v=0 theirs");
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/screen");
	CHECK_TEXT(get->leg, callees[0].sid);
	CHECK_TEXT(PARAM(get, "ParentCallSid"), ROOT);
	CHECK(PARAM(get, "SipCallId") != NULL);
	says_nothing_more(&story);
	hear_document(&story, "<Response/>");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[0].sid);
	says_nothing_more(&story);
	story_stop(&story);
}

static void screen_with(char *document)
{
	fork_with("<Response><Dial action=\"/a\">" SCREENED NOUN
		  "</Dial></Response>",
		  2);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	hear_document(&story, document);
}

TEST(who_declines_is_hung_up_alone_and_the_other_may_still_answer)
{
	screen_with("<Response><Hangup/></Response>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	says_nothing_more(&story);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	says_nothing_more(&story);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[1].sid);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(when_the_last_declines_the_dial_was_not_answered)
{
	screen_with("<Response><Reject/></Response>");
	SAYS(&story, hangup);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	HEAR_NTH(1, failed, .status = 486);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "no-answer");
	CHECK_TEXT(PARAM(get, "DialDeclined"), "true");
	story_stop(&story);
}

TEST(a_dial_in_a_screening_document_is_noted_and_skipped)
{
	screen_with("<Response><Dial>" NOUN "</Dial></Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_NESTING);
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[0].sid);
	story_stop(&story);
}

TEST(a_screening_document_has_60_seconds)
{
	screen_with("<Response><Pause length=\"100\"/></Response>");
	int64_t began = story.now;
	CHECK_TEXT(hear_timer(&story), "ring.2");
	SAYS(&story, cancel);
	CHECK_TEXT(hear_timer(&story), "screen.1");
	CHECK_INT(story.now - began, 60000);
	CHECK_INT(SAYS(&story, noted)->code, ERR_SCREENING);
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	story_stop(&story);
}

TEST(who_is_still_screened_when_another_accepts_is_hung_up)
{
	screen_with("<Response><Pause length=\"10\"/></Response>");
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[1].sid);
	hear_bridged(&story);
	const struct hangup *hangup = SAYS(&story, hangup);
	CHECK_TEXT(hangup->leg, callees[0].sid);
	CHECK_TEXT(hangup->reason,
		   "SIP;cause=200;text=\"Call completed elsewhere\"");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(sequential_dials_the_next_one_when_the_one_before_is_gone)
{
	fork_with("<Response><Dial sequential=\"true\" action=\"/a\">" NOUN NOUN
		  "</Dial></Response>",
		  1);
	HEAR_NTH(0, failed, .status = 486);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 1);
	hear_all_opened(open);
	SAYS(&story, dial);
	says_nothing_more(&story);
	HEAR_NTH(0, failed, .status = 480);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "no-answer");
	story_stop(&story);
}

TEST(sequential_passes_over_what_cannot_be_dialled)
{
	fork_with("<Response><Dial sequential=\"true\">" NOUN
		  "<Sip>mailto:a@b</Sip>" NOUN "</Dial></Response>",
		  1);
	HEAR_NTH(0, failed, .status = 486);
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_URI);
	hear_all_opened(SAYS(&story, leg_open));
	SAYS(&story, dial);
	story_stop(&story);
}

/* The callee has been dialled, the caller is not answered. */
static void unanswered_with(char *document)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	SAYS(&story, get);
	hear_document(&story, document);
	hear_all_opened(SAYS(&story, leg_open));
	SAYS(&story, dial);
}

TEST(answer_on_bridge_answers_when_it_bridges)
{
	unanswered_with("<Response><Dial answerOnBridge=\"true\">" NOUN
			"</Dial></Response>");
	says_nothing_more(&story);
	HEAR_NTH(0, ringing, .status = 180);
	CHECK_INT(SAYS(&story, alerting)->status, 180);
	says_nothing_more(&story);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	says_nothing_more(&story);
	hear_bridged(&story);
	SAYS(&story, answer);
	story_stop(&story);
}

TEST(a_caller_who_rings_for_long_is_told_so_each_minute)
{
	unanswered_with("<Response><Dial answerOnBridge=\"true\" "
			"timeout=\"600\">" NOUN "</Dial></Response>");
	HEAR_NTH(0, ringing, .status = 180);
	SAYS(&story, alerting);
	for (int i = 0; i < 3; i++) {
		CHECK_TEXT(hear_timer(&story), "alert.0");
		CHECK_INT(SAYS(&story, alerting)->status, 180);
	}
	HEAR_NTH(0, failed, .status = 486);
	SAYS(&story, reject);
	CHECK_TEXT(hear_timer(&story), "end.0");
	story_stop(&story);
}

TEST(answer_on_bridge_passes_the_refusal_on)
{
	unanswered_with("<Response><Dial answerOnBridge=\"true\">" NOUN
			"</Dial></Response>");
	HEAR_NTH(0, failed, .status = 486);
	CHECK_INT(SAYS(&story, reject)->status, 486);
	story_stop(&story);
}

TEST(a_child_that_the_api_redirects_leaves_the_dial_and_both_go_on)
{
	fork_with("<Response><Dial action=\"/a\">" NOUN "</Dial></Response>",
		  1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	hear_bridged(&story);
	struct call_change wish = {.wish = CALL_WISH_REDIRECT,
				   .url = "http://app.example/child"};
	(void)str_copy(wish.leg, sizeof(wish.leg), callees[0].sid);
	hear_from(&story, "apid/ap0", &call_change_message, &wish);
	CHECK(SAYS(&story, bridge)->apart);
	const struct get *parent = SAYS(&story, get);
	CHECK_TEXT(parent->url, "http://app.example/a");
	CHECK_TEXT(PARAM(parent, "DialCallStatus"), "completed");
	CHECK(PARAM(parent, "DialCallDuration") == NULL);
	const struct get *child = SAYS(&story, get);
	CHECK_TEXT(child->url, "http://app.example/child");
	CHECK_TEXT(child->leg, callees[0].sid);
	says_nothing_more(&story);
	hear_document(&story, "<Response/>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	story_stop(&story);
}

TEST(a_restarted_mediad_is_told_of_screened_and_ringing_callees)
{
	fork_with("<Response><Dial>" SCREENED NOUN "</Dial></Response>", 2);
	HEAR_NTH(1, ringing, .status = 180);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0 theirs");
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 3);
	CHECK_TEXT(open->tone_leg, ROOT);
	SAYS(&story, tone);
	CHECK_TEXT(SAYS(&story, leg_change)->answer, "v=0 theirs");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST_MAIN()
