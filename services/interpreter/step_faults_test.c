/*
 * step_faults_test.c - stories of calls that meet with trouble: refusals, lost
 * outcomes, restarts, repeats, loops.
 */
#include "services/interpreter/story_dial_test.h"

#include "lib/base/buf.h"

TEST(documents_that_lead_to_each_other_for_ever_are_stopped)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	int documents = 0;
	while (story.out.count && story.out.list[0].desc == &get_message) {
		documents++;
		hear_document(&story, "<Response><Redirect/></Response>");
	}
	CHECK_INT(documents, 11);
	CHECK_INT(SAYS(&story, noted)->code, ERR_LOOP);
	CHECK_INT(SAYS(&story, reject)->status, 500);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = 500);
	CHECK_INT(SAYS(&story, call_closed)->error, ERR_LOOP);
	story_end(&story);
}

static void fetch_fails(enum dialect_name dialect, struct fetched fetched,
			int error, int sip_status)
{
	story_begin(&story, dialect);
	(void)str_copy(fetched.fetch, sizeof(fetched.fetch), story.fetch);
	hear_from(&story, fetched_from, &fetched_message, &fetched);
	CHECK_INT(SAYS(&story, noted)->code, error);
	CHECK_INT(SAYS(&story, reject)->status, sip_status);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL,
	     .status = sip_status);
	const struct call_closed *closed = SAYS(&story, call_closed);
	CHECK_INT(closed->status, CALL_FAILED);
	CHECK_INT(closed->error, error);
	story_end(&story);
}

TEST(a_document_that_cannot_be_had_has_a_defined_outcome)
{
	fetch_fails(DIALECT_SIGNALWIRE,
		    (struct fetched){.error = ERR_HTTP_RETRIEVAL},
		    ERR_HTTP_RETRIEVAL, 503);
	fetch_fails(DIALECT_SIGNALWIRE,
		    (struct fetched){.error = ERR_HTTP_FORBIDDEN_ADDRESS},
		    ERR_HTTP_FORBIDDEN_ADDRESS, 503);
	fetch_fails(DIALECT_SIGNALWIRE, (struct fetched){.status = 404},
		    ERR_HTTP_STATUS, 500);
	fetch_fails(DIALECT_RESTCOMM,
		    (struct fetched){.status = 404, .error = ERR_HTTP_STATUS},
		    ERR_HTTP_STATUS, 404);
	fetch_fails(DIALECT_RESTCOMM, (struct fetched){.status = 500},
		    ERR_HTTP_STATUS, 500);
	fetch_fails(DIALECT_SIGNALWIRE,
		    (struct fetched){.status = 200,
				     .content_type = "text/xml",
				     .body = "<Response>"},
		    ERR_DOCUMENT_PARSE, 500);
	fetch_fails(DIALECT_SIGNALWIRE, (struct fetched){.status = 204},
		    ERR_DOCUMENT_PARSE, 500);
	fetch_fails(DIALECT_SIGNALWIRE,
		    (struct fetched){.status = 200,
				     .content_type = "application/json",
				     .body = "{}"},
		    ERR_DOCUMENT_TYPE, 500);
	fetch_fails(DIALECT_SIGNALWIRE,
		    (struct fetched){.status = 200,
				     .content_type = "text/xml",
				     .body = "<html/>"},
		    ERR_DOCUMENT_ROOT, 500);
}

TEST(a_fetch_without_any_outcome_is_given_up)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	CHECK_TEXT(hear_timer(&story), "fetch.0");
	CHECK_INT(SAYS(&story, noted)->code, ERR_HTTP_RETRIEVAL);
	CHECK_INT(SAYS(&story, reject)->status, 503);
	story_stop(&story);
}

static void refused_at_once(struct incoming incoming, int error, int status)
{
	story_init(&story);
	hear_from(&story, incoming_from, &incoming_message, &incoming);
	CHECK_INT(SAYS(&story, noted)->code, error);
	CHECK_INT(SAYS(&story, reject)->status, status);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = status);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_FAILED);
	story_end(&story);
}

