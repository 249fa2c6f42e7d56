/*
 * test_test.c - checks that fail do fail: a test program tests itself by
 * running itself again, with tests that are meant to fail.
 */
#include "lib/test/test.h"

#include "lib/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[4096];

/* Runs this program's tests whose name holds 'name', the sick ones sick. */
static int run_again(const char *name)
{
	int line[2], status = 0;
	size_t length = 0;
	ssize_t got;
	CHECK(pipe(line) == 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(line[1], STDERR_FILENO);
		dup2(line[1], STDOUT_FILENO);
		close(line[0]);
		setenv("VOX_TEST_SICK", "1", 1);
		execl("/proc/self/exe", "test_test", name, (char *)NULL);
		_exit(99);
	}
	close(line[1]);
	while ((got = read(line[0], output + length,
			   sizeof(output) - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	close(line[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool sick(void)
{
	return getenv("VOX_TEST_SICK") != NULL;
}

TEST(sick_check)
{
	if (sick())
		CHECK(1 > 2);
}

TEST(sick_text)
{
	if (sick())
		CHECK_TEXT("one", "two");
}

TEST(sick_null)
{
	if (sick())
		CHECK_TEXT(NULL, "two");
}

TEST(sick_number)
{
	if (sick())
		CHECK_INT(1, 2);
}

TEST(sick_warning)
{
	if (sick())
		log_warn(NULL, 0, "a surprise");
}

TEST(sick_silence)
{
	if (sick())
		test_expect_log("never said");
}

TEST(a_check_that_does_not_hold_fails_the_program_and_names_the_test)
{
	if (sick())
		return;
	CHECK_INT(run_again("sick_check"), 1);
	CHECK(strstr(output, "not so: 1 > 2") != NULL);
	CHECK(strstr(output, "FAILED sick_check") != NULL);
	CHECK_INT(run_again("sick_text"), 1);
	CHECK(strstr(output, "\"one\", not") != NULL);
	CHECK_INT(run_again("sick_null"), 1);
	CHECK_INT(run_again("sick_number"), 1);
	CHECK(strstr(output, "is 1, not 2") != NULL);
}

TEST(a_warning_that_nobody_announced_fails_the_program)
{
	if (sick())
		return;
	CHECK_INT(run_again("sick_warning"), 1);
	CHECK(strstr(output, "unexpected log line: a surprise") != NULL);
}

TEST(an_announced_warning_that_does_not_come_fails_the_program)
{
	if (sick())
		return;
	CHECK_INT(run_again("sick_silence"), 1);
	CHECK(strstr(output, "no log line said: never said") != NULL);
}

TEST(announced_warnings_and_lines_below_them_are_fine)
{
	test_expect_log("second");
	test_expect_log("first");
	log_warn(NULL, 0, "the first");
	log_error(NULL, 0, "the second");
	log_info(NULL, "by the way");
}

TEST(a_program_runs_only_the_tests_that_it_is_asked_for)
{
	if (sick())
		return;
	CHECK_INT(run_again("announced_warnings_and"), 0);
	CHECK(strstr(output, "1 tests") != NULL);
}

TEST_MAIN()
