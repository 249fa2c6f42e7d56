/*
 * reader.c - one call's messages from the record; see reader.h.
 */
#include "tools/voxctl/reader.h"

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "proto/proto.h"
#include "tools/voxctl/recording.h"
#include "tools/voxctl/session.h"
#include "tools/voxctl/voxctl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (64 * 1024 * 1024)
#define HISTORY_MS 30000
#define COMPLETE_MS 3000
#define SUBJECTS_MAX 64    /* of one call */
#define LEG_STRETCH 300000 /* messages searched for a leg's CallSid */
#define LAST_SUBJECT "vox.interpreter.>"
#define SIP_SUBJECT "vox.sipgw.>"

/* --- which call --- */

static int no_such_call(const struct session *session, const char *name)
{
	voxctl_say(session->command,
		   "there is no call %s on record: voxctl calls lists the "
		   "latest",
		   name);
	return VOXCTL_NO;
}

/* The last token of "vox.interpreter.3.CA…". */
static bool sid_of(const char *subject, char *call_sid_out)
{
	const char *dot = strrchr(subject, '.');
	return dot && str_copy(call_sid_out, ID_BYTES, dot + 1) &&
	       id_is("CA", call_sid_out);
}

/* The latest message that matches. Returns an exit status; VOXCTL_NO: none. */
static int last_message(struct session *session, const char *filter,
			char *subject_out, int64_t *sequence_out)
{
	struct buf text = BUF_INIT(ANSWER_MAX), question = BUF_INIT(1024);
	struct json whole, message, value;
	buf_addf(&question, "{\"last_by_subj\":\"%s\"}", filter);
	bool asked = session_ask(session, "$JS.API.STREAM.MSG.GET.VOX",
				 buf_text(&question), &text);
	whole = json_of(buf_text(&text), text.length);
	bool found = asked && json_get(whole, "message", &message) &&
		     json_get(message, "subject", &value) &&
		     json_text(value, subject_out, PROTO_SUBJECT_BYTES) &&
		     json_get(message, "seq", &value) &&
		     json_number(value, sequence_out);
	buf_free(&text);
	buf_free(&question);
	if (!asked)
		return VOXCTL_AWAY;
	return found ? VOXCTL_OK : VOXCTL_NO;
}

static int find_last(struct session *session, char *call_sid_out)
{
	char subject[PROTO_SUBJECT_BYTES];
	int64_t sequence;
	int status = last_message(session, LAST_SUBJECT, subject, &sequence);
	if (!status && !sid_of(subject, call_sid_out))
		status = VOXCTL_NO;
	if (status == VOXCTL_NO)
		voxctl_say(session->command, "there is no call on record yet");
	return status;
}

struct search {
	const char *prefix;
	char found[ID_BYTES], other[ID_BYTES];
	int64_t seen;
};

static void search_page(struct search *search, struct json subjects)
{
	struct json key, value;
	char subject[PROTO_SUBJECT_BYTES], sid[ID_BYTES];
	for (size_t at = 0; json_next(subjects, &at, &key, &value);) {
		search->seen++;
		if (!json_text(key, subject, sizeof(subject)) ||
		    !sid_of(subject, sid) || !str_starts(sid, search->prefix))
			continue;
		if (search->found[0] && strcmp(search->found, sid) != 0)
			str_copy(search->other, ID_BYTES, sid);
		str_copy(search->found, ID_BYTES, sid);
	}
}

/* Each call has one subject of the interpreter's: their names are searched. */
static int find_prefix(struct session *session, const char *prefix,
		       char *call_sid_out)
{
	struct buf text = BUF_INIT(ANSWER_MAX);
	struct session_record record = {.text = &text};
	struct search search = {.prefix = prefix};
	int64_t before = -1;
	int status = VOXCTL_OK;
	while (!status && search.seen > before && !search.other[0]) {
		before = search.seen;
		if (!session_record(session, "vox.interpreter.*.*", search.seen,
				    &record))
			status = VOXCTL_AWAY;
		else
			search_page(&search, record.subjects);
		if (search.seen >= record.total)
			break;
	}
	buf_free(&text);
	if (status)
		return status;
	if (!search.found[0])
		return no_such_call(session, prefix);
	if (search.other[0]) {
		voxctl_say(session->command,
			   "several calls begin with %s, such as %s and %s: "
			   "type more of it",
			   prefix, search.found, search.other);
		return VOXCTL_USAGE;
	}
	str_copy(call_sid_out, ID_BYTES, search.found);
	return VOXCTL_OK;
}

struct leg_search {
	const char *leg;
	uint64_t last; /* message that matches */
	char root[ID_BYTES];
	bool done;
};