TEST(calls_that_cannot_be_taken_are_refused_at_once)
{
	struct incoming incoming = story_incoming(DIALECT_SIGNALWIRE);
	incoming.offer = NULL;
	refused_at_once(incoming, ERR_MEDIA_SDP, 488);
	incoming = story_incoming(DIALECT_SIGNALWIRE);
	incoming.voice_url = NULL;
	refused_at_once(incoming, ERR_NO_VOICE_URL, 404);
	incoming = story_incoming(DIALECT_SIGNALWIRE);
	incoming.voice_url = "ftp://x/";
	refused_at_once(incoming, ERR_URL_INVALID, 500);
}

TEST(a_caller_without_a_common_codec_is_refused_with_mediads_status)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, DIAL_PLAIN);
	SAYS(&story, leg_open);
	struct leg_opened opened = {
		.mediad = "md0", .boot = BOOT, .legs_count = 2};
	opened.legs[0] = (struct leg_sdp){.leg = ROOT,
					  .status = 488,
					  .error = ERR_MEDIA_CODEC,
					  .error_text = "no common codec"};
	(void)str_copy(opened.legs[1].leg, sizeof(opened.legs[1].leg),
		       story.callee);
	opened.legs[1].sdp = "v=0";
	hear_from(&story, leg_opened_from, &leg_opened_message, &opened);
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_CODEC);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "failed");
	CHECK_INT(SAYS(&story, reject)->status, 488);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = 488);
	CHECK_INT(SAYS(&story, leg_close)->legs_count, 1);
	hear_closed(&story);
	CHECK_INT(SAYS(&story, call_closed)->error, ERR_MEDIA_CODEC);
	story_end(&story);
}

TEST(sipgws_restart_repeats_what_has_no_outcome_and_nothing_else)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	struct call_seen seen;
	CHECK(call_uses(story.call, "sipgw", "gw0", &seen));
	CHECK_TEXT(seen.boot, "");
	CHECK(!call_uses(story.call, "sipgw", "gw1", &seen));
	hear_restart(&story, "sipgw", BOOT_2, 1);
	CHECK_TEXT(SAYS(&story, dial)->leg, story.callee);
	says_nothing_more(&story);
	CHECK(call_uses(story.call, "sipgw", "gw0", &seen));
	CHECK_TEXT(seen.boot, BOOT_2);
	hear_restart(&story, "sipgw", BOOT_2, 1);
	says_nothing_more(&story);
	HEAR(&story, instance_restarted, .service = "sipgw", .instance = "gw1",
	     .boot = BOOT, .hello = 1);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(mediads_new_process_is_told_what_the_session_was)
{
	talk(DIAL_PLAIN);
	hear_restart(&story, "mediad", BOOT, 2);
	says_nothing_more(&story); /* the same process: it remembers */
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(said_to(&story), "md0");
	CHECK_INT(open->legs_count, 2);
	CHECK_INT(open->legs[0].role, LEG_ROLE_RESTORE);
	CHECK_TEXT(open->legs[0].local, "v=0 answer to the caller");
	CHECK_TEXT(open->legs[0].remote, OFFER);
	CHECK_TEXT(open->legs[1].remote, "v=0 callee's answer");
	CHECK_TEXT(open->bridge_a, ROOT);
	CHECK_TEXT(open->bridge_b, story.callee);
	says_nothing_more(&story);
	struct leg_opened opened = {
		.mediad = "md0", .boot = BOOT_2, .legs_count = 2};
	opened.legs[0] = (struct leg_sdp){.leg = ROOT, .sdp = "v=0"};
	opened.legs[1].sdp = "v=0";
	(void)str_copy(opened.legs[1].leg, sizeof(opened.legs[1].leg),
		       story.callee);
	hear_from(&story, leg_opened_from, &leg_opened_message, &opened);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(mediads_new_process_hears_of_ringback_and_of_the_bridge_it_missed)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR_CALLEE(&story, ringing, .status = 180);
	HEAR(&story, tone_changed, .leg = ROOT, .kind = TONE_RINGBACK);
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->tone_leg, ROOT);
	CHECK_INT(open->tone, TONE_RINGBACK);
	CHECK_TEXT(open->bridge_a, "");
	says_nothing_more(&story);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0 late");
	SAYS(&story, bridge);
	hear_restart(&story, "mediad", BOOT, 1);
	open = SAYS(&story, leg_open);
	CHECK(!open->legs[1].remote);
	CHECK_TEXT(open->bridge_b, "");
	CHECK_TEXT(SAYS(&story, bridge)->answer, "v=0 late");
	story_stop(&story);
}

