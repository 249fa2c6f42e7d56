/*
 * step_early_test.c - stories of callees who are heard before they answer.
 */
#include "services/interpreter/story_dial_test.h"

static void hear_early(const char *sdp)
{
	struct ringing ringing = {.status = 183, .phrase = "Progress"};
	(void)str_copy(ringing.leg, sizeof(ringing.leg), story.callee);
	ringing.sdp = (char *)sdp;
	hear_from(&story, ringing_from, &ringing_message, &ringing);
}

TEST(early_media_is_heard_instead_of_ringing_until_the_answer)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early(NULL);
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	hear_early("v=0 announcement");
	const struct bridge *bridge = SAYS(&story, bridge);
	CHECK(bridge->early);
	CHECK_TEXT(bridge->a, ROOT);
	CHECK_TEXT(bridge->answer_leg, story.callee);
	CHECK_TEXT(bridge->answer, "v=0 announcement");
	says_nothing_more(&story);
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK(open->early);
	CHECK_TEXT(open->bridge_b, story.callee);
	CHECK_INT(open->tone, TONE_NONE);
	CHECK_TEXT(open->legs[1].remote, "v=0 announcement");
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK",
		    .sdp = "v=0 callee's answer");
	bridge = SAYS(&story, bridge);
	CHECK(!bridge->early);
	CHECK_TEXT(bridge->answer, "v=0 callee's answer");
	/* The early one's outcome is none of the answer's. */
	struct bridged early = {.a = ROOT, .early = true, .error = 65001};
	(void)str_copy(early.b, sizeof(early.b), story.callee);
	hear_from(&story, bridged_from, &bridged_message, &early);
	says_nothing_more(&story);
	hear_bridged(&story);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(an_answer_without_sdp_after_early_media_is_the_early_one)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early("v=0 announcement");
	SAYS(&story, bridge);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK");
	CHECK_TEXT(SAYS(&story, bridge)->answer, "v=0 announcement");
	story_stop(&story);
}

TEST(early_media_that_is_no_good_becomes_ringing)
{
	dial_with(DIALECT_SIGNALWIRE, DIAL_PLAIN);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early("v=0 nonsense");
	SAYS(&story, bridge);
	struct bridged early = {.a = ROOT, .early = true, .error = 65001};
	(void)str_copy(early.b, sizeof(early.b), story.callee);
	hear_from(&story, bridged_from, &bridged_message, &early);
	CHECK_INT(SAYS(&story, noted)->level, NOTE_WARNING);
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	HEAR_CALLEE(&story, answered, .status = 200, .phrase = "OK");
	CHECK_INT(SAYS(&story, noted)->code, ERR_MEDIA_SDP);
	SAYS(&story, hangup);
	story_stop(&story);
}

TEST(of_two_callees_nobody_is_heard_early)
{
	struct leg_opened opened = {.mediad = "md0", .boot = BOOT};
	story_begin(&story, DIALECT_TWILIO);
	hear_document(&story, "<Response><Dial><Sip>sip:a@127.0.0.1</Sip>"
			      "<Sip>sip:b@127.0.0.1</Sip></Dial></Response>");
	const struct leg_open *open = SAYS(&story, leg_open);
	opened.legs_count = open->legs_count;
	for (uint32_t i = 0; i < open->legs_count; i++) {
		(void)str_copy(opened.legs[i].leg, sizeof(opened.legs[i].leg),
			       open->legs[i].leg);
		opened.legs[i].sdp = "v=0 ours";
	}
	CHECK_INT(opened.legs_count, 3);
	hear_from(&story, leg_opened_from, &leg_opened_message, &opened);
	HEAR(&story, confirmed, .leg = ROOT);
	hear_early("v=0 announcement");
	CHECK_INT(SAYS(&story, tone)->kind, TONE_RINGBACK);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST_MAIN()
