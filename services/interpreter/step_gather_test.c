/*
 * step_gather_test.c - stories of <Gather>: which keys count, when it is over,
 * and what the application is told.
 */
#include "services/interpreter/story_sound_test.h"

#define ASK "<Say>press a key</Say>"

TEST(the_finishing_key_ends_it_and_is_no_part_of_the_digits)
{
	begin("<Response><Gather action=\"/menu\">" ASK "</Gather></Response>");
	CHECK_TEXT(plays()->items[0].text, "press a key");
	press("1");
	CHECK_TEXT(SAYS(&story, play_stop)->play, playing);
	press("23");
	says_nothing_more(&story);
	press("#");
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/menu");
	CHECK_TEXT(PARAM(get, "Digits"), "123");
	CHECK_INT(get->method, HTTP_POST);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(as_many_keys_as_asked_for_end_it)
{
	begin("<Response><Gather numDigits=\"2\" method=\"GET\"/></Response>");
	says_nothing_more(&story);
	press("4");
	says_nothing_more(&story);
	press("2");
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/voice?tenant=1");
	CHECK_INT(get->method, HTTP_GET);
	CHECK_TEXT(PARAM(get, "Digits"), "42");
	story_stop(&story);
}

TEST(the_timeout_counts_from_the_prompts_end_and_from_each_key)
{
	begin("<Response><Gather timeout=\"3\">" ASK "</Gather><Hangup/>"
	      "</Response>");
	plays();
	HEAR(&story, confirmed, .leg = ROOT);
	story.now += 60000;
	hear_played(PLAY_DONE);
	int64_t from = story.now;
	story.now += 2000;
	press("1");
	CHECK_TEXT(hear_timer(&story), "keys.0");
	CHECK(story.now >= from + 5000);
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "1");
	story_stop(&story);
}

TEST(without_a_key_the_next_verb_follows)
{
	begin("<Response><Gather>" ASK
	      "</Gather><Say>goodbye</Say></Response>");
	plays();
	hear_played(PLAY_DONE);
	int64_t from = story.now;
	CHECK_TEXT(hear_timer(&story), "keys.0");
	CHECK(story.now >= from + 5000);
	CHECK_TEXT(plays()->items[0].text, "goodbye");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(action_on_empty_result_asks_with_empty_digits)
{
	begin("<Response><Gather actionOnEmptyResult=\"true\" action=\"/m\" "
	      "timeout=\"1\"/></Response>");
	CHECK_TEXT(hear_timer(&story), "keys.0");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "");
	story_stop(&story);
}

TEST(the_finishing_key_alone_is_no_input)
{
	begin("<Response><Gather action=\"/m\"/><Hangup/></Response>");
	press("#");
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(finish_on_key_may_be_another_or_none)
{
	begin("<Response><Gather finishOnKey=\"*9\"/></Response>");
	press("1#");
	says_nothing_more(&story);
	press("9");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "1#");
	story_stop(&story);
	begin("<Response><Gather finishOnKey=\"\"/></Response>");
	press("1#*");
	says_nothing_more(&story);
	CHECK_TEXT(hear_timer(&story), "keys.0");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "1#*");
	story_stop(&story);
}

TEST(restcomms_start_input_key_says_what_may_come_first)
{
	begin_in(DIALECT_RESTCOMM,
		 "<Response><Gather startInputKey=\"12\" "
		 "finishOnKey=\"\">" ASK "</Gather></Response>");
	plays();
	press("5");
	says_nothing_more(&story);
	press("1");
	SAYS(&story, play_stop);
	press("5");
	CHECK_TEXT(hear_timer(&story), "keys.0");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "15");
	story_stop(&story);
}

TEST(without_barge_in_the_prompt_plays_on_and_keys_count)
{
	begin_in(DIALECT_TWILIO, "<Response><Gather bargeIn=\"false\" "
				 "timeout=\"2\">" ASK "</Gather></Response>");
	plays();
	press("12");
	says_nothing_more(&story);
	hear_played(PLAY_DONE);
	says_nothing_more(&story);
	CHECK_TEXT(hear_timer(&story), "keys.0");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "12");
	story_stop(&story);
}

