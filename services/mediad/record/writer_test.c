/*
 * writer_test.c - recordings on a disk: whole, cut short by a crash, on a disk
 * that is full.
 */
#include "services/mediad/record/writer.h"

#include "lib/base/str.h"
#include "lib/runtime/loop.h"
#include "lib/test/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SID "RE0123456789abcdef0123456789abcdef"
#define RATE 8000
#define FRAME 160

static char folder[] = "/tmp/voxbus-writer-XXXXXX";
static struct loop *loop;
static struct writer *writer;
static struct writer_news last;
static unsigned over;

static void on_news(void *context, const struct writer_news *news)
{
	(void)context;
	last = *news;
	over += news->what == WRITER_OVER;
}

static void begin(void)
{
	over = 0;
	loop = loop_new();
	writer = writer_new(loop, NULL, folder, on_news, NULL);
}

static void end(void)
{
	writer = writer_free(writer);
	loop = loop_free(loop);
}

static void put(struct writer_file *file, int16_t sample, unsigned frames)
{
	int16_t pcm[FRAME];

	for (unsigned i = 0; i < FRAME; i++)
		pcm[i] = sample;
	while (frames--)
		writer_put(file, pcm, FRAME);
}

static const char *path(const char *suffix)
{
	static char text[256];

	str_format(text, sizeof(text), "%s/" SID ".wav%s", folder, suffix);
	return text;
}

static off_t size_of(const char *suffix)
{
	struct stat file;

	return stat(path(suffix), &file) ? -1 : file.st_size;
}

static void wait_over(void)
{
	while (!over)
		loop_turn(loop, 1000);
}

TEST(a_recording_stands_under_its_name_when_it_is_over)
{
	struct wav wav;
	struct writer_file *file;
	int fd;

	begin();
	file = writer_open(writer, SID, RATE, 1, NULL);
	put(file, 100, 50);
	writer_finish(file, WRITER_KEEP_ALL);
	wait_over();
	CHECK_INT(last.error, 0);
	CHECK_INT(wav_ms(&last.wav), 1000);
	CHECK_INT(size_of(".part"), -1);
	fd = spool_read(folder, SID, &wav);
	CHECK(fd >= 0);
	CHECK_INT(wav.sound, 16000);
	close(fd);
	unlink(path(""));
	end();
}

TEST(what_was_put_is_playable_before_the_end)
{
	struct writer_file *file;
	uint8_t head[WAV_HEAD_BYTES] = {0};
	struct wav wav = {0};
	int fd = -1;

	begin();
	file = writer_open(writer, SID, RATE, 1, NULL);
	put(file, 100, 50);
	while (wav.sound < 16000) {
		if (fd < 0)
			fd = open(path(".part"), O_RDONLY);
		if (fd >= 0 && pread(fd, head, sizeof(head), 0) > 0)
			wav_look(head, sizeof(head), &wav);
	}
	CHECK_INT(wav_ms(&wav), 1000);
	close(fd);
	writer_finish(file, WRITER_KEEP_ALL);
	wait_over();
	end();
	unlink(path(""));
}

TEST(a_recording_that_a_crash_cut_short_goes_on)
{
	struct wav wav = {.rate = RATE, .channels = 1};
	int16_t second[RATE] = {1};
	struct writer_file *file;
	int fd = spool_open(folder, SID, &wav);

	/* Written, and not counted in the head; half a sample too. */
	CHECK(write(fd, "", 0) == 0);
	CHECK_INT(pwrite(fd, second, sizeof(second), WAV_HEAD_BYTES), 16000);
	CHECK_INT(pwrite(fd, "x", 1, WAV_HEAD_BYTES + 16000), 1);
	close(fd);
	begin();
	file = writer_open(writer, SID, RATE, 1, NULL);
	put(file, 100, 50);
	writer_finish(file, WRITER_KEEP_ALL);
	wait_over();
	CHECK_INT(wav_ms(&last.wav), 2000);
	CHECK_INT(size_of(""), WAV_HEAD_BYTES + 32000);
	unlink(path(""));
	end();
}

TEST(a_daemon_that_is_stopped_leaves_a_recording_to_go_on_with)
{
	begin();
	put(writer_open(writer, SID, RATE, 1, NULL), 100, 50);
	end();
	CHECK_INT(size_of(".part"), WAV_HEAD_BYTES + 16000);
	CHECK_INT(over, 0);
	unlink(path(".part"));
}

TEST(what_nobody_goes_on_with_is_ended_as_it_is)
{
	begin();
	put(writer_open(writer, SID, RATE, 1, NULL), 100, 50);
	end();
	begin();
	writer_recover(writer, SID, NULL);
	wait_over();
	CHECK_INT(wav_ms(&last.wav), 1000);
	CHECK_INT(size_of(".part"), -1);
	over = 0;
	writer_recover(writer, SID, NULL);
	wait_over();
	CHECK_INT(last.error, 0);
	CHECK_INT(wav_ms(&last.wav), 1000);
	unlink(path(""));
	over = 0;
	writer_recover(writer, SID, NULL);
	wait_over();
	CHECK_INT(last.error, ENOENT);
	CHECK(last.absent);
	end();
}

TEST(silence_at_the_end_is_cut_off_and_an_empty_file_not_kept)
{
	struct writer_file *file;

	begin();
	file = writer_open(writer, SID, RATE, 1, NULL);
	put(file, 100, 50);
	writer_finish(file, 10 * FRAME);
	wait_over();
	CHECK_INT(wav_ms(&last.wav), 200);
	CHECK(!last.absent);
	unlink(path(""));
	over = 0;
	file = writer_open(writer, SID, RATE, 1, NULL);
	put(file, 0, 50);
	writer_finish(file, 0);
	wait_over();
	CHECK(last.absent);
	CHECK_INT(size_of(""), -1);
	CHECK_INT(size_of(".part"), -1);
	end();
}

TEST(a_folder_that_is_gone_fails_the_recording_and_nothing_else)
{
	struct writer_file *file;

	begin();
	writer = writer_free(writer);
	writer = writer_new(loop, NULL, "/nonexistent/folder", on_news, NULL);
	file = writer_open(writer, SID, RATE, 1, NULL);
	put(file, 100, 50);
	while (!writer_is_broken(file))
		loop_turn(loop, 1);
	put(file, 100, 500);
	writer_finish(file, WRITER_KEEP_ALL);
	wait_over();
	CHECK(last.absent);
	CHECK_INT(last.error, ENOENT);
	end();
}

TEST(a_name_that_leads_elsewhere_is_none)
{
	char to[SPOOL_PATH_BYTES];

	CHECK(!spool_is_sid("../../etc/passwd"));
	CHECK(!spool_is_sid("RE0123456789abcdef0123456789abcde/"));
	CHECK(spool_is_sid(SID));
	CHECK(spool_path(folder, SID, true, to));
	CHECK_TEXT(to, path(".part"));
}

int main(int argc, char **argv)
{
	int result;

	if (!mkdtemp(folder))
		return 1;
	result = test_main(argc, argv);
	rmdir(folder);
	return result;
}
