/*
 * step_test.c - calls told as stories: what happens, and what the call says.
 */
#include "services/interpreter/story_dial_test.h"

TEST(a_document_is_asked_for_with_the_standard_parameters)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(said_to(&story), "any");
	CHECK_TEXT(get->url, "http://app.example/voice?tenant=1");
	CHECK_INT(get->method, HTTP_POST);
	CHECK_INT(get->redirects_max, 3);
	CHECK_TEXT(PARAM(get, "CallSid"), ROOT);
	CHECK_TEXT(PARAM(get, "AccountSid"), "AC1");
	CHECK_TEXT(PARAM(get, "From"), "sip:alice@phones.example");
	CHECK_TEXT(PARAM(get, "To"), "sip:1000@voxbus.example");
	CHECK_TEXT(PARAM(get, "CallStatus"), "ringing");
	CHECK_TEXT(PARAM(get, "ApiVersion"), "2010-04-01");
	CHECK_TEXT(PARAM(get, "Direction"), "inbound");
	CHECK_TEXT(PARAM(get, "SipCallId"), "call-1@phone");
	CHECK_TEXT(PARAM(get, "SipHeader_X-Tenant"), "blue");
	CHECK(!PARAM(get, "Called"));
	CHECK(!PARAM(get, "DialCallStatus"));
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(dialects_differ_in_data_only)
{
	story_begin(&story, DIALECT_TWILIO);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "Called"), "sip:1000@voxbus.example");
	CHECK_TEXT(PARAM(get, "SipDomain"), "voxbus.example");
	story_stop(&story);
	story_begin(&story, DIALECT_RESTCOMM);
	get = SAYS(&story, get);
	CHECK_TEXT(PARAM(get, "From"), "alice");
	CHECK_TEXT(PARAM(get, "To"), "1000");
	CHECK_TEXT(PARAM(get, "ApiVersion"), "2012-04-24");
	story_stop(&story);
}

/* The standard call, step by step: from the document to the INVITE. */
static void check_dialling(void)
{
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(said_to(&story), "any");
	CHECK_INT(open->legs_count, 2);
	CHECK_INT(open->legs[0].role, LEG_ROLE_ANSWER);
	CHECK_TEXT(open->legs[0].remote, OFFER);
	CHECK_INT(open->legs[1].role, LEG_ROLE_OFFER);
	CHECK_TEXT(open->legs[1].codecs, "PCMU,PCMA");
	says_nothing_more(&story);

	hear_opened(&story, true);
	const struct answer *answer = SAYS(&story, answer);
	CHECK_TEXT(said_to(&story), "gw0");
	CHECK_TEXT(answer->sdp, "v=0 answer to the caller");
	const struct dial *dial = SAYS(&story, dial);
	CHECK_TEXT(dial->uri, "sip:bob@127.0.0.1:5080;transport=udp");
	CHECK_INT(dial->transport, SIP_UDP);
	CHECK_TEXT(dial->from_user, "alice");
	CHECK_TEXT(dial->from_name, "Alice A.");
	CHECK_TEXT(dial->sdp, "v=0 offer to the callee");
	CHECK_INT(dial->headers_count, 5);
	CHECK_INT(dial->dialog_headers, 0);
	CHECK_INT(dial->session_s, 600);
	CHECK_TEXT(dial->headers[0].name, "X-SignalWire-CallSid");
	CHECK_TEXT(dial->headers[0].value, story.callee);
	CHECK_TEXT(dial->headers[3].name, "X-SignalWire-ParentCallSid");
	CHECK_TEXT(dial->headers[3].value, ROOT);
	CHECK_TEXT(dial->headers[4].name, "x-a");
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(post->event, "initiated");
	CHECK_TEXT(post->url, "http://app.example/events");
	CHECK_INT(post->sequence, 0);
	CHECK_TEXT(PARAM(post, "CallStatus"), "initiated");
	CHECK_TEXT(PARAM(post, "ParentCallSid"), ROOT);
	CHECK_TEXT(PARAM(post, "CallSid"), story.callee);
	CHECK_TEXT(PARAM(post, "Direction"), "outbound-dial");
	CHECK_TEXT(PARAM(post, "CallbackSource"), "call-progress-events");
	CHECK_TEXT(PARAM(post, "Timestamp"), "Thu, 04 Apr 2024 18:32:15 +0000");
	CHECK_TEXT(PARAM(post, "TimestampIso"), "2024-04-04T18:32:15.030Z");
	CHECK(!PARAM(post, "CallDuration"));
	says_nothing_more(&story);
}

