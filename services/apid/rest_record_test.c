/*
 * rest_record_test.c - recordings of a call by the API: listed, paused, ended.
 */
#include "services/apid/rest_test.h"

#define SID "RE0123456789abcdef0123456789abcdef"
#define OLDER "RE0123456789abcdef0123456789abcde0"
#define RECORDINGS BASE "/Calls/" LEG "/Recordings"

static const char *const pause_it[] = {"Status", "paused", NULL};

/* A child leg with a recording that is over and one that is not. */
static void set_up(void)
{
	open_store();
	put_live(CALL, CALL, CALL_IN_PROGRESS);
	put_live(LEG, CALL, CALL_IN_PROGRESS);
	store_put_recording(store, &(struct store_recording){.sid = OLDER,
							     .account = ACCOUNT,
							     .call = LEG,
							     .started_ms = 1000,
							     .over = true});
	store_put_recording(store,
			    &(struct store_recording){.sid = SID,
						      .account = ACCOUNT,
						      .call = LEG,
						      .started_ms = 2000});
}

TEST(the_current_recording_is_paused_and_goes_on)
{
	set_up();
	post(RECORDINGS "/Twilio.CURRENT.json", pause_it);
	CHECK_INT(answer.status, 200);
	CHECK(has("\"status\":\"paused\""));
	CHECK(has("\"sid\":\"" SID "\""));
	CHECK(has("\"call_sid\":\"" LEG "\""));
	CHECK_TEXT(order_root, CALL);
	CHECK_TEXT(wish->recording, SID);
	CHECK_TEXT(wish->leg, LEG);
	CHECK_INT(wish->status, RECORD_STATUS_PAUSED);
	CHECK(wish->silent);
	get(BASE "/Recordings/" SID ".json");
	CHECK(has("\"status\":\"paused\""));
	const char *const on[] = {"Status", "in-progress", NULL};
	post(RECORDINGS "/" SID ".json", on);
	CHECK(has("\"status\":\"in-progress\""));
	CHECK_INT(wish->status, RECORD_STATUS_RUNS);
	CHECK(!wish->silent);
	close_store();
}

TEST(a_pause_is_skipped_where_that_is_asked_for)
{
	set_up();
	const char *const skip[] = {"Status", "paused", "PauseBehavior",
				    "skip",   "Pause",  "1",
				    NULL};
	test_expect_log("no parameter: Pause");
	post(RECORDINGS "/" SID, skip);
	CHECK_INT(answer.status, 200);
	CHECK(!wish->silent);
	CHECK_TEXT(wish->unknown, "Pause");
	const char *const silence[] = {"Status", "paused", "PauseBehavior",
				       "silence", NULL};
	post(RECORDINGS "/" SID, silence);
	CHECK(wish->silent);
	close_store();
}

TEST(a_recording_that_is_ended_is_changed_no_more)
{
	set_up();
	const char *const stop[] = {"Status", "stopped", NULL};
	post(RECORDINGS "/Twilio.CURRENT.json", stop);
	CHECK_INT(answer.status, 200);
	CHECK(has("\"status\":\"stopped\""));
	CHECK_INT(wish->status, RECORD_STATUS_STOPPED);
	post(RECORDINGS "/Twilio.CURRENT.json", pause_it);
	CHECK_INT(answer.status, 400);
	CHECK(has("\"code\":21220"));
	post(RECORDINGS "/" OLDER ".json", pause_it);
	CHECK_INT(answer.status, 400);
	close_store();
}

TEST(what_is_no_status_and_no_pause_behavior_is_refused)
{
	static const char *const wrong[][5] = {
		{NULL},
		{"Status", "completed", NULL},
		{"Status", "", NULL},
		{"Status", "paused", "PauseBehavior", "mute", NULL},
	};
	set_up();
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		post(RECORDINGS "/" SID ".json", wrong[i]);
		CHECK_INT(answer.status, 400);
		CHECK(has("\"code\":20001"));
	}
	const char *const hinted[] = {"Stauts", "paused", NULL};
	post(RECORDINGS "/" SID ".json", hinted);
	CHECK(has("did you mean Status?"));
	refusal = "full";
	post(RECORDINGS "/" SID ".json", pause_it);
	CHECK_INT(answer.status, 503);
	close_store();
}

TEST(a_recording_of_no_or_of_another_call_is_404)
{
	static const char *const paths[] = {
		RECORDINGS "/REnone.json",
		BASE "/Calls/" CALL "/Recordings/" SID ".json",
		BASE "/Calls/" CALL "/Recordings/Twilio.CURRENT.json",
		BASE "/Calls/CAnone/Recordings/Twilio.CURRENT.json",
	};
	set_up();
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		post(paths[i], pause_it);
		CHECK_INT(answer.status, 404);
		CHECK(has("\"code\":20404"));
	}
	CHECK_TEXT(wish->recording, "");
	get(BASE "/Calls/" CALL "/Recordings/" SID ".json");
	CHECK_INT(answer.status, 404);
	get(RECORDINGS "/" SID ".json");
	CHECK_INT(answer.status, 200);
	close_store();
}

TEST(the_recordings_of_a_call_are_listed_newest_first)
{
	set_up();
	const char *list = get(RECORDINGS ".json");
	CHECK_INT(answer.status, 200);
	CHECK(strstr(list, SID) && strstr(list, SID) < strstr(list, OLDER));
	CHECK(has("{\"recordings\":[{\"sid\""));
	CHECK(has("\"status\":\"completed\""));
	parameters[0] = "PageSize";
	parameters[1] = "1";
	get(RECORDINGS ".json");
	CHECK(strstr(answer.body, OLDER) == NULL);
	CHECK(has("next_page_uri\":\"/"));
	memset(parameters, 0, sizeof(parameters));
	get(BASE "/Calls/" CALL "/Recordings.json");
	CHECK(has("\"recordings\":[]"));
	get(BASE "/Calls/CAnone/Recordings.json");
	CHECK_INT(answer.status, 404);
	close_store();
}

TEST_MAIN()
