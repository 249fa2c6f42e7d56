/*
 * step_play_test.c - stories of <Play>, <Say> and keys pressed for the other
 * side: who is answered, what is asked of mediad, what comes next.
 */
#include "services/interpreter/story_sound_test.h"

TEST(play_answers_the_caller_and_the_next_verb_follows)
{
	begin("<Response><Play>sounds/hello.wav</Play><Hangup/></Response>");
	const struct play *play = plays();
	CHECK_TEXT(play->leg, ROOT);
	CHECK_INT(play->items_count, 1);
	CHECK_INT(play->items[0].kind, PROMPT_FILE);
	CHECK_TEXT(play->items[0].url, "http://app.example/sounds/hello.wav");
	CHECK_INT(play->items[0].times, 0);
	says_nothing_more(&story);
	HEAR(&story, confirmed, .leg = ROOT);
	says_nothing_more(&story);
	hear_played(PLAY_DONE);
	SAYS(&story, hangup);
	CHECK_INT(end()->status, CALL_COMPLETED);
	story_end(&story);
}

TEST(say_speaks_its_text_as_it_is_asked_to)
{
	begin("<Response><Say voice=\"woman\" language=\"de-DE\" "
	      "loop=\"3\">Guten\n   Tag &amp; hallo</Say></Response>");
	const struct play *play = plays();
	CHECK_INT(play->items[0].kind, PROMPT_SPEECH);
	CHECK_TEXT(play->items[0].text, "Guten Tag & hallo");
	CHECK_TEXT(play->items[0].voice, "woman");
	CHECK_TEXT(play->items[0].language, "de-DE");
	CHECK_INT(play->items[0].times, 3);
	hear_played(PLAY_DONE);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(what_cannot_be_played_is_noted_and_passed_over)
{
	begin("<Response><Play>/gone.wav</Play><Say>sorry</Say></Response>");
	plays();
	hear_played(PLAY_FAILED);
	CHECK_INT(SAYS(&story, noted)->code, ERR_PLAY);
	CHECK_TEXT(plays()->items[0].text, "sorry");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_play_without_a_url_does_not_answer)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Play>mailto:x</Play><Say/><Reject/>"
			      "</Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_URL_INVALID);
	SAYS(&story, reject);
	story_stop(&story);
}

TEST(play_presses_keys)
{
	begin_in(DIALECT_TWILIO,
		 "<Response><Play digits=\"wW12#\"/></Response>");
	const struct play *play = plays();
	CHECK_INT(play->items[0].kind, PROMPT_DIGITS);
	CHECK_TEXT(play->items[0].digits, "wW12#");
	CHECK(!play->beside);
	story_stop(&story);
}

TEST(loop_0_goes_on_until_the_caller_does)
{
	begin("<Response><Play loop=\"0\">/moh.wav</Play></Response>");
	CHECK_INT(plays()->items[0].times, 1000);
	hear_played(PLAY_DONE);
	CHECK_INT(plays()->items[0].times, 1000);
	says_nothing_more(&story);
	hear_played(PLAY_FAILED);
	SAYS(&story, noted);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(loop_0_is_1000_times_in_twilios_dialect)
{
	begin_in(DIALECT_TWILIO,
		 "<Response><Play loop=\"0\">/moh.wav</Play></Response>");
	CHECK_INT(plays()->items[0].times, 1000);
	hear_played(PLAY_DONE);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(a_caller_whose_media_is_refused_is_rejected)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Say>hello</Say></Response>");
	SAYS(&story, leg_open);
	struct leg_opened opened = {
		.mediad = "md0", .boot = BOOT, .legs_count = 1};
	(void)str_copy(opened.legs[0].leg, sizeof(opened.legs[0].leg), ROOT);
	opened.legs[0].error = ERR_MEDIA_CODEC;
	opened.legs[0].status = 488;
	hear_from(&story, "mediad/md0", &leg_opened_message, &opened);
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_CODEC);
	CHECK_INT(SAYS(&story, reject)->status, 488);
	says_nothing_more(&story);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = 488);
	CHECK_INT(SAYS(&story, call_closed)->error, ERR_MEDIA_CODEC);
	story_end(&story);
}

