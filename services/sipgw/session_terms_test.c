/*
 * session_terms_test.c - who refreshes a session, how often, when it is over.
 */
#include "services/sipgw/session_terms.h"

#include "lib/test/test.h"

static const struct session_terms none;

TEST(an_interval_below_our_minimum_is_refused_to_who_knows_timers)
{
	struct session_words asked = {.supported = true, .interval_s = 89};
	CHECK(session_is_too_short(&asked, 90));
	asked.interval_s = 90;
	CHECK(!session_is_too_short(&asked, 90));
	asked = (struct session_words){.interval_s = 60};
	CHECK(!session_is_too_short(&asked, 90));
	asked = (struct session_words){.supported = true};
	CHECK(!session_is_too_short(&asked, 90));
}

TEST(a_caller_who_names_the_refresher_gets_that_one)
{
	struct session_words asked = {.supported = true,
				      .interval_s = 1800,
				      .refresher = REFRESHER_UAC};
	struct session_terms terms = session_answer(&asked, &none);
	CHECK_INT(terms.interval_s, 1800);
	CHECK(!terms.ours);
	asked.refresher = REFRESHER_UAS;
	CHECK(session_answer(&asked, &none).ours);
}

TEST(a_caller_who_leaves_it_open_is_refreshed_by_us)
{
	struct session_words asked = {.supported = true, .interval_s = 300};
	CHECK(session_answer(&asked, &none).ours);
}

TEST(an_interval_that_a_proxy_put_in_is_refreshed_by_us)
{
	struct session_words asked = {.interval_s = 300,
				      .refresher = REFRESHER_UAC};
	struct session_terms terms = session_answer(&asked, &none);
	CHECK(terms.ours);
	CHECK(!terms.told);
	CHECK_INT(terms.interval_s, 300);
}

TEST(a_caller_who_knows_timers_and_asks_for_none_gets_ours)
{
	struct session_words asked = {.supported = true};
	struct session_terms terms = session_answer(&asked, &none);
	CHECK_INT(terms.interval_s, SESSION_DEFAULT_S);
	CHECK(terms.ours);
	asked.min_s = 900;
	CHECK_INT(session_answer(&asked, &none).interval_s, 900);
}

TEST(a_caller_who_knows_no_timers_gets_none)
{
	struct session_words asked = {.supported = false};
	CHECK_INT(session_answer(&asked, &none).interval_s, 0);
}

TEST(a_new_offer_that_says_nothing_leaves_the_timer_standing)
{
	struct session_terms present = {.interval_s = 300, .told = true};
	struct session_words asked = {.supported = false};
	struct session_terms terms = session_answer(&asked, &present);
	CHECK_INT(terms.interval_s, 300);
	CHECK(terms.ours);
	CHECK(terms.told);
}

TEST(a_2xx_says_who_refreshes)
{
	struct session_terms asked = {.interval_s = 600};
	struct session_words answered = {.interval_s = 400,
					 .refresher = REFRESHER_UAS};
	struct session_terms terms = session_agree(&answered, &asked, false);
	CHECK_INT(terms.interval_s, 400);
	CHECK(!terms.ours);
	answered.refresher = REFRESHER_UAC;
	CHECK(session_agree(&answered, &asked, false).ours);
	answered.refresher = REFRESHER_ANY; /* against RFC 4028: us */
	CHECK(session_agree(&answered, &asked, false).ours);
}

TEST(a_2xx_without_session_expires_begins_no_timer_and_ends_none)
{
	struct session_terms asked = {.interval_s = 600, .told = true};
	struct session_words answered = {.supported = true};
	CHECK_INT(session_agree(&answered, &asked, false).interval_s, 0);
	CHECK_INT(session_agree(&answered, &asked, true).interval_s, 600);
	CHECK(session_agree(&answered, &asked, true).ours);
}

TEST(a_422_raises_what_is_asked_for_once)
{
	struct session_terms asked = {.interval_s = 600, .min_s = 90};
	struct session_words refused = {.min_s = 1800};
	CHECK(session_raise(&refused, &asked));
	CHECK_INT(asked.interval_s, 1800);
	CHECK_INT(asked.min_s, 1800);
	CHECK(!session_raise(&refused, &asked));
	refused.min_s = 0;
	CHECK(!session_raise(&refused, &asked));
}

TEST(the_refresh_comes_at_half_and_the_end_before_the_whole)
{
	CHECK_INT(session_refresh_ms(600), 300000);
	CHECK_INT(session_end_ms(600), 568000);
	CHECK_INT(session_end_ms(90), 60000);
	CHECK_INT(session_end_ms(96), 64000);
	CHECK_INT(session_end_ms(97), 65000);
	CHECK_INT(session_end_ms(2), 1334);
}

TEST_MAIN()