static void check_connecting(void)
{
	HEAR(&story, confirmed, .leg = ROOT);
	says_nothing_more(&story);
	CHECK_INT(call_root_status(story.call), CALL_IN_PROGRESS);

	HEAR_CALLEE(&story, ringing, .status = 180, .phrase = "Ringing");
	const struct tone *tone = SAYS(&story, tone);
	CHECK_TEXT(said_to(&story), "md0");
	CHECK_TEXT(tone->leg, ROOT);
	CHECK_INT(tone->kind, TONE_RINGBACK);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "ringing");
	CHECK_INT(post->sequence, 1);
	HEAR(&story, tone_changed, .leg = ROOT, .kind = TONE_RINGBACK);
	says_nothing_more(&story);

	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
		    .sdp = "v=0 callee's answer");
	const struct bridge *bridge = SAYS(&story, bridge);
	CHECK_TEXT(bridge->a, ROOT);
	CHECK_TEXT(bridge->answer_leg, story.callee);
	CHECK_TEXT(bridge->answer, "v=0 callee's answer");
	post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "in-progress");
	CHECK_TEXT(PARAM(post, "SequenceNumber"), "2");
	hear_bridged(&story);
	says_nothing_more(&story);
}

static void check_action(void)
{
	story.now += 7000;
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	SAYS(&story, leg_close);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "http://app.example/after");
	CHECK_TEXT(PARAM(get, "CallSid"), ROOT);
	CHECK_TEXT(PARAM(get, "CallStatus"), "in-progress");
	CHECK_TEXT(PARAM(get, "DialCallStatus"), "completed");
	CHECK_TEXT(PARAM(get, "DialCallSid"), story.callee);
	CHECK_TEXT(PARAM(get, "DialCallDuration"), "7");
	CHECK_TEXT(PARAM(get, "DialSipResponseCode"), "200");
	CHECK(PARAM(get, "DialSipCallId") != NULL);
	says_nothing_more(&story);

	struct leg_closed closed = {.legs_count = 1};
	closed.legs[0] = (struct leg_stats){.packets_in = 350,
					    .packets_out = 349,
					    .packets_lost = 2,
					    .jitter_max_us = 12345,
					    .mos_hundredths = 409,
					    .buffer_max_ms = 60,
					    .ptime = 20};
	(void)str_copy(closed.legs[0].leg, sizeof(closed.legs[0].leg),
		       story.callee);
	hear_from(&story, leg_closed_from, &leg_closed_message, &closed);
	const struct post *post = SAYS(&story, post);
	CHECK_TEXT(PARAM(post, "CallStatus"), "completed");
	CHECK_TEXT(PARAM(post, "CallDuration"), "7");
	CHECK_TEXT(PARAM(post, "SequenceNumber"), "3");
	CHECK_TEXT(PARAM(post, "HangupBy"), "callee");
	CHECK_TEXT(PARAM(post, "SipResultCode"), "200");
	CHECK_TEXT(PARAM(post, "AudioInMos"), "4.09");
	CHECK_TEXT(PARAM(post, "AudioInMediaPacketCount"), "350");
	CHECK_TEXT(PARAM(post, "AudioInSkipPacketCount"), "2");
	CHECK_TEXT(PARAM(post, "AudioInJitterMaxVariance"), "12.34");
	CHECK_TEXT(PARAM(post, "AudioInLargestJbSize"), "3");
	CHECK_TEXT(PARAM(post, "AudioOutMediaPacketCount"), "349");
	says_nothing_more(&story);
}