static void on_sip_message(void *owner, const struct bus_message *message)
{
	struct leg_search *search = owner;
	if (strstr(message->data, search->leg))
		sid_of(message->subject, search->root);
	search->done |= message->sequence >= search->last;
}

/* A leg's own CallSid is not in any subject: what was said about SIP lately
 * names it. */
static int find_root_of_leg(struct session *session, const char *leg,
			    char *call_sid_out)
{
	struct leg_search search = {.leg = leg};
	char subject[PROTO_SUBJECT_BYTES];
	int64_t last;
	int status = last_message(session, SIP_SUBJECT, subject, &last);
	if (status == VOXCTL_NO)
		return no_such_call(session, leg);
	if (status)
		return status;
	search.last = (uint64_t)last;
	int64_t first = last > LEG_STRETCH ? last - LEG_STRETCH : 1;
	struct bus_follower *follower = bus_follow(
		session->bus, &(struct bus_follow){.stream = "VOX",
						   .filter = SIP_SUBJECT,
						   .first = (uint64_t)first,
						   .arrived = on_sip_message,
						   .owner = &search});
	session_wait(session, &search.done, HISTORY_MS);
	bus_unfollow(follower);
	if (!search.root[0])
		return no_such_call(session, leg);
	voxctl_say(session->command, "%s is a leg of %s", leg, search.root);
	str_copy(call_sid_out, ID_BYTES, search.root);
	return VOXCTL_OK;
}

static int find_exact(struct session *session, const char *name,
		      char *call_sid_out)
{
	struct buf text = BUF_INIT(ANSWER_MAX);
	struct session_record record = {.text = &text};
	char filter[PROTO_SUBJECT_BYTES];
	proto_subject("*", "*", name, filter);
	bool asked = session_record(session, filter, 0, &record);
	buf_free(&text);
	if (!asked)
		return VOXCTL_AWAY;
	if (!record.total)
		return find_root_of_leg(session, name, call_sid_out);
	str_copy(call_sid_out, ID_BYTES, name);
	return VOXCTL_OK;
}

int reader_find(struct session *session, const char *name, char *call_sid_out)
{
	if (strcmp(name, "last") == 0)
		return find_last(session, call_sid_out);
	if (id_is("CA", name))
		return find_exact(session, name, call_sid_out);
	if (!str_starts(name, "CA") || strlen(name) < READER_PREFIX_MIN ||
	    strlen(name) >= ID_BYTES ||
	    strspn(name + 2, "0123456789abcdef") != strlen(name) - 2)
		return voxctl_usage(session->command,
				    "\"%s\" is no CallSid: it is CA and 32 "
				    "hex digits (or a beginning of at least "
				    "%d characters, or: last)",
				    name, READER_PREFIX_MIN);
	return find_prefix(session, name, call_sid_out);
}

/* --- what happened so far --- */

struct kept {
	struct recorded recorded;
	char *bytes;
};

struct reader {
	struct session *session;
	const struct reader_wish *wish;
	uint64_t last; /* sequence up to which it is history */
	struct kept *kept;
	size_t count, room;
	unsigned waiting; /* followers not yet caught up */
	int64_t expected; /* messages that are not here yet */
	bool complete, caught_up, too_many;
	/* when to stop following */
	struct map *posts; /* hooks that are not settled */
	bool closed, over;
};

static void record_of(const struct bus_message *message,
		      struct recorded *recorded_out)
{
	*recorded_out = (struct recorded){.sequence = message->sequence,
					  .time_ms = message->time_ms,
					  .message = message->data,
					  .size = message->size};
	str_copy(recorded_out->subject, sizeof(recorded_out->subject),
		 message->subject);
}

static void on_history(void *owner, const struct bus_message *message)
{
	struct reader *reader = owner;
	if (message->sequence > reader->last)
		return;
	if (--reader->expected == 0)
		reader->complete = true;
	if (reader->count == READER_MESSAGES_MAX) {
		reader->too_many = true;
		return;
	}
	if (reader->count == reader->room) {
		reader->room = reader->room ? reader->room * 2 : 64;
		reader->kept = mem_grow(reader->kept,
					reader->room * sizeof(struct kept));
	}
	struct kept *kept = &reader->kept[reader->count++];
	record_of(message, &kept->recorded);
	kept->bytes = mem_copy_bytes(message->data, message->size);
	kept->recorded.message = kept->bytes;
}

static void on_caught_up(void *owner)
{
	struct reader *reader = owner;
	if (--reader->waiting == 0)
		reader->caught_up = true;
}

static int by_sequence(const void *a, const void *b)
{
	const struct kept *left = a, *right = b;
	return left->recorded.sequence < right->recorded.sequence
		       ? -1
		       : left->recorded.sequence > right->recorded.sequence;
}

