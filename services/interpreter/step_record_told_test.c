/*
 * step_record_told_test.c - stories of what the callback 'completed' tells of a
 * Dial's recording: whose it is, what it waits for, and what ends the waiting.
 */
#include "services/interpreter/story_record_test.h"

#define RECORDED(record, events)                                               \
	"<Response><Dial record=\"" record "\" action=\"/a\"><Sip "            \
	"statusCallback=\"/e\" statusCallbackEvent=\"" events "\">"            \
	"sip:x@127.0.0.1;transport=udp</Sip></Dial></Response>"
#define AT_THE_END RECORDED("record-from-answer", "completed")

/* From the INVITE until the two talk and are recorded. */
static void talk_recorded(enum dialect_name dialect, char *document)
{
	dial_with(dialect, document);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0");
	hear_bridged(&story);
	records();
	hear_started();
}

/* The callee hangs up: its recording ends, and the action is asked. */
static void hang_up_recorded(void)
{
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	CHECK_TEXT(SAYS(&story, record_stop)->recording, taped);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "RecordingSid"), taped);
}

static const struct post *told_completed(void)
{
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(post->event, "completed");
	CHECK_TEXT(PARAM(post, "CallStatus"), "completed");
	return post;
}

static void check_tape(const struct post *post, const char *seconds)
{
	const char *url = PARAM(post, "RecordingUrl");
	CHECK_TEXT(PARAM(post, "RecordingSid"), taped);
	CHECK_TEXT(PARAM(post, "RecordingDuration"), seconds);
	CHECK(url && str_starts(url, "http://api.example/2010-04-01/Accounts/"
				     "AC1/Recordings/RE"));
}

static void check_no_tape(const struct post *post)
{
	CHECK(PARAM(post, "RecordingUrl") == NULL);
	CHECK(PARAM(post, "RecordingSid") == NULL);
	CHECK(PARAM(post, "RecordingDuration") == NULL);
}

TEST(a_recorded_legs_completed_waits_for_the_recording_and_tells_it)
{
	talk_recorded(DIALECT_TWILIO, AT_THE_END);
	hang_up_recorded();
	says_nothing_more(&story);
	hear_closed(&story);
	says_nothing_more(&story);
	hear_done(5400);
	check_tape(told_completed(), "5");
	says_nothing_more(&story);
	hear_done(5400);
	says_nothing_more(&story);
	story_stop(&story);
}

/* What mediad counted of the callee's sound. */
static void hear_measured(void)
{
	struct leg_closed closed = {.legs_count = 1};
	(void)str_copy(closed.legs[0].leg, sizeof(closed.legs[0].leg),
		       story.callee);
	closed.legs[0].packets_in = 50;
	hear_from(&story, "mediad/md0", &leg_closed_message, &closed);
}

TEST(signalwires_waits_for_what_was_measured_too)
{
	talk_recorded(DIALECT_SIGNALWIRE, AT_THE_END);
	hang_up_recorded();
	hear_closed(&story);
	says_nothing_more(&story);
	hear_done(1000);
	check_tape(told_completed(), "1");
	story_stop(&story);
	talk_recorded(DIALECT_SIGNALWIRE, AT_THE_END);
	hang_up_recorded();
	hear_done(1000);
	says_nothing_more(&story);
	hear_measured();
	const struct post *post = told_completed();
	check_tape(post, "1");
	CHECK_TEXT(PARAM(post, "AudioInMediaPacketCount"), "50");
	story_stop(&story);
}

TEST(what_was_measured_before_the_recordings_end_is_told)
{
	talk_recorded(DIALECT_SIGNALWIRE, AT_THE_END);
	hang_up_recorded();
	hear_measured();
	says_nothing_more(&story);
	hear_done(1000);
	const struct post *post = told_completed();
	check_tape(post, "1");
	CHECK_TEXT(PARAM(post, "AudioInMediaPacketCount"), "50");
	story_stop(&story);
}

TEST(restcomms_dialled_leg_is_not_told_and_does_not_wait)
{
	talk_recorded(DIALECT_RESTCOMM, AT_THE_END);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	check_no_tape(told_completed());
	SAYS(&story, record_stop);
	story_stop(&story);
}

