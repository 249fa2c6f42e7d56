/*
 * step_dial_record_test.c - stories of <Dial record>: what is recorded of whom,
 * from when until when.
 */
#include "services/interpreter/story_record_test.h"

#define DIALLED(record, action)                                                \
	"<Response><Dial record=\"" record "\" " action " " TOLD ">" NOUN      \
	"</Dial></Response>"

/* Both talk, and are recorded. */
static void record_talk(char *document)
{
	fork_with(document, 1);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	hear_bridged(&story);
	records();
	hear_started();
	SAYS(&story, post);
}

TEST(record_from_answer_begins_with_the_connection_and_ends_with_it)
{
	fork_with(DIALLED("record-from-answer-dual", "action=\"/a\""), 1);
	HEAR_NTH(0, ringing, .status = 180);
	SAYS(&story, tone);
	says_nothing_more(&story);
	HEAR_NTH(0, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	says_nothing_more(&story);
	hear_bridged(&story);
	const struct record_start *start = records();
	CHECK_TEXT(start->leg, ROOT);
	CHECK_TEXT(start->other, callees[0].sid);
	CHECK(start->dual);
	CHECK_INT(start->track, TRACK_BOTH);
	CHECK_INT(start->max_ms, 0);
	hear_started();
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "RecordingSource"), "DialVerb");
	CHECK_TEXT(PARAM(post, "RecordingChannels"), "2");
	HEAR_NTH(0, ended, .by = LEG_END_REMOTE);
	SAYS(&story, record_stop);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "RecordingSid"), taped);
	CHECK(PARAM(get, "RecordingUrl") != NULL);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_dial_goes_on_when_the_api_ends_its_recording)
{
	record_talk(DIALLED("record-from-answer", "action=\"/a\""));
	wish(RECORD_STATUS_STOPPED, false);
	SAYS(&story, record_stop);
	hear_done(2000);
	hear_stored();
	CHECK_TEXT(PARAM(SAYS(&story, post), "RecordingStatus"), "completed");
	says_nothing_more(&story);
	HEAR_NTH(0, ended, .by = LEG_END_REMOTE);
	SAYS(&story, leg_close);
	CHECK_TEXT(PARAM(SAYS(&story, get), "RecordingSid"), taped);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(record_from_ringing_begins_with_the_first_ringing_once)
{
	fork_with("<Response><Dial record=\"record-from-ringing\" "
		  "recordingTrack=\"outbound\" trim=\"trim-silence\">" NOUN NOUN
		  "</Dial></Response>",
		  2);
	HEAR_NTH(0, ringing, .status = 180);
	SAYS(&story, tone);
	const struct record_start *start = records();
	CHECK_TEXT(start->other, "");
	CHECK_INT(start->track, TRACK_OUTBOUND);
	CHECK(start->trim);
	CHECK(!start->dual);
	HEAR_NTH(1, ringing, .status = 180);
	SAYS(&story, tone);
	says_nothing_more(&story);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	hear_bridged(&story);
	SAYS(&story, cancel);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_dial_that_nobody_answers_is_not_recorded_from_answer)
{
	fork_with(DIALLED("true", "action=\"/a\""), 1);
	HEAR_NTH(0, failed, .status = 486);
	SAYS(&story, leg_close);
	CHECK(PARAM(SAYS(&story, get), "RecordingUrl") == NULL);
	story_stop(&story);
}

TEST(a_caller_who_hangs_up_ends_the_dials_recording)
{
	record_talk(DIALLED("record-from-answer", ""));
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, record_stop);
	SAYS(&story, hangup);
	HEAR_NTH(0, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	hear_closed(&story);
	hear_done(5000);
	says_nothing_more(&story);
	hear_stored();
	CHECK_TEXT(PARAM(SAYS(&story, post), "RecordingStatus"), "completed");
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST_MAIN()