TEST(what_is_inside_is_one_prompt)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Gather><Say loop=\"2\">one</Say>"
			      "<Pause length=\"2\"/><Play>/two.wav</Play>"
			      "<Hangup/></Gather></Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_NESTING); /* Hangup */
	SAYS(&story, leg_open);
	hear_caller_opened();
	SAYS(&story, answer);
	const struct play *play = plays();
	CHECK_INT(play->items_count, 3);
	CHECK_INT(play->items[0].times, 2);
	CHECK_INT(play->items[1].kind, PROMPT_PAUSE);
	CHECK_INT(play->items[1].ms, 2000);
	CHECK_TEXT(play->items[2].url, "http://app.example/two.wav");
	story_stop(&story);
}

TEST(a_prompt_that_fails_is_noted_and_keys_are_awaited)
{
	begin("<Response><Gather><Play>/gone.wav</Play></Gather></Response>");
	plays();
	hear_played(PLAY_FAILED);
	CHECK_INT(SAYS(&story, noted)->code, ERR_PLAY);
	says_nothing_more(&story);
	press("1#");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "1");
	story_stop(&story);
}

TEST(speech_is_told_to_be_unknown_and_keys_are_collected)
{
	begin("<Response><Gather input=\"dtmf speech\"/></Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_UNKNOWN_VERB);
	press("7#");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "7");
	story_stop(&story);
}

TEST(keys_by_sip_info_count_as_well)
{
	begin("<Response><Gather numDigits=\"1\"/></Response>");
	HEAR(&story, digit_info, .leg = ROOT, .digit = "3");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "3");
	story_stop(&story);
}

TEST(keys_of_before_and_of_others_do_not_count)
{
	begin("<Response><Say>hello</Say><Gather numDigits=\"1\"/></Response>");
	plays();
	press("1");
	says_nothing_more(&story);
	hear_played(PLAY_DONE);
	says_nothing_more(&story);
	press_of("CA99999999999999999999999999999999", "1");
	says_nothing_more(&story);
	press("2");
	CHECK_TEXT(PARAM(SAYS(&story, get), "Digits"), "2");
	story_stop(&story);
}

TEST(who_hangs_up_ends_it_without_action)
{
	begin("<Response><Gather>" ASK "</Gather></Response>");
	plays();
	press("1");
	SAYS(&story, play_stop);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, leg_close);
	hear_closed(&story);
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST(a_callee_presses_1_to_accept)
{
	fork_with("<Response><Dial>" SCREENED "</Dial></Response>", 1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	hear_document(&story, "<Response><Gather numDigits=\"1\" "
			      "action=\"/pressed\">" ASK
			      "</Gather><Hangup/></Response>");
	CHECK_TEXT(plays()->leg, callees[0].sid);
	press("5"); /* the caller's keys are not the callee's */
	says_nothing_more(&story);
	press_of(callees[0].sid, "1");
	SAYS(&story, play_stop);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "Digits"), "1");
	CHECK_TEXT(get->leg, callees[0].sid);
	says_nothing_more(&story);
	hear_document(&story, "<Response/>");
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[0].sid);
	story_stop(&story);
}

TEST(a_callee_who_presses_nothing_is_hung_up)
{
	fork_with("<Response><Dial>" SCREENED "</Dial></Response>", 1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	hear_document(&story, "<Response><Gather numDigits=\"1\">" ASK
			      "</Gather><Hangup/></Response>");
	plays();
	hear_played_of(callees[0].sid, PLAY_DONE, 0);
	CHECK_TEXT(hear_timer(&story), "keys.1");
	CHECK_TEXT(SAYS(&story, hangup)->leg, callees[0].sid);
	story_stop(&story);
}

TEST(an_inline_document_without_action_has_nowhere_to_go)
{
	begin("<Response><Gather numDigits=\"1\"/></Response>");
	HEAR(&story, confirmed, .leg = ROOT);
	struct call_change wish = {.leg = ROOT,
				   .wish = CALL_WISH_REDIRECT,
				   .document = "<Response><Gather "
					       "numDigits=\"1\"/></Response>"};
	hear_from(&story, "apid/ap0", &call_change_message, &wish);
	press("1");
	CHECK_INT(SAYS(&story, noted)->code, ERR_URL_INVALID);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST_MAIN()
