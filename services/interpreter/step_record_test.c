/*
 * step_record_test.c - stories of <Record>: when it begins and ends, who is
 * told of it, and when the call may close.
 */
#include "services/interpreter/story_record_test.h"

TEST(record_beeps_records_and_asks_its_action)
{
	begin("<Response><Record action=\"/message\" maxLength=\"60\" "
	      "timeout=\"7\" trim=\"trim-silence\"/></Response>");
	CHECK_INT(plays()->items[0].kind, PROMPT_BEEP);
	says_nothing_more(&story);
	hear_played(PLAY_DONE);
	const struct record_start *start = records();
	CHECK_TEXT(start->leg, ROOT);
	CHECK_INT(start->track, TRACK_INBOUND);
	CHECK_INT(start->max_ms, 60000);
	CHECK_INT(start->silence_ms, 7000);
	CHECK(start->trim);
	CHECK(!start->dual);
	hear_started();
	says_nothing_more(&story);
	HEAR_TAPE(recording_done, .end = RECORD_END_SILENCE,
		  .duration_ms = 4600, .channels = 1);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/message");
	CHECK_TEXT(PARAM(get, "RecordingSid"), taped);
	CHECK_TEXT(PARAM(get, "RecordingDuration"), "5");
	CHECK(PARAM(get, "Digits") == NULL);
	const char *url = PARAM(get, "RecordingUrl");
	CHECK(url && str_starts(url, "http://api.example/2010-04-01/Accounts/"
				     "AC1/Recordings/RE"));
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_key_ends_a_recording_and_is_told)
{
	record_in(DIALECT_SIGNALWIRE, "<Response><Record/></Response>");
	press("5");
	CHECK_TEXT(SAYS(&story, record_stop)->recording, taped);
	press("6");
	says_nothing_more(&story);
	hear_done(1000);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/voice?tenant=1");
	CHECK_TEXT(PARAM(get, "Digits"), "5");
	story_stop(&story);
}

TEST(finish_on_key_says_which_keys_end_it)
{
	record_in(DIALECT_SIGNALWIRE,
		  "<Response><Record finishOnKey=\"#\"/></Response>");
	press("5*");
	says_nothing_more(&story);
	press("#");
	SAYS(&story, record_stop);
	story_stop(&story);
	record_in(DIALECT_RESTCOMM,
		  "<Response><Record finishOnKey=\"-1\"/></Response>");
	press("5#");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(without_a_beep_it_records_at_once)
{
	begin("<Response><Record playBeep=\"false\" timeout=\"0\" "
	      "maxLength=\"0\"/></Response>");
	const struct record_start *start = records();
	CHECK_INT(start->silence_ms, 0);
	CHECK_INT(start->max_ms, 3600000);
	story_stop(&story);
}

TEST(who_hangs_up_ends_it_and_the_action_is_told)
{
	record_in(DIALECT_SIGNALWIRE,
		  "<Response><Record action=\"/m\"/></Response>");
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	CHECK_TEXT(SAYS(&story, record_stop)->recording, taped);
	SAYS(&story, leg_close);
	says_nothing_more(&story);
	hear_closed(&story);
	says_nothing_more(&story);
	hear_done(3000);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "Digits"), "hangup");
	CHECK_TEXT(PARAM(get, "CallStatus"), "completed");
	says_nothing_more(&story);
	hear_document(&story, "<Response><Say>ignored</Say></Response>");
	says_nothing_more(&story);
	hear_stored();
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST(an_empty_recording_is_told_but_not_in_restcomms_dialect)
{
	record_in(DIALECT_SIGNALWIRE,
		  "<Response><Record trim=\"trim-silence\" " TOLD
		  "/></Response>");
	CHECK_TEXT(PARAM(SAYS(&story, post), "RecordingStatus"), "in-progress");
	HEAR_TAPE(recording_done, .end = RECORD_END_SILENCE, .absent = true);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "RecordingStatus"), "absent");
	CHECK(PARAM(post, "RecordingUrl") == NULL);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "RecordingDuration"), "0");
	CHECK(PARAM(get, "RecordingUrl") == NULL);
	story_stop(&story);
	record_in(DIALECT_RESTCOMM,
		  "<Response><Record/><Say>nothing</Say></Response>");
	HEAR_TAPE(recording_done, .end = RECORD_END_SILENCE, .absent = true);
	CHECK_TEXT(plays()->items[0].text, "nothing");
	story_stop(&story);
}

TEST(restcomms_duration_is_a_decimal)
{
	record_in(DIALECT_RESTCOMM, "<Response><Record/></Response>");
	hear_done(3250);
	CHECK_TEXT(PARAM(SAYS(&story, get), "RecordingDuration"), "3.2");
	story_stop(&story);
}