TEST(mediads_new_process_is_given_the_keys_that_dtls_agreed_on)
{
	talk(DIAL_PLAIN);
	HEAR(&story, leg_keyed, .leg = ROOT, .keys = "old");
	HEAR(&story, leg_keyed, .leg = ROOT, .keys = "sealed");
	HEAR(&story, leg_keyed, .leg = "CAnobody", .keys = "x");
	says_nothing_more(&story);
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[0].keys, "sealed");
	CHECK_TEXT(open->legs[1].keys, "");
	story_stop(&story);
}

TEST(media_that_cannot_be_restored_ends_its_leg)
{
	talk(DIAL_PLAIN);
	hear_restart(&story, "mediad", BOOT_2, 1);
	HEAR(&story, leg_opened, .mediad = "md0", .boot = BOOT_2,
	     .legs_count = 1,
	     .legs = {{.leg = ROOT, .error = ERR_MEDIA_PORTS}});
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_PORTS);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	story_stop(&story);
}

TEST(a_second_mediad_that_heard_the_same_request_is_sent_away)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	struct leg_opened opened = {
		.mediad = "md1", .boot = BOOT_2, .legs_count = 1};
	opened.legs[0] = (struct leg_sdp){.leg = ROOT, .sdp = "v=0"};
	hear_from(&story, "mediad/md1", &leg_opened_message, &opened);
	SAYS(&story, leg_close);
	CHECK_TEXT(said_to(&story), "md1");
	says_nothing_more(&story);
	hear_from(
		&story, "mediad/md1", &leg_closed_message,
		&(struct leg_closed){.legs_count = 1, .legs = {{.leg = ROOT}}});
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ringing, .status = 180);
	SAYS(&story, tone);
	CHECK_TEXT(said_to(&story), "md0");
	story_stop(&story);
}

TEST(no_call_hangs_when_outcomes_are_lost)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, DIAL_PLAIN);
	CHECK_TEXT(hear_timer(&story), "media.1");
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_UNKNOWN);
	SAYS(&story, post);
	CHECK_INT(SAYS(&story, reject)->status, 503);
	CHECK_TEXT(hear_timer(&story), "end.0");
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_LOST);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_FAILED);
	story_end(&story);
}

TEST(a_callee_who_answers_after_he_was_given_up_is_hung_up)
{
	dial_with(DIALECT_SIGNALWIRE,
		  "<Response><Dial><Sip>sip:bob@127.0.0.1;transport=udp</Sip>"
		  "</Dial><Pause length=\"600\"/></Response>");
	HEAR(&story, confirmed, .leg = ROOT);
	CHECK_TEXT(hear_timer(&story), "ring.1");
	SAYS(&story, cancel); /* sipgw is away */
	CHECK_TEXT(hear_timer(&story), "end.1");
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_LOST);
	SAYS(&story, leg_close);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0 too late");
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	says_nothing_more(&story);
	hear_restart(&story, "sipgw", BOOT_2, 1);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	hear_restart(&story, "sipgw", BOOT_2, 2);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_leg_that_sipgw_has_lost_is_ended)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, ended, .by = LEG_END_ERROR, .error = ERR_SIP_LOST);
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_LOST);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	hear_closed(&story);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "completed");
	story_stop(&story);
}

TEST(a_caller_who_never_acknowledges_has_failed)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_ERROR,
	     .error = ERR_SIP_NO_ACK);
	CHECK_INT(SAYS(&story, noted)->code, ERR_SIP_NO_ACK);
	SAYS(&story, cancel);
	HEAR_CALLEE(&story, failed, .status = 487);
	SAYS(&story, post);
	SAYS(&story, leg_close);
	hear_closed(&story);
	CHECK_INT(SAYS(&story, call_closed)->status, CALL_FAILED);
	story_end(&story);
}

TEST(a_callee_whose_200_has_no_sdp_is_hung_up)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, answered, .status = 200);
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_SDP);
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	SAYS(&story, hangup);
	hear_closed(&story);
	CHECK_TEXT(PARAM(SAYS(&story, post), "CallStatus"), "failed");
	story_stop(&story);
}

