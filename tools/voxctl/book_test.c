/*
 * book_test.c - what became of each call.
 */
#include "tools/voxctl/book.h"

#include "lib/base/str.h"
#include "lib/test/test.h"
#include "tools/voxctl/recording.h"

#include <stdlib.h>
#include <string.h>

static struct book *book;

static void sid(unsigned number, char *to)
{
	str_format(to, ID_BYTES, "CA%032x", number);
}

static void hear(unsigned call, int64_t ms, const struct proto_message *desc,
		 const void *message)
{
	struct envelope envelope = {.id = "ME1", .from = "x/y"};
	str_copy(envelope.type, sizeof(envelope.type), desc->name);
	sid(call, envelope.call_sid);
	char *json = proto_encode(desc, &envelope, message, NULL);
	struct recorded recorded = {
		.time_ms = ms, .message = json, .size = strlen(json)};
	book_hear(book, &recorded);
	free(json);
}

static void call_comes(unsigned number, int64_t ms)
{
	struct incoming incoming = {0};
	proto_sample(&incoming_message, &incoming);
	proto_set_long(&incoming.from_uri, "sip:al@h");
	hear(number, ms, &incoming_message, &incoming);
	proto_clear(&incoming_message, &incoming);
}

static void call_ends(unsigned number, int64_t ms)
{
	static struct call_closed closed;
	closed =
		(struct call_closed){.status = CALL_COMPLETED, .legs_count = 1};
	sid(number, closed.legs[0].leg);
	closed.legs[0].status = CALL_COMPLETED;
	closed.legs[0].answered = ms > 1500 ? ms - 1500 : 1;
	closed.legs[0].ended = ms;
	hear(number, ms, &call_closed_message, &closed);
}

TEST(a_call_is_listed_from_its_first_event_to_its_end)
{
	struct confirmed confirmed = {0};
	book = book_new(4);
	call_comes(1, 1000);
	CHECK_INT(book_count(book), 1);
	const struct book_call *call = book_call(book, 0);
	CHECK_TEXT(call->from, "al@h");
	CHECK_INT(call->status, CALL_RINGING);
	sid(1, confirmed.leg);
	hear(1, 1500, &confirmed_message, &confirmed);
	CHECK_INT(call->status, CALL_IN_PROGRESS);
	call_ends(1, 3000);
	CHECK_INT(call->status, CALL_COMPLETED);
	CHECK_INT(call->ended_ms - call->answered_ms, 1500);
	book = book_free(book);
}

TEST(only_the_latest_are_kept_and_the_latest_comes_first)
{
	char wanted[ID_BYTES];
	book = book_new(3);
	for (unsigned i = 1; i <= 8; i++)
		call_comes(i, i);
	call_ends(2, 9000); /* fell out already */
	CHECK_INT(book_count(book), 3);
	for (unsigned i = 0; i < 3; i++) {
		sid(8 - i, wanted);
		CHECK_TEXT(book_call(book, i)->call_sid, wanted);
		CHECK_INT(book_call(book, i)->status, CALL_RINGING);
	}
	book = book_free(book);
}

TEST(what_has_no_beginning_is_not_listed)
{
	book = book_new(3);
	call_ends(1, 1000);
	CHECK_INT(book_count(book), 0);
	book = book_free(book);
}

TEST(the_last_error_of_a_call_is_kept)
{
	struct noted noted = {.level = NOTE_ERROR, .code = 13243, .text = "x"};
	book = book_new(3);
	call_comes(1, 1);
	sid(1, noted.leg);
	hear(1, 2, &noted_message, &noted);
	noted.level = NOTE_WARNING;
	noted.code = 12200;
	hear(1, 3, &noted_message, &noted);
	CHECK_INT(book_call(book, 0)->error, 13243);
	book = book_free(book);
}

TEST_MAIN()