TEST(who_hangs_up_while_it_plays_ends_the_document)
{
	begin("<Response><Play>/a.wav</Play><Play>/b.wav</Play></Response>");
	plays();
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, leg_close);
	says_nothing_more(&story);
	hear_played(PLAY_GONE);
	says_nothing_more(&story);
	hear_closed(&story);
	story_stop(&story);
}

TEST(the_api_leads_away_from_what_plays)
{
	begin("<Response><Play loop=\"0\">/moh.wav</Play></Response>");
	plays();
	HEAR(&story, confirmed, .leg = ROOT);
	struct call_change wish = {.leg = ROOT,
				   .wish = CALL_WISH_REDIRECT,
				   .url = "http://app.example/agent"};
	hear_from(&story, "apid/ap0", &call_change_message, &wish);
	CHECK_TEXT(SAYS(&story, play_stop)->play, playing);
	CHECK_TEXT(SAYS(&story, get)->url, "http://app.example/agent");
	says_nothing_more(&story);
	hear_played(PLAY_STOPPED);
	says_nothing_more(&story);
	hear_document(&story, "<Response><Say>hi</Say></Response>");
	plays();
	story_stop(&story);
}

TEST(a_restarted_mediad_plays_it_again)
{
	begin("<Response><Play>/a.wav</Play></Response>");
	plays();
	HEAR(&story, confirmed, .leg = ROOT);
	hear_restart(&story, "mediad", BOOT_2, 1);
	CHECK_INT(SAYS(&story, leg_open)->legs[0].role, LEG_ROLE_RESTORE);
	CHECK_TEXT(SAYS(&story, play)->play, playing);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_screened_callee_hears_what_its_document_says)
{
	fork_with("<Response><Dial>" SCREENED "</Dial></Response>", 1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, leg_change);
	SAYS(&story, get);
	hear_document(&story, "<Response><Say>a call for you</Say></Response>");
	CHECK_TEXT(plays()->leg, callees[0].sid);
	says_nothing_more(&story);
	hear_played_of(callees[0].sid, PLAY_DONE, 0);
	CHECK_TEXT(SAYS(&story, bridge)->b, callees[0].sid);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_prompt_after_a_dial_ends_the_ringing)
{
	fork_with("<Response><Dial>" NOUN "</Dial><Say>nobody</Say></Response>",
		  1);
	HEAR_NTH(0, ringing, .status = 180);
	SAYS(&story, tone);
	HEAR_NTH(0, failed, .status = 486);
	SAYS(&story, tone);
	SAYS(&story, leg_close);
	CHECK_TEXT(plays()->items[0].text, "nobody");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_key_by_sip_info_is_pressed_on_for_the_other_side)
{
	talk(DIAL_PLAIN);
	HEAR(&story, digit_info, .leg = ROOT, .digit = "5");
	const struct play *play = SAYS(&story, play);
	CHECK_TEXT(play->leg, story.callee);
	CHECK(play->beside);
	CHECK_INT(play->items[0].kind, PROMPT_DIGITS);
	CHECK_TEXT(play->items[0].digits, "5");
	HEAR_CALLEE(&story, digit_info, .digit = "#");
	CHECK_TEXT(SAYS(&story, play)->leg, ROOT);
	says_nothing_more(&story);
	press("7"); /* by RTP: mediad has passed it on */
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_long_text_is_cut_between_characters)
{
	static char document[9000] = "<Response><Say>";
	size_t length = strlen(document);
	document[length++] = 'x';
	for (int i = 0; i < 2100; i++) {
		document[length++] = '\xC3';
		document[length++] = '\xA4';
	}
	(void)str_copy(document + length, sizeof(document) - length,
		       "</Say></Response>");
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, document);
	CHECK_INT(SAYS(&story, noted)->code, ERR_DOCUMENT_SCHEMA);
	SAYS(&story, leg_open);
	hear_caller_opened();
	SAYS(&story, answer);
	CHECK_INT(strlen(plays()->items[0].text), 4095);
	story_stop(&story);
}

TEST_MAIN()