TEST(the_standard_call_from_invite_to_the_last_webhook)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	SAYS(&story, get);
	hear_document(&story, DIAL);
	check_dialling();
	check_connecting();
	check_action();

	hear_document(&story, "<Response><Hangup/></Response>");
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	const struct call_closed *closed = end();
	CHECK_INT(closed->status, CALL_COMPLETED);
	CHECK_INT(closed->legs_count, 2);
	CHECK_INT(closed->legs[1].status, CALL_COMPLETED);
	CHECK_INT(closed->legs[1].ended_by, LEG_END_REMOTE);
	story_end(&story);
}

TEST(without_an_action_both_legs_close_in_one_message)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	SAYS(&story, hangup);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 2);
	hear_closed(&story);
	SAYS(&story, post);
	says_nothing_more(&story);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	SAYS(&story, call_closed);
	story_end(&story);
}

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

TEST(a_pause_waits_without_answering)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Pause length=\"3\"/><Pause "
			      "length=\"0\"/><Reject/></Response>");
	says_nothing_more(&story);
	int64_t begun = story.now;
	CHECK_TEXT(hear_timer(&story), "pause.0");
	CHECK_INT(story.now - begun, 3010);
	SAYS(&story, reject);
	story_stop(&story);
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

TEST(redirects_resolve_against_where_the_document_came_from)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	struct fetched fetched = {
		.status = 200,
		.content_type = "text/xml",
		.url = "https://cdn.example/a/b/voice.xml",
		.body = "<Response><Redirect method=\"GET\">../c?x=1&amp;y=2"
			"</Redirect></Response>",
	};
	(void)str_copy(fetched.fetch, sizeof(fetched.fetch), story.fetch);
	hear_from(&story, fetched_from, &fetched_message, &fetched);
	const struct get *get = SAYS(&story, get);
	CHECK_TEXT(get->url, "https://cdn.example/a/c?x=1&y=2");
	CHECK_INT(get->method, HTTP_GET);
	hear_document(&story, "<Response><Redirect/></Response>");
	get = SAYS(&story, get);
	CHECK_TEXT(get->url, "https://cdn.example/a/c?x=1&y=2");
	CHECK_INT(get->method, HTTP_POST);
	story_stop(&story);
}

TEST(a_body_in_another_character_set_is_read)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	struct fetched fetched = {
		.status = 200,
		.content_type = "text/xml; charset=iso-8859-1",
		/* <Response><!--é--><Reject/></Response> in Latin-1 */
		.body_base64 = "PFJlc3BvbnNlPjwhLS3pLS0+PFJlamVjdC8+"
			       "PC9SZXNwb25zZT4=",
	};
	(void)str_copy(fetched.fetch, sizeof(fetched.fetch), story.fetch);
	hear_from(&story, fetched_from, &fetched_message, &fetched);
	SAYS(&story, reject);
	story_stop(&story);
}

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

TEST(a_dial_without_a_target_fails_and_the_next_verb_runs)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Dial>+15551234</Dial><Reject/>"
			      "</Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_DIAL_NOUN);
	SAYS(&story, reject);
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

TEST(slips_in_a_document_are_noted_and_do_not_stop_it)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(
		&story,
		"<Response>\n<Email>hi</Email><Foo/>\n<Dial timeout=\"999\" "
		"record=\"true\" bogus=\"1\" callerId=\"a b\"><Sip>"
		"sip:b@h;transport=udp?a=1&b=2</Sip></Dial></Response>");
	CHECK_INT(SAYS(&story, noted)->code, ERR_DOCUMENT_PARSE); /* & */
	CHECK_INT(SAYS(&story, noted)->code, ERR_UNKNOWN_VERB);   /* Email */
	CHECK_INT(SAYS(&story, noted)->code, ERR_UNKNOWN_VERB);   /* Foo */
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->code, ERR_DIAL_TIMEOUT);
	CHECK(strstr(noted->text, "line 3, column 7") != NULL);
	SAYS(&story, noted); /* bogus */
	CHECK_INT(SAYS(&story, noted)->code, ERR_DIAL_CALLER_ID);
	SAYS(&story, leg_open);
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
