/*
 * step_callee_test.c - stories of a Dial with one callee: by which transport
 * and for how long, which webhooks and headers are told of him.
 */
#include "services/interpreter/story_dial_test.h"

TEST(a_target_that_is_none_begins_and_fails_with_advice)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story,
		      "<Response><Dial action=\"/after\"><Sip "
		      "statusCallback=\"/e\" statusCallbackEvent=\""
		      "initiated completed\">sip:bob@h;transport=ws</Sip>"
		      "</Dial></Response>");
	CHECK_INT(SAYS(&story, leg_open)->legs_count, 1);
	HEAR(&story, leg_opened, .mediad = "md0", .boot = BOOT, .legs_count = 1,
	     .legs = {{.leg = ROOT, .sdp = "v=0"}});
	SAYS(&story, answer);
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_SIP_URI);
	CHECK(strstr(noted->text, ";transport=udp") != NULL);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "initiated");
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "failed");
	CHECK_INT(post->sequence, 1);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "failed");
	CHECK(!PARAM(get, "DialSipResponseCode"));
	says_nothing_more(&story);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_document(&story, "<Response><Dial><Sip>tel:1</Sip></Dial>"
			      "</Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_URI);
	SAYS(&story, hangup);
	CHECK_INT(end()->legs_count, 3);
	story_end(&story);
}

TEST(the_default_transport_is_the_dialects)
{
	story_begin(&story, DIALECT_RESTCOMM);
	hear_document(&story, "<Response><Dial><Sip>sip:bob@h</Sip></Dial>"
			      "</Response>");
	SAYS(&story, leg_open);
	hear_opened(&story, true);
	SAYS(&story, answer);
	CHECK_INT(SAYS(&story, dial)->transport, SIP_UDP);
	story_stop(&story);
}

TEST(restcomms_callbacks_have_user_parts_and_the_pages_words)
{
	dial_with(DIALECT_RESTCOMM, DIAL);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "From"), "alice");
	CHECK_TEXT(PARAM(post, "To"), "bob");
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "in-progress");
	CHECK_TEXT(PARAM(post, "CallEvent"), "answered");
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "completed");
	story_stop(&story);
}

TEST(twilio_adds_five_seconds_to_the_timeout)
{
	dial_with(DIALECT_TWILIO, DIAL_PLAIN);
	int64_t dialled = story.now;
	hear_timer(&story);
	CHECK_INT(story.now - dialled, 35010);
	story_stop(&story);
}

TEST(callback_numbers_have_no_gap_whatever_is_subscribed)
{
	dial_with(DIALECT_SIGNALWIRE,
		  "<Response><Dial><Sip statusCallback=\"http://h/e\" "
		  "statusCallbackEvent=\"ANSWERED,completed\" "
		  "statusCallbackMethod=\"GET\">sip:b@h;transport=udp</Sip>"
		  "</Dial></Response>");
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ringing, .status = 183);
	SAYS(&story, tone);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0");
	SAYS(&story, bridge);
	const struct post *post = SAYS(&story, post);
	CHECK_INT(post->sequence, 0);
	CHECK_INT(post->method, HTTP_GET);
	CHECK_TEXT(PARAM(post, "SequenceNumber"), "0");
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	hear_closed(&story);
	CHECK_INT(SAYS(&story, post)->sequence, 1);
	story_stop(&story);
}

TEST(a_second_dial_uses_the_callers_media_and_does_not_answer_again)
{
	dial_with(DIALECT_SIGNALWIRE,
		  "<Response><Dial><Sip>sip:a@h;transport=udp</Sip></Dial>"
		  "<Dial callerId=\"desk_1\"><Sip username=\"u\" "
		  "password=\"p\">sip:b@h;transport=tcp</Sip></Dial>"
		  "</Response>");
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, failed, .status = 404);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(said_to(&story), "md0");
	CHECK_INT(open->legs_count, 1);
	hear_opened(&story, false);
	const struct dial *dial = SAYS(&story, dial);
	CHECK_TEXT(dial->from_user, "desk_1");
	CHECK_TEXT(dial->from_name, "");
	CHECK_TEXT(dial->username, "u");
	CHECK_TEXT(dial->password, "p");
	CHECK_INT(dial->transport, SIP_TCP);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(the_headers_of_the_final_answer_reach_the_action)
{
	dial_with(DIALECT_TWILIO, DIAL);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, failed, .status = 403, .headers_count = 1,
		    .headers = {{"X-Why", "no credit"}});
	SAYS(&story, post);
	SAYS(&story, leg_close);
	CHECK_TEXT(PARAM(SAYS(&story, get), "DialSipHeader_X-Why"),
		   "no credit");
	story_stop(&story);
}

TEST(the_headers_of_the_end_reach_the_action_by_twilios_rules)
{
	for (enum dialect_name name = DIALECT_SIGNALWIRE;
	     name <= DIALECT_TWILIO; name++) {
		dial_with(name, "<Response><Dial action=\"/after\"><Sip>sip:"
				"bob@h;transport=tcp</Sip></Dial></Response>");
		HEAR(&story, confirmed, .leg = ROOT);
		HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0",
			    .headers_count = 1, .headers = {{"X-Desk", "7"}});
		hear_bridged(&story);
		HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE,
			    .headers_count = 1, .headers = {{"X-Why", "bye"}});
		SAYS(&story, leg_close);
		const struct get *get = SAYS(&story, get);
		bool twilio = name == DIALECT_TWILIO;
		CHECK_TEXT(PARAM(get, "DialSipHeader_X-Desk"),
			   twilio ? NULL : "7");
		CHECK_TEXT(PARAM(get, "DialSipHeader_X-Why"),
			   twilio ? "bye" : NULL);
		story_stop(&story);
	}
}

TEST_MAIN()
