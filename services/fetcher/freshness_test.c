/*
 * freshness_test.c - how long a sound file is played without asking again.
 */
#include "services/fetcher/freshness.h"

#include "lib/test/test.h"

#include <stddef.h>

TEST(without_a_word_it_is_kept_and_asked_for_each_time)
{
	CHECK(freshness_of("").keep);
	CHECK(!freshness_of("").strict);
	CHECK_INT(freshness_of("").fresh_ms, 0);
	CHECK(freshness_of(NULL).keep);
}

TEST(max_age_is_heard_among_other_words)
{
	CHECK_INT(freshness_of("public, Max-Age=60 , x=y").fresh_ms, 60000);
	CHECK_INT(freshness_of("max-age=\"7\"").fresh_ms, 7000);
	CHECK_INT(freshness_of("max-age=99999999999").fresh_ms,
		  FRESHNESS_MAX_S * 1000LL);
	CHECK_INT(freshness_of("max-age=-1").fresh_ms, 0);
	CHECK_INT(freshness_of("max-age=soon").fresh_ms, 0);
	CHECK_INT(freshness_of("max-age").fresh_ms, 0);
}

TEST(no_cache_means_ask_and_never_without_an_answer)
{
	CHECK_INT(freshness_of("max-age=60, no-cache").fresh_ms, 0);
	CHECK_INT(freshness_of("no-cache, max-age=60").fresh_ms, 0);
	CHECK(freshness_of("no-cache").strict);
	CHECK(freshness_of("must-revalidate").strict);
}

TEST(no_store_is_not_kept)
{
	CHECK(!freshness_of("no-store").keep);
	CHECK(freshness_of("no-storage").keep);
}

TEST_MAIN()