/* A call that the API begins, until its root talks to a callee. */
static void api_call_recorded(enum dialect_name dialect)
{
	struct call_start start = {.leg = ROOT,
				   .gateway = "gw0",
				   .to = "sip:bob@127.0.0.1;transport=udp",
				   .voice_url = "http://app.example/voice",
				   .status_callback = "http://app.example/s",
				   .status_events = 1 << 3,
				   .ring_ms = 20000,
				   .api_url = "http://api.example",
				   .dialect = (int)dialect,
				   .logic = 1};
	story_init(&story);
	hear_from(&story, "apid/ap0", &call_start_message, &start);
	(void)str_copy(story.callee, sizeof(story.callee), ROOT);
	hear_opened(&story, false);
	HEAR(&story, answered, .leg = ROOT, .status = 200, .sdp = "v=0");
	hear_document(&story, RECORDED("record-from-ringing", "completed"));
	hear_opened(&story, false);
	HEAR_CALLEE(&story, ringing, .status = 180);
	SAYS(&story, tone);
	records();
	hear_started();
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0");
	hear_bridged(&story);
}

TEST(restcomms_call_that_the_api_began_is_told_its_dials_recording)
{
	api_call_recorded(DIALECT_RESTCOMM);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, record_stop);
	SAYS(&story, hangup);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	const struct post *post = told_completed();
	CHECK_TEXT(post->leg, story.callee);
	check_no_tape(post);
	hear_done(3250);
	post = told_completed();
	CHECK_TEXT(post->leg, ROOT);
	check_tape(post, "3.2");
	story_stop(&story);
}

TEST(twilios_call_that_the_api_began_is_not_told_its_dials_recording)
{
	api_call_recorded(DIALECT_TWILIO);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, record_stop);
	const struct post *post = told_completed();
	CHECK_TEXT(post->leg, ROOT);
	check_no_tape(post);
	SAYS(&story, hangup);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	hear_done(3250);
	post = told_completed();
	CHECK_TEXT(post->leg, story.callee);
	check_tape(post, "3");
	story_stop(&story);
}

TEST(who_was_not_connected_does_not_wait_for_the_others_recording)
{
#define TOLD_SIP                                                               \
	"<Sip statusCallback=\"/e\">sip:x@127.0.0.1;transport=udp</Sip>"
	fork_with("<Response><Dial record=\"record-from-ringing\">" TOLD_SIP
			  TOLD_SIP TOLD_SIP "</Dial></Response>",
		  3);
	HEAR_NTH(0, ringing, .status = 180);
	SAYS(&story, tone);
	records();
	hear_started();
	HEAR_NTH(0, failed, .status = 486);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "busy");
	check_no_tape(post);
	HEAR_NTH(1, answered, .status = 200, .sdp = "v=0");
	hear_bridged(&story);
	SAYS(&story, cancel);
	HEAR_NTH(2, failed, .status = 487);
	post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "canceled");
	check_no_tape(post);
	hear_closed(&story);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_REMOTE);
	SAYS(&story, record_stop);
	SAYS(&story, hangup);
	HEAR_NTH(1, ended, .by = LEG_END_LOCAL);
	SAYS(&story, leg_close);
	hear_closed(&story);
	says_nothing_more(&story);
	hear_done(2000);
	check_tape(told_completed(), "2");
	hear_stored();
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST(a_mediad_that_never_says_how_the_recording_ended_is_not_waited_for)
{
	talk_recorded(DIALECT_TWILIO, AT_THE_END);
	hang_up_recorded();
	hear_closed(&story);
	hear_document(&story, "<Response><Pause length=\"60\"/></Response>");
	int64_t since = story.now;
	CHECK_TEXT(hear_timer(&story), "tape.0");
	CHECK(story.now - since <= 35000);
	CHECK_INT(SAYS(&story, noted)->code, ERR_RECORD_WRITE);
	check_no_tape(told_completed());
	says_nothing_more(&story);
	hear_done(2000);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_mediad_that_comes_back_tells_how_the_recording_ended)
{
	talk_recorded(DIALECT_TWILIO, AT_THE_END);
	hang_up_recorded();
	hear_restart(&story, "mediad", BOOT_2, 1);
	SAYS(&story, leg_open);
	CHECK_TEXT(SAYS(&story, record_stop)->recording, taped);
	SAYS(&story, leg_close);
	hear_done(2000);
	check_tape(told_completed(), "2");
	story_stop(&story);
}

