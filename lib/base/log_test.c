/*
 * log_test.c - a line an event, whatever the message holds.
 */
#include "lib/base/log.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>
#include <unistd.h>

static char written[16384];

/* Runs 'say' with stderr in a pipe, and keeps what it wrote. */
static void capture(void (*say)(void))
{
	int line[2], before = dup(STDERR_FILENO);
	CHECK(pipe(line) == 0);
	dup2(line[1], STDERR_FILENO);
	close(line[1]);
	log_divert(NULL);
	log_init("sipgw", LOG_INFO);
	clock_fake(0, 1712255535123);
	say();
	dup2(before, STDERR_FILENO);
	close(before);
	ssize_t size = read(line[0], written, sizeof(written) - 1);
	written[size > 0 ? size : 0] = '\0';
	close(line[0]);
}

static void say_plainly(void)
{
	log_info("CA1", "leg %d answered", 7);
}

TEST(a_line_is_json_with_time_level_component_and_call)
{
	capture(say_plainly);
	CHECK_TEXT(written, "{\"ts\":\"2024-04-04T18:32:15.123Z\","
			    "\"level\":\"info\",\"component\":\"sipgw\","
			    "\"call_sid\":\"CA1\","
			    "\"msg\":\"leg 7 answered\"}\n");
}

static void say_an_error(void)
{
	log_error(NULL, 66002, "late");
	log_warn("-", 0, "no call");
}

TEST(a_line_has_an_error_number_and_a_call_only_if_there_is_one)
{
	capture(say_an_error);
	CHECK(strstr(written, "\"error_code\":66002,\"msg\":\"late\"}\n") !=
	      NULL);
	CHECK(strstr(written, "call_sid") == NULL);
	CHECK(strstr(written, "\"level\":\"warn\"") != NULL);
}

static void say_dirt(void)
{
	log_info("CA\"1\n", "%s", "a\"b\n{\"level\":\"error\"}\x1b[2J\xff");
}

TEST(nothing_in_a_message_breaks_the_line)
{
	capture(say_dirt);
	CHECK(strstr(written, "\"call_sid\":\"CA\\\"1\\n\"") != NULL);
	CHECK(strstr(written, "\"msg\":\"a\\\"b\\n{\\\"level\\\":\\\"error\\\"}"
			      "\\u001b[2J\\ufffd\"}\n") != NULL);
	CHECK(strchr(written, '\n') == written + strlen(written) - 1);
}

static void say_much(void)
{
	static char much[5000];
	memset(much, 'x', sizeof(much) - 1);
	log_info(NULL, "%s", much);
}

TEST(a_message_of_any_length_is_one_whole_line)
{
	capture(say_much);
	CHECK(str_ends(written, "xxx\"}\n"));
	CHECK(strlen(written) < 2200);
}

static void say_in_detail(void)
{
	log_debug(NULL, "hidden");
}

TEST(lines_below_the_lowest_level_are_not_written)
{
	capture(say_in_detail);
	CHECK_TEXT(written, "");
	CHECK(!log_enabled(LOG_DEBUG) && log_enabled(LOG_INFO));
}

TEST_MAIN()
