/*
 * replay.c - a recorded call through this build's interpreter; see replay.h.
 */
#include "tools/voxctl/replay.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/step.h"
#include "tools/voxctl/diff.h"
#include "tools/voxctl/facts.h"
#include "tools/voxctl/recording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 4096

/* Something the interpreter said: then, or in this run. */
struct said {
	char *masked;
	char target[33];
	char type[32], id[40];
	unsigned event; /* number of the event that made it say so; 0: recorded
			 */
};

struct says {
	struct said *list;
	size_t count, room;
};

struct event {
	char type[32];
	char leg[ID_BYTES];
};

struct replay {
	struct call *call;
	struct says recorded, now;
	struct event *events;
	size_t event_count, event_room;
	struct envelope latest;    /* the latest event's: whose call it is */
	int64_t first_ms, last_ms; /* of that call's events */
	int64_t earlier_ms;        /* what the calls before it took */
	char broken[PROTO_ERROR_BYTES + 64]; /* an event that cannot be read */
};

static const char *const not_compared[] = {"time", "epoch", "from", NULL};

struct replay *replay_new(void)
{
	struct replay *replay = mem_new(1, sizeof(*replay));
	replay->call = call_new();
	return replay;
}

static void says_free(struct says *says)
{
	for (size_t i = 0; i < says->count; i++)
		free(says->list[i].masked);
	free(says->list);
}

struct replay *replay_free(struct replay *replay)
{
	if (replay) {
		call_free(replay->call);
		says_free(&replay->recorded);
		says_free(&replay->now);
		free(replay->events);
		free(replay);
	}
	return NULL;
}

int64_t replay_recorded_ms(const struct replay *replay)
{
	return replay->earlier_ms + replay->last_ms - replay->first_ms;
}

size_t replay_events(const struct replay *replay)
{
	return replay->event_count;
}

static struct said *says_add(struct says *says, char *masked, const char *type,
			     const char *id, const char *target)
{
	if (says->count == says->room) {
		says->room = says->room ? says->room * 2 : 64;
		says->list = mem_grow(says->list,
				      says->room * sizeof(says->list[0]));
	}
	struct said *said = &says->list[says->count++];
	*said = (struct said){.masked = masked};
	str_copy(said->type, sizeof(said->type), type);
	str_copy(said->id, sizeof(said->id), id);
	str_copy(said->target, sizeof(said->target), target);
	return said;
}

/* --- this run --- */

static void add_command(struct replay *replay, const struct envelope *event,
			const struct command *command)
{
	struct envelope envelope = {.time = event->time};
	char error[PROTO_ERROR_BYTES] = "";
	str_copy(envelope.type, sizeof(envelope.type), command->desc->name);
	str_copy(envelope.id, sizeof(envelope.id), command->id);
	str_copy(envelope.call_sid, sizeof(envelope.call_sid), event->call_sid);
	str_copy(envelope.account_sid, sizeof(envelope.account_sid),
		 call_account(replay->call));
	str_copy(envelope.from, sizeof(envelope.from), "interpreter/replay");
	char *json =
		proto_encode(command->desc, &envelope, command->message, error);
	char *masked = json ? proto_masked(json, strlen(json)) : NULL;
	free(json);
	if (!masked) {
		str_format(replay->broken, sizeof(replay->broken),
			   "this run says what breaks its own table: %s",
			   error);
		return;
	}
	says_add(&replay->now, masked, command->desc->name, command->id,
		 command->target)
		->event = (unsigned)replay->event_count;
}

/* Calls whose files were joined follow each other in any order. */
static void begin_call(struct replay *replay, int64_t time_ms)
{
	replay->earlier_ms = replay_recorded_ms(replay);
	replay->first_ms = replay->last_ms = time_ms;
	call_free(replay->call);
	replay->call = call_new();
}

static void note_time(struct replay *replay, int64_t time_ms)
{
	if (time_ms < replay->first_ms)
		replay->first_ms = time_ms;
	if (time_ms > replay->last_ms)
		replay->last_ms = time_ms;
}

static void note_event(struct replay *replay, const struct recorded *recorded,
		       const char *type)
{
	struct json leg;
	if (replay->event_count == replay->event_room) {
		replay->event_room =
			replay->event_room ? replay->event_room * 2 : 64;
		replay->events =
			mem_grow(replay->events,
				 replay->event_room * sizeof(struct event));
	}
	struct event *event = &replay->events[replay->event_count++];
	*event = (struct event){"", ""};
	str_copy(event->type, sizeof(event->type), type);
	if (json_get(json_of(recorded->message, recorded->size), "leg", &leg))
		json_text(leg, event->leg, sizeof(event->leg));
	note_time(replay, recorded->time_ms);
}

static void hear_event(struct replay *replay, const struct recorded *recorded,
		       const struct envelope *peeked)
{
	const struct proto_message *desc = proto_find(peeked->type);
	struct envelope envelope;
	struct commands commands = {0};
	char error[PROTO_ERROR_BYTES];
	if (!str_equal(replay->latest.call_sid, peeked->call_sid))
		begin_call(replay, recorded->time_ms);
	replay->latest = *peeked;
	note_event(replay, recorded, peeked->type);
	if (!desc)
		return; /* counted and skipped, as the interpreter does */
	if (call_over(replay->call)) { /* it has forgotten the call by now */
		call_free(replay->call);
		replay->call = call_new();
	}
	void *event = proto_new(desc);
	if (proto_decode(desc, recorded->message, recorded->size, &envelope,
			 event, error))
		step(replay->call, &envelope, recorded->time_ms,
		     recorded->sequence, desc, event, &commands);
	else
		str_format(replay->broken, sizeof(replay->broken),
			   "event %zu (%s) is malformed: %s",
			   replay->event_count, peeked->type, error);
	for (uint32_t i = 0; i < commands.count; i++)
		add_command(replay, &envelope, &commands.list[i]);
	commands_clear(&commands);
	proto_free(desc, event);
}