static void follow_subjects(struct reader *reader, struct json subjects,
			    struct bus_follower **followers, unsigned *count)
{
	struct json key, value;
	char subject[PROTO_SUBJECT_BYTES];
	for (size_t at = 0;
	     *count < SUBJECTS_MAX && json_next(subjects, &at, &key, &value);) {
		if (!json_text(key, subject, sizeof(subject)))
			continue;
		int64_t messages = 0;
		json_number(value, &messages);
		reader->expected += messages;
		reader->waiting++;
		followers[(*count)++] = bus_follow(
			reader->session->bus,
			&(struct bus_follow){.stream = "VOX",
					     .filter = subject,
					     .first = 1,
					     .arrived = on_history,
					     .caught_up = on_caught_up,
					     .owner = reader});
	}
}

static int read_history(struct reader *reader, struct json subjects)
{
	struct bus_follower *followers[SUBJECTS_MAX];
	unsigned count = 0;
	follow_subjects(reader, subjects, followers, &count);
	if (!count)
		return no_such_call(reader->session, reader->wish->call_sid);
	/*
	 * The server told how many there are; what expired since never comes,
	 * so after a while having caught up is enough.
	 */
	bool done =
		session_wait(reader->session, &reader->complete, COMPLETE_MS) ||
		session_wait(reader->session, &reader->caught_up, HISTORY_MS);
	while (count)
		bus_unfollow(followers[--count]);
	if (!done || reader->too_many) {
		voxctl_say(reader->session->command,
			   done ? "the call has more messages than can be "
				  "shown"
				: "the record did not come within 30 s: is "
				  "nats-server overloaded?");
		return VOXCTL_AWAY;
	}
	qsort(reader->kept, reader->count, sizeof(struct kept), by_sequence);
	return VOXCTL_OK;
}

/* --- when a call that is followed is over --- */

static void watch_posts(struct reader *reader, const char *type,
			const struct recorded *recorded)
{
	static int pending;
	struct post post;
	struct posted posted;
	char error[PROTO_ERROR_BYTES];
	struct envelope envelope;
	if (strcmp(type, "post") == 0 &&
	    proto_decode(&post_message, recorded->message, recorded->size,
			 &envelope, &post, error)) {
		map_put(reader->posts, post.hook, &pending);
		proto_clear(&post_message, &post);
	}
	if (strcmp(type, "posted") == 0 &&
	    proto_decode(&posted_message, recorded->message, recorded->size,
			 &envelope, &posted, error)) {
		if (posted.delivered || posted.given_up)
			map_remove(reader->posts, posted.hook);
		proto_clear(&posted_message, &posted);
	}
}

static void hand_over(struct reader *reader, const struct recorded *recorded)
{
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	reader->wish->arrived(reader->wish->owner, recorded);
	if (!reader->wish->follow ||
	    !proto_peek(recorded->message, recorded->size, &envelope, error))
		return;
	watch_posts(reader, envelope.type, recorded);
	reader->closed |= strcmp(envelope.type, "call_closed") == 0;
	reader->over = reader->closed && map_count(reader->posts) == 0;
}

static void on_live(void *owner, const struct bus_message *message)
{
	struct reader *reader = owner;
	struct recorded recorded;
	record_of(message, &recorded);
	if (!reader->over)
		hand_over(reader, &recorded);
}

static void follow_on(struct reader *reader)
{
	char filter[PROTO_SUBJECT_BYTES];
	proto_subject("*", "*", reader->wish->call_sid, filter);
	struct bus_follower *follower =
		bus_follow(reader->session->bus,
			   &(struct bus_follow){.stream = "VOX",
						.filter = filter,
						.first = reader->last + 1,
						.arrived = on_live,
						.owner = reader});
	session_wait(reader->session, &reader->over, -1);
	bus_unfollow(follower);
}

int reader_read(struct session *session, const struct reader_wish *wish)
{
	struct reader reader = {
		.session = session, .wish = wish, .posts = map_new()};
	struct buf text = BUF_INIT(ANSWER_MAX);
	struct session_record record = {.text = &text};
	char filter[PROTO_SUBJECT_BYTES];
	int status = VOXCTL_AWAY;
	proto_subject("*", "*", wish->call_sid, filter);
	if (session_record(session, filter, 0, &record)) {
		reader.last = (uint64_t)record.last;
		status = read_history(&reader, record.subjects);
	}
	for (size_t i = 0; i < reader.count; i++) {
		if (!status)
			hand_over(&reader, &reader.kept[i].recorded);
		free(reader.kept[i].bytes);
	}
	if (!status && wish->follow && !reader.over)
		follow_on(&reader);
	free(reader.kept);
	map_free(reader.posts);
	buf_free(&text);
	return status;
}