TEST(a_recording_that_mediad_refuses_is_noted_and_the_next_verb_follows)
{
	begin("<Response><Record " TOLD "/><Say>sorry</Say></Response>");
	plays();
	hear_played(PLAY_DONE);
	records();
	HEAR_TAPE(record_started, .error = ERR_RECORD_WRITE);
	CHECK_INT(SAYS(&story, noted)->code, ERR_RECORD_WRITE);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "RecordingStatus"), "failed");
	CHECK_TEXT(PARAM(post, "ErrorCode"), "65009");
	CHECK_TEXT(plays()->items[0].text, "sorry");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_mediad_that_does_not_begin_is_as_one_that_refuses)
{
	begin("<Response><Record playBeep=\"false\"/><Hangup/></Response>");
	HEAR(&story, confirmed, .leg = ROOT);
	CHECK_TEXT(hear_timer(&story), "tape.0");
	CHECK_INT(SAYS(&story, noted)->code, ERR_RECORD_WRITE);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(the_callbacks_of_a_recording_in_their_order)
{
	record_in(DIALECT_TWILIO, "<Response><Record " TOLD "/></Response>");
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(post->url, "http://app.example/r");
	CHECK_TEXT(post->event, "recording");
	CHECK_INT(post->sequence, 0);
	CHECK_TEXT(PARAM(post, "RecordingStatus"), "in-progress");
	CHECK_TEXT(PARAM(post, "RecordingSource"), "RecordVerb");
	CHECK_TEXT(PARAM(post, "CallSid"), ROOT);
	CHECK_TEXT(PARAM(post, "RecordingSid"), taped);
	CHECK(PARAM(post, "RecordingStartTime") != NULL);
	CHECK(PARAM(post, "RecordingDuration") == NULL);
	hear_done(61000);
	SAYS(&story, get);
	says_nothing_more(&story);
	HEAR_TAPE(recording_stored, .url = "https://s3.example/b/x.wav");
	post = SAYS(&story, post);
	CHECK_INT(post->sequence, 1);
	CHECK_TEXT(PARAM(post, "RecordingStatus"), "completed");
	CHECK_TEXT(PARAM(post, "RecordingDuration"), "61");
	CHECK_TEXT(PARAM(post, "RecordingChannels"), "1");
	CHECK_TEXT(PARAM(post, "RecordingUrl"), "https://s3.example/b/x.wav");
	says_nothing_more(&story);
	hear_stored();
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_full_disk_ends_the_recording_and_not_the_call)
{
	record_in(DIALECT_SIGNALWIRE,
		  "<Response><Record " TOLD "/></Response>");
	HEAR_TAPE(recording_done, .end = RECORD_END_FAILED, .duration_ms = 2000,
		  .channels = 1, .error = ERR_RECORD_WRITE);
	CHECK_INT(SAYS(&story, noted)->code, ERR_RECORD_WRITE);
	CHECK_TEXT(PARAM(SAYS(&story, get), "RecordingDuration"), "2");
	hear_stored();
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "RecordingStatus"), "failed");
	CHECK_TEXT(PARAM(post, "RecordingDuration"), "2");
	story_stop(&story);
}

TEST(the_api_leads_away_from_a_recording_which_is_kept)
{
	record_in(DIALECT_SIGNALWIRE,
		  "<Response><Record recordingStatusCallback=\"/r\"/>"
		  "</Response>");
	struct call_change wish = {.leg = ROOT,
				   .wish = CALL_WISH_REDIRECT,
				   .url = "http://app.example/other"};
	hear_from(&story, "apid/ap0", &call_change_message, &wish);
	SAYS(&story, record_stop);
	CHECK_TEXT(SAYS(&story, get)->url, "http://app.example/other");
	hear_done(2000);
	says_nothing_more(&story);
	hear_stored();
	CHECK_TEXT(PARAM(SAYS(&story, post), "RecordingStatus"), "completed");
	story_stop(&story);
}

TEST(a_restarted_mediad_records_on)
{
	record_in(DIALECT_SIGNALWIRE, "<Response><Record/></Response>");
	hear_restart(&story, "mediad", BOOT_2, 1);
	SAYS(&story, leg_open);
	CHECK_TEXT(SAYS(&story, record_start)->recording, taped);
	says_nothing_more(&story);
	hear_started();
	says_nothing_more(&story);
	press("1");
	SAYS(&story, record_stop);
	hear_restart(&story, "mediad", BOOT, 2);
	SAYS(&story, leg_open);
	SAYS(&story, record_stop);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_restarted_mediad_is_asked_for_what_is_on_its_way_to_the_store)
{
	record_in(DIALECT_TWILIO, "<Response><Record " TOLD "/></Response>");
	SAYS(&story, post);
	hear_done(2000);
	SAYS(&story, get);
	hear_restart(&story, "mediad", BOOT_2, 1);
	SAYS(&story, leg_open);
	CHECK_TEXT(SAYS(&story, record_stop)->recording, taped);
	says_nothing_more(&story);
	hear_done(2000);
	says_nothing_more(&story);
	HEAR_TAPE(recording_stored, .url = "https://s3.example/b/x.wav");
	CHECK_TEXT(PARAM(SAYS(&story, post), "RecordingStatus"), "completed");
	story_stop(&story);
}

TEST(what_is_never_stored_is_given_up_after_an_hour)
{
	record_in(DIALECT_SIGNALWIRE,
		  "<Response><Record recordingStatusCallback=\"/r\"/>"
		  "</Response>");
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	hear_closed(&story);
	hear_done(1000);
	hear_document(&story, "<Response/>");
	CHECK_TEXT(hear_timer(&story), "tape.0");
	CHECK_INT(SAYS(&story, noted)->code, ERR_RECORD_STORE);
	CHECK_TEXT(PARAM(SAYS(&story, post), "RecordingStatus"), "failed");
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST_MAIN()
