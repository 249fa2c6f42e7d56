/*
 * dtmf_test.c - digits in the body of an INFO.
 */
#include "services/sipgw/dtmf.h"

#include "lib/test/test.h"

#include <string.h>

static char digit;
static int duration_ms;

static enum dtmf relay(const char *body)
{
	digit = '-';
	return dtmf_relay(body, strlen(body), &digit, &duration_ms);
}

TEST(a_relayed_digit_has_a_signal_and_a_duration)
{
	CHECK(relay("Signal=5\r\nDuration=160\r\n") == DTMF_DIGIT);
	CHECK_INT(digit, '5');
	CHECK_INT(duration_ms, 160);
	CHECK(relay("Signal= #\nDuration= 250") == DTMF_DIGIT);
	CHECK_INT(digit, '#');
	CHECK_INT(duration_ms, 250);
	CHECK(relay("duration=90\r\nsignal=d\r\n") == DTMF_DIGIT);
	CHECK_INT(digit, 'D');
	CHECK_INT(duration_ms, 90);
}

TEST(numbers_above_nine_are_the_other_keys)
{
	CHECK(relay("Signal=10\r\n") == DTMF_DIGIT);
	CHECK_INT(digit, '*');
	CHECK(relay("Signal=11\r\n") == DTMF_DIGIT);
	CHECK_INT(digit, '#');
	CHECK(relay("Signal=15\r\n") == DTMF_DIGIT);
	CHECK_INT(digit, 'D');
}

TEST(a_hook_flash_is_no_digit)
{
	CHECK(relay("Signal=16\r\nDuration=100\r\n") == DTMF_NONE);
	CHECK(relay("Signal=flash\r\n") == DTMF_NONE);
	CHECK(dtmf_plain("!", 1, &digit) == DTMF_NONE);
}

TEST(what_is_no_key_is_bad)
{
	CHECK(relay("") == DTMF_BAD);
	CHECK(relay("Signal=\r\n") == DTMF_BAD);
	CHECK(relay("Signal=17\r\n") == DTMF_BAD);
	CHECK(relay("Signal=E\r\n") == DTMF_BAD);
	CHECK(relay("Signal=-1\r\n") == DTMF_BAD);
	CHECK(relay("Duration=160\r\n") == DTMF_BAD);
	CHECK(dtmf_plain("55", 2, &digit) == DTMF_BAD);
	CHECK(dtmf_plain("\0", 1, &digit) == DTMF_BAD);
}

TEST(a_plain_digit_may_end_its_line)
{
	CHECK(dtmf_plain("7\r\n", 3, &digit) == DTMF_DIGIT);
	CHECK_INT(digit, '7');
	CHECK(dtmf_plain(" * ", 3, &digit) == DTMF_DIGIT);
	CHECK_INT(digit, '*');
}

TEST(a_wild_duration_is_none)
{
	CHECK(relay("Signal=1\r\nDuration=99999999999999999999\r\n") ==
	      DTMF_DIGIT);
	CHECK_INT(duration_ms, 0);
	CHECK(relay("Signal=1\r\nDuration=-5\r\n") == DTMF_DIGIT);
	CHECK_INT(duration_ms, 0);
}

TEST_MAIN()