TEST(repeats_and_strangers_are_harmless)
{
	talk(DIAL_PLAIN);
	uint64_t before = story.sequence;
	HEAR(&story, confirmed, .leg = ROOT);
	HEAR_CALLEE(&story, ringing, .status = 180);
	HEAR_CALLEE(&story, answered, .status = 200, .sdp = "v=0 again");
	hear_bridged(&story);
	hear_opened(&story, true);
	hear_document(&story, DIAL);
	HEAR(&story, ended, .leg = "CAffffffffffffffffffffffffffffffff",
	     .by = LEG_END_REMOTE);
	HEAR(&story, timer_fired, .timer = "ring.1", .due = 12);
	HEAR(&story, timer_fired, .timer = "nonsense", .due = 12);
	HEAR(&story, timer_fired, .timer = "ring.77", .due = 12);
	says_nothing_more(&story);
	CHECK_INT(call_last_sequence(story.call), before + 10);
	story.sequence = before; /* the stream's own repeat */
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_call_without_history_hangs_up_what_lives)
{
	story_init(&story);
	HEAR(&story, fetched, .fetch = "FE1", .status = 200);
	says_nothing_more(&story);
	CHECK(!call_begun(story.call));
	HEAR(&story, confirmed, .leg = ROOT);
	CHECK_INT(SAYS(&story, noted)->code, ERR_HISTORY_LOST);
	SAYS(&story, hangup);
	CHECK_TEXT(said_to(&story), "gw0");
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL);
	says_nothing_more(&story);
	CHECK(!call_begun(story.call));
	story_stop(&story);
}

TEST(a_leg_that_stands_again_after_its_call_is_hung_up)
{
	story_init(&story);
	HEAR(&story, restored, .leg = ROOT);
	CHECK_INT(SAYS(&story, noted)->code, ERR_HISTORY_LOST);
	CHECK_TEXT(SAYS(&story, hangup)->leg, ROOT);
	CHECK_TEXT(said_to(&story), "gw0");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(a_leg_that_was_given_up_and_stands_again_is_hung_up)
{
	talk(DIAL_PLAIN);
	HEAR(&story, restored, .leg = ROOT);
	HEAR_CALLEE(&story, restored, .leg = "");
	says_nothing_more(&story); /* both live */
	HEAR_CALLEE(&story, ended, .by = LEG_END_ERROR, .error = ERR_SIP_LOST);
	story.read = story.out.count;
	HEAR_CALLEE(&story, restored, .leg = "");
	CHECK_TEXT(SAYS(&story, hangup)->leg, story.callee);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, ended, .by = LEG_END_LOCAL);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(no_call_lives_longer_than_any_may)
{
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, "<Response><Pause length=\"14400\"/><Pause "
			      "length=\"14400\"/></Response>");
	CHECK_TEXT(hear_timer(&story), "pause.0");
	CHECK_TEXT(hear_timer(&story), "life.0");
	SAYS(&story, noted);
	SAYS(&story, hangup);
	HEAR(&story, ended, .leg = ROOT, .by = LEG_END_LOCAL, .status = 480);
	SAYS(&story, call_closed);
	story_end(&story);
}

TEST(a_document_full_of_dials_that_fail_stays_within_its_bounds)
{
	struct buf body = BUF_INIT(65536);
	buf_add_text(&body, "<Response>");
	for (int i = 0; i < 200; i++)
		buf_add_text(&body, "<Dial><Sip statusCallback=\"/e\" "
				    "statusCallbackEvent=\"initiated completed"
				    "\">tel:1</Sip><Foo/></Dial>");
	buf_add_text(&body, "</Response>");
	story_begin(&story, DIALECT_SIGNALWIRE);
	hear_document(&story, body.data);
	HEAR(&story, leg_opened, .mediad = "md0", .boot = BOOT, .legs_count = 1,
	     .legs = {{.leg = ROOT, .sdp = "v=0"}});
	unsigned posts = 0;
	for (uint32_t i = 0; i < story.out.count; i++)
		posts += story.out.list[i].desc == &post_message;
	CHECK_INT(posts, 2 * 63);
	HEAR(&story, confirmed, .leg = ROOT);
	CHECK_INT(end()->legs_count, 64);
	story_end(&story);
	buf_free(&body);
}

TEST_MAIN()
