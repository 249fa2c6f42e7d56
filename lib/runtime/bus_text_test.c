/*
 * bus_text_test.c - what NATS says, whole, in pieces, and broken.
 */
#include "lib/runtime/bus_text.h"

#include "lib/base/str.h"
#include "lib/test/test.h"

#include <string.h>

#define MAX 1000

static char bytes[256];
static struct text_piece piece;

static enum text_kind read_text(const char *text)
{
	str_copy(bytes, sizeof(bytes), text);
	return text_read(bytes, strlen(text), MAX, &piece);
}

TEST(a_message_is_its_subject_its_subscription_and_its_data)
{
	CHECK(read_text("MSG vox.x 7 5\r\nhello\r\nPING\r\n") == TEXT_MESSAGE);
	CHECK_TEXT(piece.subject, "vox.x");
	CHECK_INT(piece.sub, 7);
	CHECK(piece.reply == NULL);
	CHECK_TEXT(piece.data, "hello");
	CHECK_INT(piece.size, 5);
	CHECK_INT(piece.used, 22);
	CHECK_INT(piece.status, 0);
}

TEST(a_message_may_have_a_reply_and_headers)
{
	CHECK(read_text("HMSG vox.x 7 to.me 29 31\r\n"
			"NATS/1.0\r\nA: b\r\nLong:\tc d\r\n\r\nhi\r\n") ==
	      TEXT_MESSAGE);
	CHECK_TEXT(piece.reply, "to.me");
	CHECK_TEXT(piece.data, "hi");
	CHECK_TEXT(text_header(piece.headers, piece.headers_size, "Long"),
		   "c d");
	CHECK_TEXT(text_header(piece.headers, piece.headers_size, "A"), "b");
	CHECK_TEXT(text_header(piece.headers, piece.headers_size, "A"), "b");
	CHECK(text_header(piece.headers, piece.headers_size, "B") == NULL);
	CHECK(text_header(piece.headers, piece.headers_size, "Lon") == NULL);
}

TEST(a_status_is_a_message_without_data)
{
	CHECK(read_text("HMSG in.a 1 30 30\r\n"
			"NATS/1.0 503 No Responders\r\n\r\n\r\n") ==
	      TEXT_MESSAGE);
	CHECK_INT(piece.status, 503);
	CHECK(read_text("HMSG in.a 1 16 18\r\nNATS/1.0 503\r\n\r\nhi\r\n") ==
	      TEXT_MESSAGE);
	CHECK_INT(piece.status, 0);
}

TEST(what_is_not_all_there_is_left_as_it_is)
{
	static const char text[] = "MSG vox.x 7 to.me 5\r\nhello\r\n";
	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		memcpy(bytes, text, sizeof(text));
		CHECK(text_read(bytes, size, MAX, &piece) == TEXT_NOTHING);
		CHECK(memcmp(bytes, text, sizeof(text)) == 0);
	}
	CHECK_INT(piece.wanted, sizeof(text) - 1);
}

TEST(short_lines_are_what_their_first_word_says)
{
	CHECK(read_text("PING\r\n") == TEXT_PING);
	CHECK(read_text("PONG\r\n") == TEXT_PONG);
	CHECK(read_text("+OK\r\n") == TEXT_OK);
	CHECK(read_text("INFO {\"max_payload\":9} \r\nPING\r\n") == TEXT_INFO);
	CHECK_TEXT(piece.line, "{\"max_payload\":9} ");
	CHECK(read_text("-ERR 'Stale Connection'\r\n") == TEXT_ERROR);
	CHECK_TEXT(piece.line, "'Stale Connection'");
}

TEST(what_is_not_nats_is_broken)
{
	static const char *const wrong[] = {
		"\r\n",
		"HTTP/1.1 400 Bad Request\r\n",
		"MSG\r\n",
		"MSG vox.x 7\r\n",
		"MSG vox.x seven 5\r\nhello\r\n",
		"MSG vox.x 7 -5\r\nhello\r\n",
		"MSG vox.x 7 1001\r\n",
		"MSG vox.x 7 99999999999999999999\r\n",
		"MSG vox.x 7 to.me too 5\r\nhello\r\n",
		"MSG vox.x 7 4\r\nhello\r\n",
		"HMSG vox.x 7 5\r\nhello\r\n",
		"HMSG vox.x 7 6 5\r\nhello\r\n",
		"MSG a b c d e f g h\r\n",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(read_text(wrong[i]) == TEXT_BROKEN);
}

TEST(a_word_has_no_space_and_no_control)
{
	CHECK(text_is_word("vox.fetcher.any.CA1"));
	CHECK(!text_is_word(""));
	CHECK(!text_is_word("a b"));
	CHECK(!text_is_word("a\r\nPUB"));
	CHECK(!text_is_word("a\x7f"));
}

TEST_MAIN()
