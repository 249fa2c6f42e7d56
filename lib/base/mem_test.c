/*
 * mem_test.c - memory that cannot fail, or the process ends.
 */
#include "lib/base/mem.h"

#include "lib/test/test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(new_memory_is_zero_and_may_be_of_no_size)
{
	char *bytes = mem_new(3, 5);
	void *nothing = mem_new(0, 0);
	for (int i = 0; i < 15; i++)
		CHECK(bytes[i] == 0);
	CHECK(nothing != NULL);
	free(bytes);
	free(nothing);
}

TEST(copies_are_terminated_and_null_stays_null)
{
	char *text = mem_copy_text("abc");
	char *bytes = mem_copy_bytes("abcdef", 2);
	CHECK_TEXT(text, "abc");
	CHECK_TEXT(bytes, "ab");
	CHECK(mem_copy_text(NULL) == NULL);
	text = mem_grow(text, 1000);
	CHECK_TEXT(text, "abc");
	free(text);
	free(bytes);
}

TEST(a_process_without_memory_ends)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		close(STDERR_FILENO);
		volatile size_t most = SIZE_MAX / 2;
		mem_new(most, 4);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

TEST_MAIN()