/* --- the record --- */

/* "vox.<service>.<target>.<call>": true with both tokens. */
static bool split_subject(const char *subject, char *service, size_t size,
			  char *target, size_t target_size)
{
	const char *first = strchr(subject, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	const char *third = second ? strchr(second + 1, '.') : NULL;
	return third &&
	       str_copy_bytes(service, size, first + 1,
			      (size_t)(second - first) - 1) &&
	       str_copy_bytes(target, target_size, second + 1,
			      (size_t)(third - second) - 1);
}

/* Said again long after a takeover: the record keeps both, and the first
 * counts.
 */
static bool is_repeat(const struct says *says, const char *id)
{
	for (size_t i = says->count; i--;)
		if (strcmp(says->list[i].id, id) == 0)
			return true;
	return false;
}

void replay_hear(struct replay *replay, const struct recorded *recorded)
{
	struct envelope envelope;
	char service[32], target[33], error[PROTO_ERROR_BYTES];
	if (!split_subject(recorded->subject, service, sizeof(service), target,
			   sizeof(target)) ||
	    !proto_peek(recorded->message, recorded->size, &envelope, error)) {
		str_format(replay->broken, sizeof(replay->broken),
			   "message %" PRIu64 " is malformed",
			   recorded->sequence);
		return;
	}
	if (strcmp(service, "interpreter") == 0) {
		hear_event(replay, recorded, &envelope);
		return;
	}
	if (!str_starts(envelope.from, "interpreter/"))
		return; /* callbackd's reports are nobody's event */
	if (is_repeat(&replay->recorded, envelope.id))
		return;
	char *masked = proto_masked(recorded->message, recorded->size);
	if (masked)
		says_add(&replay->recorded, masked, envelope.type, envelope.id,
			 target)
			->event = (unsigned)replay->event_count;
}

/* --- the judgement --- */

/* The earlier of both: what this run leaves out belongs to an event before. */
static size_t event_of(const struct replay *replay, size_t number)
{
	size_t event = replay->event_count;
	if (number < replay->now.count)
		event = replay->now.list[number].event;
	if (number < replay->recorded.count &&
	    replay->recorded.list[number].event < event)
		event = replay->recorded.list[number].event;
	return event;
}

static void add_where(const struct replay *replay, size_t number,
		      struct buf *to)
{
	size_t event = event_of(replay, number);
	buf_addf(to, "DIFFERENT at event %zu", event);
	if (event && event <= replay->event_count) {
		const struct event *at = &replay->events[event - 1];
		buf_addf(to, " (%s%s%s)", at->type, at->leg[0] ? ", leg " : "",
			 at->leg);
	}
	buf_addf(to, ", command %zu\n", number + 1);
}

/* What it says, for people. */
static void add_words(struct buf *to, const struct said *said)
{
	const struct proto_message *desc = proto_find(said->type);
	struct facts_legs legs = {.count = 0};
	struct envelope envelope;
	char error[PROTO_ERROR_BYTES];
	if (!desc)
		return;
	void *message = proto_new(desc);
	struct buf words = BUF_INIT(WORDS_MAX);
	if (proto_decode(desc, said->masked, strlen(said->masked), &envelope,
			 message, error))
		facts_add(&legs, desc, message, &words);
	buf_add_text(to, ": ");
	buf_add_json(to, buf_text(&words));
	buf_free(&words);
	proto_free(desc, message);
}

static void add_said(struct buf *to, const char *when, const struct says *says,
		     size_t number)
{
	if (number >= says->count) {
		buf_addf(to, "  %s: nothing more\n", when);
		return;
	}
	const struct said *said = &says->list[number];
	buf_addf(to, "  %s: %s %s to %s", when, said->type, said->id,
		 said->target);
	add_words(to, said);
	buf_add_text(to, "\n");
}

static void add_field(struct buf *to, const char *type, const struct diff *diff)
{
	buf_addf(to, "  %s, field %s\n  recorded: %s\n  this run: %s\n", type,
		 diff->path, diff->recorded, diff->now);
}

/* True: both said the same there. */
static bool same_at(const struct replay *replay, size_t number, struct buf *to)
{
	const struct says *recorded = &replay->recorded, *now = &replay->now;
	struct diff diff;
	if (number >= recorded->count || number >= now->count ||
	    strcmp(recorded->list[number].id, now->list[number].id) != 0 ||
	    strcmp(recorded->list[number].type, now->list[number].type) != 0 ||
	    strcmp(recorded->list[number].target, now->list[number].target)) {
		add_where(replay, number, to);
		add_said(to, "recorded", recorded, number);
		add_said(to, "this run", now, number);
		return false;
	}
	const char *left = recorded->list[number].masked;
	const char *right = now->list[number].masked;
	if (!diff_find(json_of(left, strlen(left)),
		       json_of(right, strlen(right)), not_compared, &diff))
		return true;
	add_where(replay, number, to);
	add_field(to, now->list[number].type, &diff);
	return false;
}

bool replay_judge(const struct replay *replay, struct buf *to)
{
	size_t most = replay->recorded.count > replay->now.count
			      ? replay->recorded.count
			      : replay->now.count;
	if (replay->broken[0]) {
		buf_addf(to, "DIFFERENT: %s\n", replay->broken);
		return false;
	}
	for (size_t i = 0; i < most; i++)
		if (!same_at(replay, i, to))
			return false;
	buf_addf(to, "%zu/%zu commands identical", replay->now.count,
		 replay->recorded.count);
	return true;
}
