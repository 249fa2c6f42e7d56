/*
 * id_test.c - ids are the same for the same words only.
 */
#include "lib/base/id.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>

#define CALLS 8000

TEST(a_random_id_has_its_form_and_comes_once)
{
	char a[ID_BYTES], b[ID_BYTES];
	id_random("CA", a);
	id_random("CA", b);
	CHECK(id_is("CA", a) && id_is("CA", b));
	CHECK(!str_equal(a, b));
}

TEST(a_derived_id_depends_on_prefix_root_and_number)
{
	char a[ID_BYTES], b[ID_BYTES];
	id_derive("FE", "CA1", 1, a);
	id_derive("FE", "CA1", 1, b);
	CHECK(id_is("FE", a));
	CHECK_TEXT(a, b);
	id_derive("FE", "CA1", 2, b);
	CHECK(!str_equal(a, b));
	id_derive("FE", "CA2", 1, b);
	CHECK(!str_equal(a, b));
	id_derive("HK", "CA1", 1, b);
	CHECK(strcmp(a + 2, b + 2) != 0);
}

/* Recordings of calls hold derived ids: they may never change. */
TEST(a_derived_id_is_the_same_in_every_release)
{
	char id[ID_BYTES];
	id_derive("CA", "CA00000000000000000000000000000000", 1, id);
	CHECK_TEXT(id, "CAbec912e9fda02c87e6bd68f2ef1d7418");
}

TEST(a_keyed_id_keeps_its_words_apart_and_needs_the_secret)
{
	char a[ID_BYTES], b[ID_BYTES];
	id_keyed("CA", "secret", "ab", "c", "", a);
	id_keyed("CA", "secret", "ab", "c", "", b);
	CHECK(id_is("CA", a));
	CHECK_TEXT(a, b);
	id_keyed("CA", "secret", "a", "bc", "", b);
	CHECK(!str_equal(a, b));
	id_keyed("CA", "secret", "ab", "", "c", b);
	CHECK(!str_equal(a, b));
	id_keyed("CA", "other", "ab", "c", "", b);
	CHECK(!str_equal(a, b));
}

TEST(an_id_is_two_letters_and_32_hex_digits)
{
	CHECK(id_is("CA", "CA0123456789abcdef0123456789abcdef"));
	CHECK(!id_is("CA", "FE0123456789abcdef0123456789abcdef"));
	CHECK(!id_is("CA", "CA0123456789abcdef0123456789abcde"));
	CHECK(!id_is("CA", "CA0123456789abcdef0123456789abcdef0"));
	CHECK(!id_is("CA", "CA0123456789ABCDEF0123456789abcdef"));
	CHECK(!id_is("CA", ""));
}

TEST(calls_spread_evenly_over_shards_and_stay_there)
{
	unsigned counts[8] = {0};
	char id[ID_BYTES];
	for (uint64_t i = 0; i < CALLS; i++) {
		id_derive("CA", "root", i, id);
		unsigned shard = id_shard(id, 8);
		CHECK(shard < 8 && shard == id_shard(id, 8));
		counts[shard & 7]++;
	}
	for (unsigned i = 0; i < 8; i++)
		CHECK(counts[i] > CALLS / 8 * 8 / 10 &&
		      counts[i] < CALLS / 8 * 12 / 10);
	CHECK_INT(id_shard("CA00000000000000000000000000000001", 8), 1);
}

TEST_MAIN()
