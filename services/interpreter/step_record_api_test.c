/*
 * step_record_api_test.c - stories of what the API asks of recordings that run.
 */
#include "services/interpreter/story_record_test.h"

static void changes(bool paused, bool silent)
{
	const struct record_change *change = SAYS(&story, record_change);
	CHECK_TEXT(change->recording, taped);
	CHECK_INT(change->paused, paused);
	CHECK_INT(change->silent, silent);
	says_nothing_more(&story);
	HEAR_TAPE(record_changed, .paused = paused);
	says_nothing_more(&story);
}

TEST(the_api_pauses_a_recording_and_goes_on_with_it)
{
	record_in(DIALECT_TWILIO, "<Response><Record/></Response>");
	wish(RECORD_STATUS_RUNS, false);
	says_nothing_more(&story);
	wish(RECORD_STATUS_PAUSED, true);
	changes(true, true);
	wish(RECORD_STATUS_PAUSED, false);
	says_nothing_more(&story);
	wish(RECORD_STATUS_RUNS, false);
	changes(false, false);
	wish(RECORD_STATUS_PAUSED, false);
	changes(true, false);
	story_stop(&story);
}

TEST(a_recording_that_the_api_ends_is_over_for_its_verb)
{
	record_in(DIALECT_TWILIO,
		  "<Response><Record action=\"/m\"/></Response>");
	wish(RECORD_STATUS_STOPPED, false);
	CHECK_TEXT(SAYS(&story, record_stop)->recording, taped);
	says_nothing_more(&story);
	hear_done(2000);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/m");
	CHECK_TEXT(PARAM(get, "RecordingSid"), taped);
	CHECK(PARAM(get, "Digits") == NULL);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(what_the_api_asks_of_a_recording_that_is_over_is_noted)
{
	record_in(DIALECT_TWILIO, "<Response><Record/></Response>");
	hear_done(2000);
	SAYS(&story, get);
	wish(RECORD_STATUS_PAUSED, false);
	CHECK_INT(SAYS(&story, noted)->code, ERR_CALL_STATE);
	says_nothing_more(&story);
	(void)str_copy(taped, sizeof(taped), "REnone");
	wish(RECORD_STATUS_STOPPED, false);
	CHECK_INT(SAYS(&story, noted)->code, ERR_CALL_STATE);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(parameters_that_the_api_does_not_know_are_noted)
{
	record_in(DIALECT_TWILIO, "<Response><Record/></Response>");
	struct record_wish asked = {.leg = ROOT,
				    .status = RECORD_STATUS_PAUSED,
				    .unknown = "Pause"};
	(void)str_copy(asked.recording, sizeof(asked.recording), taped);
	hear_from(&story, "apid/ap0", &record_wish_message, &asked);
	CHECK_INT(SAYS(&story, noted)->code, ERR_API_IGNORED);
	changes(true, false);
	story_stop(&story);
}

TEST(a_pause_that_comes_too_late_is_noted_and_can_be_asked_for_again)
{
	record_in(DIALECT_TWILIO, "<Response><Record/></Response>");
	wish(RECORD_STATUS_PAUSED, false);
	SAYS(&story, record_change);
	HEAR_TAPE(record_changed, .error = ERR_LATE);
	CHECK_INT(SAYS(&story, noted)->code, ERR_LATE);
	says_nothing_more(&story);
	wish(RECORD_STATUS_PAUSED, false);
	changes(true, false);
	story_stop(&story);
}

TEST(a_restarted_mediad_begins_a_paused_recording_paused)
{
	record_in(DIALECT_TWILIO, "<Response><Record/></Response>");
	wish(RECORD_STATUS_PAUSED, true);
	SAYS(&story, record_change);
	/* it does not know the recording any more, and says so first */
	HEAR_TAPE(record_changed, .error = ERR_MEDIA_UNKNOWN);
	says_nothing_more(&story);
	hear_restart(&story, "mediad", BOOT_2, 1);
	SAYS(&story, leg_open);
	const struct record_start *start = SAYS(&story, record_start);
	CHECK(start->paused);
	CHECK(start->silent);
	changes(true, true);
	hear_started();
	wish(RECORD_STATUS_RUNS, false);
	changes(false, false);
	hear_restart(&story, "mediad", BOOT, 2);
	SAYS(&story, leg_open);
	CHECK(!SAYS(&story, record_start)->paused);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST_MAIN()
