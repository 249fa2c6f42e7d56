/*
 * sound_test.c - what one side writes of a sound file, the other one reads.
 */
#include "proto/sound.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>

static bool reads_piece(const char *text, size_t size)
{
	struct sound_piece piece;

	return sound_read_piece(text, size, &piece);
}

TEST(a_question_for_a_url_arrives_as_it_was_asked)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sound_open asked = {.url = "http://a/b c?x=1", .account = "AC1"};
	struct sound_open heard;

	sound_write_open(&text, &asked);
	CHECK(sound_read_open(buf_text(&text), text.length, &heard));
	CHECK_TEXT(heard.url, "http://a/b c?x=1");
	CHECK_TEXT(heard.account, "AC1");
	CHECK_TEXT(heard.call, "");
	buf_free(&text);
}

TEST(a_piece_brings_its_bytes_whatever_they_are)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sound_piece said = {.state = SOUND_DATA,
				   .version = "v1",
				   .type = "audio/wav",
				   .total = 9,
				   .data = "\n\n\0x",
				   .size = 4};
	struct sound_piece heard;

	sound_write_piece(&text, &said);
	CHECK(sound_read_piece(buf_text(&text), text.length, &heard));
	CHECK_INT(heard.state, SOUND_DATA);
	CHECK_INT(heard.total, 9);
	CHECK_TEXT(heard.type, "audio/wav");
	CHECK(heard.size == 4 && memcmp(heard.data, "\n\n\0x", 4) == 0);
	buf_free(&text);
}

TEST(an_offset_and_a_version_arrive)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sound_read asked = {
		.object = "SO1", .have = "v1", .offset = 1 << 20};
	struct sound_read heard;

	sound_write_read(&text, &asked);
	CHECK(sound_read_read(buf_text(&text), text.length, &heard));
	CHECK_TEXT(heard.object, "SO1");
	CHECK_TEXT(heard.have, "v1");
	CHECK_INT(heard.offset, 1 << 20);
	buf_free(&text);
}

TEST(a_value_cannot_smuggle_in_a_line_of_its_own)
{
	struct buf text = BUF_INIT(SOUND_MESSAGE_BYTES);
	struct sound_opened said = {.fetcher = "fe0",
				    .object = "SO1",
				    .error_text = "a\nobject SO2"};
	struct sound_opened heard;

	sound_write_opened(&text, &said);
	CHECK(sound_read_opened(buf_text(&text), text.length, &heard));
	CHECK_TEXT(heard.object, "SO1");
	buf_free(&text);
}

TEST(what_is_cut_or_too_long_or_out_of_range_is_refused)
{
	struct sound_open open;
	char text[5000];

	CHECK(reads_piece("state 1\n\n", 9));
	CHECK(reads_piece("state 1\nnew thing\n\n", 19));
	CHECK(!reads_piece("state 1\n", 8));
	CHECK(!reads_piece("state 9\n\n", 9));
	CHECK(!reads_piece("state -1\n\n", 10));
	CHECK(!reads_piece("state\n\n", 7));
	CHECK(!reads_piece("", 0));
	memset(text, 'x', sizeof(text));
	memcpy(text, "url ", 4);
	text[sizeof(text) - 2] = text[sizeof(text) - 1] = '\n';
	CHECK(!sound_read_open(text, sizeof(text), &open));
}

TEST(a_url_is_shown_without_credentials_and_query)
{
	char shown[40];

	sound_show_url("https://u:p@h:1/a.wav?k=v#f", shown, sizeof(shown));
	CHECK_TEXT(shown, "https://h:1/a.wav");
	sound_show_url("http://h/a@b.wav", shown, sizeof(shown));
	CHECK_TEXT(shown, "http://h/a@b.wav");
	sound_show_url("nonsense", shown, sizeof(shown));
	CHECK_TEXT(shown, "nonsense");
	sound_show_url("http://h/0123456789012345678901234567890123456789",
		       shown, sizeof(shown));
	CHECK_TEXT(shown, "http://h/012345678901234567890123456789");
}

TEST_MAIN()
