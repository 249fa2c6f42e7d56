/*
 * step_reoffer_test.c - stories of phones that change their media: hold, offers
 * that are refused, wanted or taken back, and what is in force after a crash.
 */
#include "services/interpreter/story_dial_test.h"

#define RE1 "RE00000000000000000000000000000001"
#define RE2 "RE00000000000000000000000000000002"

TEST(hold_is_mediads_answer_and_is_in_force_after_a_crash)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	const struct leg_change *change = SAYS(&story, leg_change);
	CHECK_TEXT(said_to(&story), "md0");
	CHECK_TEXT(change->leg, ROOT);
	CHECK_TEXT(change->change, RE1);
	CHECK_TEXT(change->offer, "v=0 hold");
	CHECK(!change->answer);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	says_nothing_more(&story); /* mediad is asked already */
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 held");
	const struct reanswer *reanswer = SAYS(&story, reanswer);
	CHECK_TEXT(said_to(&story), "gw0");
	CHECK_TEXT(reanswer->leg, ROOT);
	CHECK_TEXT(reanswer->offer, RE1);
	CHECK_INT(reanswer->status, 200);
	CHECK_TEXT(reanswer->sdp, "v=0 held");
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 held");
	says_nothing_more(&story);
	HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1);
	says_nothing_more(&story);
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_INT(open->legs_count, 2);
	CHECK_TEXT(open->legs[0].local, "v=0 held");
	CHECK_TEXT(open->legs[0].remote, "v=0 hold");
	CHECK_TEXT(open->legs[1].local, "v=0 offer to the callee");
	CHECK(!open->early);
	story_stop(&story);
}

TEST(a_refused_offer_changes_nothing_and_has_its_status)
{
	talk(DIAL_PLAIN);
	HEAR_CALLEE(&story, reoffered, .offer = RE1, .sdp = "v=0 video");
	SAYS(&story, leg_change);
	HEAR_CALLEE(&story, leg_changed, .change = RE1,
		    .error = ERR_MEDIA_CODEC, .error_text = "no audio",
		    .status = 488);
	CHECK_INT(SAYS(&story, noted)->level, NOTE_WARNING);
	const struct reanswer *reanswer = SAYS(&story, reanswer);
	CHECK_INT(reanswer->status, 488);
	CHECK(!reanswer->sdp);
	HEAR_CALLEE(&story, reconfirmed, .offer = RE1);
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[1].remote, "v=0 callee's answer");
	story_stop(&story);
}

TEST(an_offer_that_is_wanted_holds_once_the_ack_has_answered_it)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1);
	const struct leg_change *change = SAYS(&story, leg_change);
	CHECK(!change->offer && !change->answer);
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 ours");
	CHECK_TEXT(SAYS(&story, reanswer)->sdp, "v=0 ours");
	hear_restart(&story, "mediad", BOOT_2, 1);
	CHECK_TEXT(SAYS(&story, leg_open)->legs[0].local,
		   "v=0 answer to the caller");
	HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1,
	     .sdp = "v=0 theirs");
	change = SAYS(&story, leg_change);
	CHECK_TEXT(change->change, RE1);
	CHECK_TEXT(change->answer, "v=0 theirs");
	CHECK(!change->offer);
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1);
	says_nothing_more(&story);
	hear_restart(&story, "mediad", BOOT, 2);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[0].local, "v=0 ours");
	CHECK_TEXT(open->legs[0].remote, "v=0 theirs");
	story_stop(&story);
}

TEST(a_restart_in_the_middle_asks_again_and_a_repeat_is_answered_again)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	hear_restart(&story, "mediad", BOOT_2, 1);
	const struct leg_open *open = SAYS(&story, leg_open);
	CHECK_TEXT(open->legs[0].remote, OFFER);
	CHECK_TEXT(SAYS(&story, leg_change)->offer, "v=0 hold");
	HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
	     .sdp = "v=0 held");
	SAYS(&story, reanswer);
	hear_restart(&story, "sipgw", BOOT_2, 1);
	CHECK_TEXT(SAYS(&story, reanswer)->sdp, "v=0 held");
	says_nothing_more(&story);
	HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	CHECK_TEXT(SAYS(&story, reanswer)->sdp, "v=0 held");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(an_offer_that_is_taken_back_is_void)
{
	char name[] = RE1;
	name[0] = 'U';
	name[1] = 'N';
	for (int answered = 0; answered < 2; answered++) {
		talk(DIAL_PLAIN);
		HEAR(&story, reoffered, .leg = ROOT, .offer = RE1,
		     .sdp = "v=0 hold");
		SAYS(&story, leg_change);
		if (answered) {
			HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
			     .sdp = "v=0 held");
			SAYS(&story, reanswer);
		}
		HEAR(&story, reconfirmed, .leg = ROOT, .offer = RE1,
		     .status = 487);
		const struct leg_change *change = SAYS(&story, leg_change);
		CHECK_TEXT(change->change, name);
		CHECK_TEXT(change->offer, OFFER);
		HEAR(&story, leg_changed, .leg = ROOT, .change = RE1,
		     .sdp = "v=0 held");
		says_nothing_more(&story);
		struct leg_changed undone = {.leg = ROOT, .sdp = "v=0 back"};
		(void)str_copy(undone.change, sizeof(undone.change), name);
		hear_from(&story, leg_changed_from, &leg_changed_message,
			  &undone);
		says_nothing_more(&story);
		hear_restart(&story, "mediad", BOOT_2, 1);
		const struct leg_open *open = SAYS(&story, leg_open);
		CHECK_TEXT(open->legs[0].local, "v=0 back");
		CHECK_TEXT(open->legs[0].remote, OFFER);
		says_nothing_more(&story);
		story_stop(&story);
	}
}

TEST(two_offers_at_once_and_offers_of_dead_legs_are_refused)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE2, .sdp = "v=0 other");
	CHECK_INT(SAYS(&story, reanswer)->status, 491);
	HEAR_CALLEE(&story, ended, .by = LEG_END_REMOTE);
	HEAR_CALLEE(&story, reoffered, .offer = RE2, .sdp = "v=0 late");
	CHECK_INT(SAYS(&story, reanswer)->status, 481);
	says_nothing_more(&story);
	story_stop(&story);
}

TEST(when_mediad_never_answers_the_offer_is_refused)
{
	talk(DIAL_PLAIN);
	HEAR(&story, reoffered, .leg = ROOT, .offer = RE1, .sdp = "v=0 hold");
	SAYS(&story, leg_change);
	CHECK_TEXT(hear_timer(&story), "change.0");
	CHECK_INT(SAYS(&story, reanswer)->status, 500);
	CHECK_TEXT(hear_timer(&story), "change.0");
	says_nothing_more(&story);
	story_stop(&story);
}

TEST_MAIN()
