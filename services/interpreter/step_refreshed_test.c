/*
 * step_refreshed_test.c - phones that say something new about their media in
 * the answer to our refresh.
 */
#include "services/interpreter/story_dial_test.h"

#define reoffered_from "sipgw/gw0"
#define reconfirmed_from "sipgw/gw0"
#define leg_changed_from "mediad/md0"

#define RE1 "RE00000000000000000000000000000001"
#define RE2 "RE00000000000000000000000000000002"
#define RE3 "RE00000000000000000000000000000003"

static void hear_mediad_again(void)
{
	struct instance_restarted restarted = {.service = "mediad",
					       .instance = "md0",
					       .boot = BOOT_2,
					       .hello = 1};
	hear_from(&story, instance_restarted_from, &instance_restarted_message,
		  &restarted);
}

TEST(an_answer_to_our_refresh_is_mediads_and_is_in_force_after_a_crash)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, reoffered, .offer = RE1, .sdp = "v=0 moved",
		    .refreshed = true);
	const struct leg_change *change = SAYS(&story, leg_change);
	CHECK_TEXT(said_to(&story), "md0");
	CHECK_TEXT(change->change, RE1);
	CHECK_TEXT(change->answer, "v=0 moved");
	CHECK(change->refreshed);
	CHECK(!change->offer);
	HEAR_CALLEE(&story, leg_changed, .change = RE1);
	says_nothing_more(&story); /* nobody waits for an answer */
	hear_mediad_again();
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[1].local, "v=0 offer to the callee");
	CHECK_TEXT(open->legs[1].remote, "v=0 moved");
	story_stop(&story);
}

TEST(an_answer_to_our_refresh_that_mediad_refuses_leaves_what_was)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, reoffered, .offer = RE1, .sdp = "v=0 video",
		    .refreshed = true);
	SAYS(&story, leg_change);
	HEAR_CALLEE(&story, leg_changed, .change = RE1,
		    .error = ERR_MEDIA_CODEC, .error_text = "no audio",
		    .status = 488);
	const struct noted *noted = SAYS(&story, noted);
	CHECK_INT(noted->level, NOTE_WARNING);
	CHECK(strstr(noted->text, "the answer to our refresh"));
	says_nothing_more(&story);
	hear_mediad_again();
	CHECK_TEXT(SAYS(&story, leg_open)->legs[1].remote,
		   "v=0 callee's answer");
	story_stop(&story);
}

TEST(the_last_answer_waits_for_a_change_that_is_on_its_way)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, reoffered, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	HEAR_CALLEE(&story, reoffered, .offer = RE2, .sdp = "v=0 first",
		    .refreshed = true);
	HEAR_CALLEE(&story, reoffered, .offer = RE3, .sdp = "v=0 last",
		    .refreshed = true);
	says_nothing_more(&story);
	HEAR_CALLEE(&story, leg_changed, .change = RE1, .sdp = "v=0 held");
	SAYS(&story, reanswer);
	HEAR_CALLEE(&story, reconfirmed, .offer = RE1);
	const struct leg_change *change = SAYS(&story, leg_change);
	CHECK_TEXT(change->change, RE3);
	CHECK_TEXT(change->answer, "v=0 last");
	HEAR_CALLEE(&story, leg_changed, .change = RE3);
	says_nothing_more(&story);
	hear_mediad_again();
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[1].local, "v=0 held");
	CHECK_TEXT(open->legs[1].remote, "v=0 last");
	story_stop(&story);
}

TEST(an_answer_for_a_leg_that_ends_meanwhile_is_forgotten)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, reoffered, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	HEAR_CALLEE(&story, reoffered, .offer = RE2, .sdp = "v=0 moved",
		    .refreshed = true);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	SAYS(&story, hangup);
	HEAR_CALLEE(&story, leg_changed, .change = RE1, .sdp = "v=0 held");
	HEAR_CALLEE(&story, reoffered, .offer = RE3, .sdp = "v=0 late",
		    .refreshed = true);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST_MAIN()
