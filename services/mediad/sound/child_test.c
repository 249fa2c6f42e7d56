/*
 * child_test.c - programs that do their work, and those that do not.
 */
#include "services/mediad/sound/child.h"

#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct loop *loop;
static struct {
	bool done, good;
	char text[CHILD_TEXT_BYTES], output[4096];
	size_t size;
	int64_t bytes;
} got;

static bool on_output(void *owner, const char *data, size_t size)
{
	(void)owner;
	if (got.size + size < sizeof(got.output)) {
		memcpy(got.output + got.size, data, size);
		got.size += size;
	}
	return true;
}

static void on_done(void *owner, const struct child_end *end)
{
	(void)owner;
	got.done = true;
	got.good = end->good;
	got.bytes = end->bytes;
	str_copy(got.text, sizeof(got.text), end->text);
	if (end->file >= 0) {
		ssize_t size =
			read(end->file, got.output, sizeof(got.output) - 1);

		got.size = size > 0 ? (size_t)size : 0;
		close(end->file);
	}
}

static void run(const char *program, const char *first, const char *second,
		bool collect, int64_t bytes_max, int64_t timeout_ms)
{
	const char *argv[] = {program, first, second, NULL};
	struct child_shape shape = {.argv = argv,
				    .input = -1,
				    .collect = collect,
				    .bytes_max = bytes_max,
				    .timeout_ms = timeout_ms,
				    .output = on_output,
				    .done = on_done};

	memset(&got, 0, sizeof(got));
	loop = loop_new();
	child_start(loop, &shape);
	while (!got.done)
		loop_turn(loop, 1000);
	loop_free(loop);
}

TEST(what_it_writes_is_handed_over)
{
	run("printf", "%s", "a b;c", false, 100, 5000);
	CHECK(got.good);
	CHECK_TEXT(got.output, "a b;c");
}

TEST(what_it_writes_is_collected_in_a_file)
{
	run("printf", "%s", "hello", true, 100, 5000);
	CHECK(got.good);
	CHECK_TEXT(got.output, "hello");
	CHECK_INT(got.bytes, 5);
}

TEST(it_knows_nothing_of_our_environment)
{
	setenv("VOXBUS_AUTH_TOKEN", "secret", 1);
	run("env", NULL, NULL, false, 9000, 5000);
	CHECK(got.good);
	CHECK(strstr(got.output, "PATH="));
	CHECK(!strstr(got.output, "secret"));
}

TEST(one_that_fails_is_told_with_its_words)
{
	run("sh", "-c", "echo bad >&2; exit 3", false, 100, 5000);
	CHECK(!got.good);
	CHECK_TEXT(got.text, "sh ended with 3: bad ");
}

TEST(one_that_crashes_is_told_with_its_signal)
{
	run("sh", "-c", "kill -SEGV $$", false, 100, 5000);
	CHECK(!got.good);
	CHECK_TEXT(got.text, "sh died of signal 11");
}

TEST(one_that_is_not_there_is_told_too)
{
	run("/nonexistent/tts", NULL, NULL, true, 100, 5000);
	CHECK(!got.good);
	CHECK(strstr(got.text, "cannot be started"));
}

TEST(one_that_hangs_is_ended_with_all_that_it_started)
{
	run("sh", "-c", "sleep 60 & sleep 60", false, 100, 200);
	CHECK(!got.good);
	CHECK_TEXT(got.text, "it took too long");
}

TEST(one_that_writes_without_end_is_ended)
{
	run("yes", NULL, NULL, false, 100000, 5000);
	CHECK(!got.good);
	CHECK_TEXT(got.text, "it wrote too much");
	run("yes", NULL, NULL, true, 100000, 5000);
	CHECK(!got.good);
}

TEST(a_cancelled_one_calls_nobody)
{
	const char *argv[] = {"sleep", "60", NULL};
	struct child_shape shape = {.argv = argv,
				    .input = -1,
				    .bytes_max = 1,
				    .timeout_ms = 5000,
				    .output = on_output,
				    .done = on_done};

	memset(&got, 0, sizeof(got));
	loop = loop_new();
	CHECK(!child_cancel(child_start(loop, &shape)));
	loop_turn(loop, 10);
	CHECK(!got.done);
	loop_free(loop);
}

TEST_MAIN()
