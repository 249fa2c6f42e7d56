/*
 * letters.c - webhooks that were given up, or wait; see letters.h.
 */
#include "tools/voxctl/letters.h"

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "tools/voxctl/voxctl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (4 << 20)
#define READ_MS 60000

struct reading {
	const struct letters_wish *wish;
	uint64_t last; /* sequence at which the stream ended */
	bool done, over;
};

/* A letter has room for 64 parameters and 32 attempts: not on the stack. */
static void hear(struct reading *reading, const char *json, size_t size,
		 uint64_t sequence)
{
	struct letter *letter = mem_new(1, sizeof(*letter));
	letter->sequence = sequence;
	if (letter_decode(reading->wish->waiting, json, size, letter)) {
		if (!reading->over &&
		    letter_matches(&reading->wish->filter, letter))
			reading->over = !reading->wish->arrived(
				reading->wish->owner, letter);
		letter_clear(letter);
	}
	free(letter);
	reading->done |= reading->over || sequence >= reading->last;
}

static void on_message(void *owner, const struct bus_message *message)
{
	hear(owner, message->data, message->size, message->sequence);
}

static void on_caught_up(void *owner)
{
	struct reading *reading = owner;
	reading->done = true;
}

static int follow(struct session *session, struct reading *reading)
{
	struct bus_follower *follower =
		bus_follow(session->bus, &(struct bus_follow){
						 .stream = "DEAD",
						 .filter = "dead.>",
						 .first = 1,
						 .arrived = on_message,
						 .caught_up = on_caught_up,
						 .owner = reading,
					 });
	bool done = session_wait(session, &reading->done, READ_MS);
	bus_unfollow(follower);
	if (!done)
		voxctl_say(session->command, "stream DEAD did not come within "
					     "60 s: is nats-server "
					     "overloaded?");
	return done ? VOXCTL_OK : VOXCTL_AWAY;
}

/* The sequence of the message at or behind 'from'; 0: there is none. */
static uint64_t fetch(struct session *session, struct reading *reading,
		      uint64_t from, struct buf *text)
{
	char question[96];
	struct json message, data, sequence;
	int64_t number = 0;
	str_format(question, sizeof(question),
		   "{\"seq\":%" PRIu64 ",\"next_by_subj\":\"hooks.>\"}", from);
	if (!session_ask(session, "$JS.API.STREAM.MSG.GET.HOOKS", question,
			 text))
		return 0;
	if (!json_get(json_of(buf_text(text), text->length), "message",
		      &message) ||
	    !json_get(message, "seq", &sequence) ||
	    !json_number(sequence, &number) ||
	    !json_get(message, "data", &data))
		return 0;
	char *coded = mem_new(1, data.size + 1);
	uint8_t *json = mem_new(1, data.size + 1);
	long length = json_text(data, coded, data.size + 1)
			      ? digest_unbase64(coded, json)
			      : -1;
	if (length > 0)
		hear(reading, (char *)json, (size_t)length, (uint64_t)number);
	free(coded);
	free(json);
	return (uint64_t)number;
}

static void fetch_all(struct session *session, struct reading *reading,
		      uint64_t first)
{
	struct buf text = BUF_INIT(ANSWER_MAX);
	while (!reading->done &&
	       (first = fetch(session, reading, first, &text)))
		first++;
	buf_free(&text);
}

static bool is_stream(struct session *session, const char *subject,
		      int64_t *first_out, int64_t *last_out)
{
	struct buf text = BUF_INIT(ANSWER_MAX);
	struct json state, value;
	bool good = session_ask(session, subject, "", &text);
	bool there = good &&
		     json_get(json_of(buf_text(&text), text.length), "state",
			      &state) &&
		     json_get(state, "first_seq", &value) &&
		     json_number(value, first_out) &&
		     json_get(state, "last_seq", &value) &&
		     json_number(value, last_out);
	if (good && !there)
		voxctl_say(session->command,
			   "there are no streams of voxbus on this nats-server "
			   "yet: type voxctl up");
	buf_free(&text);
	return there;
}

int letters_read(struct session *session, const struct letters_wish *wish)
{
	struct reading reading = {.wish = wish};
	int64_t first, last;
	if (!is_stream(session,
		       wish->waiting ? "$JS.API.STREAM.INFO.HOOKS"
				     : "$JS.API.STREAM.INFO.DEAD",
		       &first, &last))
		return VOXCTL_AWAY;
	if (!last || first > last) /* empty */
		return VOXCTL_OK;
	reading.last = (uint64_t)last;
	if (!wish->waiting)
		return follow(session, &reading);
	fetch_all(session, &reading, (uint64_t)first);
	return VOXCTL_OK;
}
