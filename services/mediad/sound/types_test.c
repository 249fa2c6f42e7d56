/*
 * types_test.c - what is taken for a sound.
 */
#include "services/mediad/sound/types.h"

#include "lib/test/test.h"

static enum decode_hint hint;

TEST(sound_of_the_listed_kinds_is_taken)
{
	CHECK(types_hint("audio/mpeg", "http://a/x", &hint));
	CHECK(types_hint("Audio/X-Wav; codec=1", "http://a/x", &hint));
	CHECK_INT(hint, DECODE_PLAIN);
	CHECK(types_hint("audio/ulaw", "http://a/x", &hint));
	CHECK_INT(hint, DECODE_ULAW);
	CHECK(types_hint("audio/x-gsm", "http://a/x", &hint));
	CHECK_INT(hint, DECODE_GSM);
	CHECK(types_hint("audio/x-rare", "http://a/x", &hint));
}

TEST(a_type_that_says_nothing_leaves_it_to_the_url)
{
	CHECK(types_hint("", "http://a/x.wav", &hint));
	CHECK_INT(hint, DECODE_PLAIN);
	CHECK(types_hint("application/octet-stream", "http://a/x.UL?y=.wav",
			 &hint));
	CHECK_INT(hint, DECODE_ULAW);
}

TEST(anything_else_is_no_sound)
{
	CHECK(!types_hint("text/html", "http://a/x.wav", &hint));
	CHECK(!types_hint("application/json", "http://a/x.wav", &hint));
	CHECK(!types_hint("audiophile/x", "http://a/x.wav", &hint));
}

TEST_MAIN()