TEST(of_a_recording_with_nothing_in_it_nothing_is_told)
{
	talk_recorded(DIALECT_TWILIO, AT_THE_END);
	hang_up_recorded();
	HEAR_TAPE(recording_done, .end = RECORD_END_STOPPED, .absent = true);
	check_no_tape(told_completed());
	story_stop(&story);
}

TEST(a_store_of_ones_own_has_it_where_its_beginning_says)
{
	talk_recorded(DIALECT_TWILIO, AT_THE_END);
	HEAR_TAPE(record_started, .url = "https://s3.example/b/x.wav");
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	SAYS(&story, record_stop);
	SAYS(&story, leg_close);
	CHECK_TEXT(PARAM(SAYS(&story, get), "RecordingUrl"),
		   "https://s3.example/b/x.wav");
	hear_done(2000);
	CHECK_TEXT(PARAM(told_completed(), "RecordingUrl"),
		   "https://s3.example/b/x.wav");
	story_stop(&story);
}

TEST(what_a_store_refuses_is_with_the_api)
{
	talk_recorded(DIALECT_TWILIO,
		      "<Response><Dial record=\"true\" action=\"/a\" "
		      "recordingStatusCallback=\"/r\">" NOUN
		      "</Dial></Response>");
	HEAR_TAPE(record_started, .url = "https://s3.example/b/x.wav");
	hang_up_recorded();
	hear_done(2000);
	says_nothing_more(&story);
	HEAR_TAPE(recording_stored, .error = ERR_RECORD_STORE);
	SAYS(&story, noted);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "RecordingStatus"), "failed");
	check_tape(post, "2");
	story_stop(&story);
}

TEST(a_recording_that_was_over_before_is_told_at_once)
{
	talk_recorded(DIALECT_TWILIO, AT_THE_END);
	wish(RECORD_STATUS_STOPPED, false);
	SAYS(&story, record_stop);
	hear_done(7000);
	HEAR_TAPE(recording_stored, .url = "https://s3.example/b/x.wav");
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	const struct post *post = told_completed();
	CHECK_TEXT(PARAM(post, "RecordingSid"), taped);
	CHECK_TEXT(PARAM(post, "RecordingDuration"), "7");
	CHECK_TEXT(PARAM(post, "RecordingUrl"), "https://s3.example/b/x.wav");
	story_stop(&story);
}

TEST(a_leg_that_is_led_away_keeps_its_recording_until_its_own_end)
{
	talk_recorded(DIALECT_TWILIO, AT_THE_END);
	struct call_change asked = {.wish = CALL_WISH_REDIRECT,
				    .url = "http://app.example/other"};
	(void)str_copy(asked.leg, sizeof(asked.leg), story.callee);
	hear_from(&story, "apid/ap0", &call_change_message, &asked);
	hear_done(4000);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	check_tape(told_completed(), "4");
	story_stop(&story);
}

TEST(a_leg_that_does_not_want_completed_is_told_nothing_more)
{
	talk_recorded(DIALECT_TWILIO,
		      RECORDED("record-from-answer", "initiated"));
	hang_up_recorded();
	hear_done(2000);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(the_number_of_an_event_is_its_place_in_the_whole_life)
{
	dial_with(DIALECT_TWILIO, RECORDED("do-not-record", "answered "
							    "completed"));
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "SequenceNumber"), "0");
	CHECK_TEXT(PARAM(post, "CallEvent"), "answered");
	CHECK_TEXT(PARAM(post, "CallEventNumber"), "2");
	hear_bridged(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	post = told_completed();
	CHECK_TEXT(PARAM(post, "SequenceNumber"), "1");
	CHECK_TEXT(PARAM(post, "CallEventNumber"), "3");
	check_no_tape(post);
	story_stop(&story);
	dial_with(DIALECT_TWILIO,
		  RECORDED("do-not-record", "initiated ringing"));
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallEventNumber"), "0");
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, ringing, .status = 180);
	SAYS(&story, tone);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallEventNumber"), "1");
	story_stop(&story);
}

TEST_MAIN()
