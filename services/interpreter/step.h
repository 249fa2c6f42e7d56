/*
 * step.h - a call as a pure function: step(call, event) -> call, commands.
 *
 * This is all that the interpreter's shell (owner, main) and voxctl's replay
 * need of the interpreter proper. There is no clock, random number, setting or
 * I/O behind it: time is the event's stream timestamp, ids are derived from the
 * root CallSid, settings arrive in the first event. The same events therefore
 * always give the same call and byte for byte the same commands.
 *
 * Contract: a call hears the events of its own subject in the stream's order.
 * Events that do not fit (repeats, late ones, unknown legs, stale timers) are
 * harmless and give no commands. Names of events and commands are those of
 * proto/. One call at a time is used by one thread; any thread may.
 */
#pragma once

#include "lib/base/id.h"
#include "proto/proto.h"

/* Behaviour's number: what 'incoming.logic' of a new call is set to. */
#define STEP_LOGIC 1
/* The longest life of a call; then voxbus ends it. */
#define STEP_CALL_MAX_MS (16200 * 1000LL)

/* One thing to say: a command, or an event of ours (noted, call_closed). */
struct command {
	const struct proto_message *desc;
	void *message;     /* its struct, owned by the list */
	char target[33];   /* instance of desc->to, or "any" */
	char id[ID_BYTES]; /* envelope's id: derived, the same at every replay
			    */
	bool asked;        /* an outcome follows: see call_awaits() */
};

/* What one step said, in the order in which it has to be published. */
#define COMMANDS_MAX 256
struct commands {
	struct command list[COMMANDS_MAX];
	uint32_t count;
};
/* Frees the messages; the list is empty again. A zeroed list is empty. */
void commands_clear(struct commands *commands);

struct call;

/* A call that has heard nothing yet. */
struct call *call_new(void);
struct call *call_free(struct call *call);

/* Whether a call can begin with this event; all others need a history. */
bool call_can_begin(const struct proto_message *desc);

/*
 * One event happened. 'event' is the struct of 'desc' and is borrowed, as is
 * 'envelope' (its 'from' tells which instance speaks, its account_sid is taken
 * from the first event). 'sequence' is the event's in the stream: one that is
 * not above the last one heard is a repeat. Appends to 'out', which the caller
 * clears. A call that has not begun and hears an event that cannot begin one
 * has lost its history: whatever the event shows to be alive is hung up
 * (ERR_HISTORY_LOST), and the call stays unbegun.
 */
void step(struct call *call, const struct envelope *envelope,
	  int64_t stream_time_ms, uint64_t sequence,
	  const struct proto_message *desc, const void *event,
	  struct commands *out);

/* --- what the shell asks of a call --- */
bool call_begun(const struct call *call);
/* Everything is gone and call_closed was said: the call can be freed. */
bool call_over(const struct call *call);
const char *call_sid(const struct call *call); /* root; "" before it began */
const char *call_account(const struct call *call); /* AccountSid; "" likewise */
int64_t call_first_time(const struct call *call);  /* of its first event, ms */
uint64_t call_first_sequence(const struct call *call);
uint64_t call_last_sequence(const struct call *call);

/*
 * The earliest timer of the call. False if there is none. When its time has
 * come, the shell publishes timer_fired with this name and due; a timer that
 * has been moved or stopped meanwhile ignores it. 'name_out' has
 * CALL_TIMER_BYTES.
 */
#define CALL_TIMER_BYTES 65
bool call_next_timer(const struct call *call, char *name_out,
		     int64_t *due_ms_out);

/*
 * Whether the call has something on that instance of sipgw or mediad, or waits
 * for any instance of that service: then a restart of it concerns the call.
 * 'seen_out' gets what the call knows of the instance's process; boot is "" and
 * hello 0 as long as it knows nothing.
 */
struct call_seen {
	char boot[ID_BYTES];
	int64_t hello;
};
bool call_uses(const struct call *call, const char *service,
	       const char *instance, struct call_seen *seen_out);

/*
 * Whether the call still waits for the outcome of the command with this id. One
 * that was asked and is awaited no more has been heard, or is not wanted.
 */
bool call_awaits(const struct call *call, const char *id);

/* For voxctl calls and logs: the root's status, and how many legs live. */
enum call_status call_root_status(const struct call *call);
unsigned call_live_legs(const struct call *call);
