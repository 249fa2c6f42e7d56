/*
 * step_test.c - the standard call told as a story, from its first document to
 * its last webhook: what happens, and what the call says.
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

TEST_MAIN()
