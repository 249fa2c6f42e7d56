/*
 * test.h - unit tests: a name that is a sentence, and checks.
 *
 *   TEST(a_text_that_does_not_fit_is_refused)
 *   {
 *           CHECK(!str_copy(small, 2, "abc"));
 *           CHECK_TEXT(small, "");
 *   }
 *   TEST_MAIN()
 *
 * A warning or error that is logged and was not announced by test_expect_log()
 * fails the test. Each test program prints one line and exits 0 or 1.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *test);
int test_main(int argc, char **argv);
bool test_check(bool good, const char *file, int line, const char *what);
bool test_check_text(const char *got, const char *wanted, const char *file,
		     int line, const char *what);
bool test_check_int(int64_t got, int64_t wanted, const char *file, int line,
		    const char *what);
/* The next warning or error that holds these words is expected. */
void test_expect_log(const char *words);

#define TEST(name)                                                             \
	static void test_##name(void);                                         \
	static struct test test_##name##_entry = {#name, test_##name, 0};      \
	__attribute__((constructor)) static void test_##name##_add(void)       \
	{                                                                      \
		test_register(&test_##name##_entry);                           \
	}                                                                      \
	static void test_##name(void)
#define TEST_MAIN()                                                            \
	int main(int argc, char **argv)                                        \
	{                                                                      \
		return test_main(argc, argv);                                  \
	}
/* Checks go on after a failure; they tell whether they held. */
#define CHECK(condition) test_check(condition, __FILE__, __LINE__, #condition)
#define CHECK_TEXT(got, wanted)                                                \
	test_check_text(got, wanted, __FILE__, __LINE__, #got)
#define CHECK_INT(got, wanted)                                                 \
	test_check_int((int64_t)(got), (int64_t)(wanted), __FILE__, __LINE__,  \
		       #got)
