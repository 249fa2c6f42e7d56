/*
 * test.c - runs the tests of one program; see test.h.
 */
#include "lib/test/test.h"

#include "lib/base/log.h"

#include <stdio.h>
#include <string.h>

#define EXPECTED_LOGS_MAX 8

static struct test *first, **last = &first;
static unsigned failures;
static const char *expected[EXPECTED_LOGS_MAX];

void test_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

bool test_check(bool good, const char *file, int line, const char *what)
{
	if (!good) {
		failures++;
		fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	}
	return good;
}

bool test_check_text(const char *got, const char *wanted, const char *file,
		     int line, const char *what)
{
	bool good = got && wanted ? strcmp(got, wanted) == 0 : got == wanted;
	if (!good) {
		failures++;
		fprintf(stderr, "%s:%d: %s is\n  \"%s\", not\n  \"%s\"\n", file,
			line, what, got ? got : "(null)",
			wanted ? wanted : "(null)");
	}
	return good;
}

bool test_check_int(int64_t got, int64_t wanted, const char *file, int line,
		    const char *what)
{
	if (got != wanted) {
		failures++;
		fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line,
			what, (long long)got, (long long)wanted);
	}
	return got == wanted;
}

void test_expect_log(const char *words)
{
	for (unsigned i = 0; i < EXPECTED_LOGS_MAX; i++) {
		if (!expected[i]) {
			expected[i] = words;
			return;
		}
	}
	test_check(false, __FILE__, __LINE__, "room for expected log lines");
}

static void on_log(enum log_level level, const char *call, int code,
		   const char *message)
{
	(void)call, (void)code;
	if (level < LOG_WARN)
		return;
	for (unsigned i = 0; i < EXPECTED_LOGS_MAX; i++) {
		if (expected[i] && strstr(message, expected[i])) {
			expected[i] = NULL;
			return;
		}
	}
	failures++;
	fprintf(stderr, "unexpected log line: %s\n", message);
}

static void run(const struct test *test)
{
	unsigned before = failures;
	memset(expected, 0, sizeof(expected));
	test->run();
	for (unsigned i = 0; i < EXPECTED_LOGS_MAX; i++) {
		if (expected[i]) {
			failures++;
			fprintf(stderr, "no log line said: %s\n", expected[i]);
		}
	}
	if (failures != before)
		fprintf(stderr, "FAILED %s\n", test->name);
}

/* With an argument: only tests whose name holds it. */
int test_main(int argc, char **argv)
{
	unsigned count = 0;
	log_divert(on_log);
	for (const struct test *test = first; test; test = test->next) {
		if (argc > 1 && !strstr(test->name, argv[1]))
			continue;
		run(test);
		count++;
	}
	printf("%-55s %3u tests%s\n", argv[0], count,
	       failures ? ", FAILED" : "");
	return failures ? 1 : 0;
}
