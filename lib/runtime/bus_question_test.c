/*
 * bus_question_test.c - questions with headers, to whoever listens or not.
 */
#include "lib/runtime/bus_question.h"

#include "lib/runtime/bus_test.h"

static unsigned replies;
static int reply_error;
static char reply_text[64], reply_type[64];

static void on_reply(void *owner, int error, const char *data, size_t size,
		     const struct bus_reply *reply)
{
	const char *type =
		reply ? bus_reply_header(reply, "Content-Type") : NULL;
	(void)owner, (void)size;
	replies++;
	reply_error = error;
	str_copy(reply_text, sizeof(reply_text), data);
	str_copy(reply_type, sizeof(reply_type), type ? type : "");
}

static bool replied(void)
{
	return replies > 0;
}

/* Who answers with what was asked, in capital letters or not at all. */
static void on_question(void *owner, const struct bus_message *message)
{
	(void)owner;
	if (strcmp(message->data, "silence") != 0)
		bus_say(bus, message->reply, message->data, message->size);
}

static const char *call_sid = "CA1";

static int ask(const char *subject, const char *text, int64_t timeout_ms)
{
	const struct bus_header headers[] = {{"CallSid", call_sid}, {0}};
	replies = 0;
	bus_question(bus, &(struct bus_question){.subject = subject,
						 .headers = headers,
						 .data = text,
						 .size = strlen(text),
						 .timeout_ms = timeout_ms,
						 .answered = on_reply});
	CHECK_INT(replies, 0);
	CHECK(until(replied, 5000));
	return reply_error;
}

TEST(a_question_ends_with_a_reply_or_with_why_there_is_none)
{
	begin();
	bus_listen(bus, "app.echo", NULL, on_question, NULL);
	CHECK_INT(ask("app.echo", "hello", 3000), 0);
	CHECK_TEXT(reply_text, "hello");
	CHECK_TEXT(reply_type, "");
	CHECK_INT(ask("app.nobody", "hello", 3000), -ENOENT);
	CHECK_INT(ask("app.echo", "silence", 50), -ETIMEDOUT);
	CHECK_INT(ask("app.echo", "again", 3000), 0);
	end();
}

TEST(a_header_may_be_long_but_is_one_line)
{
	static char text[5000];
	memset(text, 'x', sizeof(text) - 1);
	begin();
	bus_listen(bus, "app.echo", NULL, on_question, NULL);
	call_sid = text;
	CHECK_INT(ask("app.echo", "hello", 3000), 0);
	CHECK_TEXT(reply_text, "hello");
	call_sid = "CA1\r\nX: y";
	CHECK_INT(ask("app.echo", "hello", 3000), -EINVAL);
	call_sid = "CA1";
	CHECK_INT(ask("app echo", "hello", 3000), -EINVAL);
	end();
}

TEST(a_cancelled_question_is_not_answered)
{
	begin();
	const struct bus_header none[] = {{0}};
	bus_listen(bus, "app.echo", NULL, on_question, NULL);
	replies = 0;
	bus_question_cancel(bus_question(
		bus, &(struct bus_question){.subject = "app.echo",
					    .headers = none,
					    .data = "x",
					    .size = 1,
					    .timeout_ms = 1000,
					    .answered = on_reply}));
	CHECK(!until(replied, 100));
	end();
}

TEST_MAIN()
