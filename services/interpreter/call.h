/*
 * call.h - a call from inside: a tree of legs, each of which may run a
 * document.
 *
 * Shared by the files of the pure interpreter only; the shell sees step.h. What
 * a finished leg no longer needs is freed at once: a call that is up holds a
 * few kilobytes.
 */
#pragma once

#include "lib/base/list.h"
#include "services/interpreter/dialect.h"
#include "services/interpreter/document.h"
#include "services/interpreter/step.h"
#include "services/interpreter/target.h"
#include "services/interpreter/verbs.h"

#define CALL_LEGS_MAX 64           /* in all: what call_closed can tell */
#define CALL_DOCUMENTS_MAX 100     /* fetched by one runner */
#define CALL_BARE_DOCUMENTS_MAX 10 /* in a row without a verb that waits */

/* Guards: a command's deadline and a margin. */
#define GUARD_FETCH_MS 70000
#define GUARD_MEDIA_MS 35000
#define GUARD_ANSWER_MS 45000
#define GUARD_END_MS 40000

enum leg_state {
#define LEG_STATE(constant, word, next, doc) constant,
#include "services/interpreter/leg_states.def"
#undef LEG_STATE
	LEG_STATES
};

enum timer_kind {
#define TIMER(constant, name, doc) constant,
#include "services/interpreter/timers.def"
#undef TIMER
	TIMER_KINDS
};

enum media_state {
	MEDIA_NONE,
	MEDIA_OPENING,
	MEDIA_LOST, /* given up; it may yet be opened, to be closed then */
	MEDIA_OPEN,
	MEDIA_CLOSING
};

/* A status callback's address, and how many were sent. */
struct hooks {
	char *url;
	enum http_method method;
	unsigned events; /* mask of enum hook_event */
	unsigned sent;
};

/* What an outbound leg will be dialled with; freed when it is. */
struct plan {
	struct target target;
	char from_user[256];
	char from_name[129];
	char codecs[VERBS_CODECS_BYTES];
	char *username, *password;
	int64_t ring_ms;
};

enum run_state {
	RUN_FETCHING, /* a document is awaited */
	RUN_WAITING,  /* a verb waits: Dial or Pause */
	RUN_OVER
};

struct runner {
	enum run_state state;
	struct document *document; /* that runs; NULL before the first */
	uint32_t verb;        /* its element that runs; NODE_NONE: none yet */
	char *url;            /* where it came from, or is asked from */
	char fetch[ID_BYTES]; /* awaited */
	unsigned documents;   /* asked for so far */
	unsigned bare;        /* of them in a row without a verb that waited */
	bool answer_ignored;  /* nobody is left to run the answer */
	struct leg *callee;   /* of the Dial that waits */
};

struct leg {
	struct leg *next;
	struct leg *parent; /* NULL: the root */
	unsigned number;    /* 0: the root */
	char sid[ID_BYTES];
	bool inbound;
	enum leg_state state;
	enum media_state media;
	enum call_status status;    /* now; terminal once it is gone */
	enum call_status ending_as; /* what our own end of it means */
	enum leg_end by;
	enum tone_kind tone; /* it hears */
	bool bridged;
	int sip_status; /* last of its INVITE */
	int error;
	char *from, *to; /* as the application is told */
	char *sip_call_id;
	char *phrase;
	char *local_sdp, *remote_sdp;
	struct header
		*headers; /* of the INVITE, or of the final answer to it */
	uint32_t header_count;
	int64_t started, answered, ended;
	int64_t timers[TIMER_KINDS]; /* 0: off */
	struct hooks *hooks;
	struct plan *plan;
	struct runner *runner;
};

/* A command without outcome: kept to be sent again. */
struct pending {
	struct list link;
	const struct proto_message *desc;
	void *message;
	char target[33];
	unsigned leg;    /* its number */
	uint64_t number; /* of call.said: when it was last asked */
};

struct call {
	char sid[ID_BYTES];
	char account[65];
	char gateway[33], mediad[33];
	struct call_seen gateway_seen, mediad_seen;
	const struct dialect *dialect;
	bool strict; /* documents that would have to be mended are refused */
	struct leg *root;
	unsigned leg_count;
	struct list pendings;
	uint64_t said, fetches; /* counters that ids are derived from */
	int64_t first_time;
	uint64_t first_sequence, last_sequence;
	char *caller_user, *caller_name; /* of the caller's From */
	char *source_ip, *to_host;
	int error; /* that ended it */
	bool closed;
	/* of the step that runs */
	uint64_t said_before;
	int64_t now;
	const struct envelope *envelope;
	struct commands *out;
};

/* --- call.c --- */
struct leg *call_leg(struct call *call, const char *sid); /* or NULL */
/* A leg at the end of the list; NULL if there are CALL_LEGS_MAX. */
struct leg *call_add_leg(struct call *call, struct leg *parent,
			 const char *sid);
void leg_timer_set(struct call *call, struct leg *leg, enum timer_kind kind,
		   int64_t after_ms);
void leg_timer_stop(struct leg *leg, enum timer_kind kind);
/* The leg and kind of a timer by its name on the bus; NULL: no such one. */
struct leg *call_timer_leg(struct call *call, const char *name,
			   enum timer_kind *kind_out);
void runner_free(struct leg *leg);
void plan_free(struct leg *leg);

/* --- say.c --- */
/* Takes 'message'. Nothing is expected to follow. */
void say(struct call *call, const struct proto_message *desc, void *message,
	 const char *target);
/* Takes 'message', and keeps a copy until settle(). */
void ask(struct call *call, const struct leg *leg,
	 const struct proto_message *desc, void *message, const char *target);
/* The command has its outcome, or is no longer wanted. */
void settle(struct call *call, const struct leg *leg,
	    const struct proto_message *desc);
bool is_pending(const struct call *call, const struct leg *leg,
		const struct proto_message *desc);
void ask_again(struct call *call, const char *service, const char *instance);
void pendings_free(struct call *call);
void note(struct call *call, const struct leg *leg, enum note_level level,
	  int code, const char *url, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
void note_findings(struct call *call, const struct leg *leg,
		   const struct findings *findings, const char *url);

/* --- leg.c: what is done to a leg --- */
void leg_answer(struct call *call, struct leg *leg);
void leg_reject(struct call *call, struct leg *leg, int status,
		enum call_status means);
void leg_dial(struct call *call, struct leg *leg);
/*
 * Ends it, whatever it is doing: 480, CANCEL or BYE, and 'means' becomes its
 * status. A leg that is not dialled yet is gone at once; whoever waits for it
 * is not told.
 */
void leg_end(struct call *call, struct leg *leg, enum call_status means);
/* 'hangup' for a leg that answered although it was being cancelled. */
void leg_bye(struct call *call, struct leg *leg);
void leg_gone(struct call *call, struct leg *leg, enum call_status status);
void leg_enter(struct leg *leg, enum leg_state state);
void leg_ring(struct leg *leg);
void leg_up(struct call *call, struct leg *leg);
void leg_keep_headers(struct leg *leg, const struct header *headers,
		      uint32_t count);
void leg_drop_headers(struct leg *leg);
int64_t leg_seconds(const struct leg *leg); /* talked; 0: never answered */

/* --- media.c --- */
/* Ports and SDPs for a callee that can be dialled, and for the caller if it
 * has none yet. */
void media_open(struct call *call, struct leg *caller, struct leg *callee);
void media_bridge(struct call *call, struct leg *caller, struct leg *callee);
void media_tone(struct call *call, struct leg *leg, enum tone_kind kind);
/* Closes the media of one leg, or (NULL) of all, in one message. */
void media_close(struct call *call, struct leg *only);
void media_restore(struct call *call);
void media_timer(struct call *call, struct leg *leg);
void on_leg_opened(struct call *call, const void *event);
void on_bridged(struct call *call, const void *event);
void on_tone_changed(struct call *call, const void *event);
void on_leg_closed(struct call *call, const void *event);

/* --- hooks.c --- */
void hook_fire(struct call *call, struct leg *leg, enum hook_event event);

/* --- params.c --- */
struct dialled {               /* a Dial that is over */
	const struct leg *leg; /* NULL: nothing could be dialled */
};
/* 'after' is NULL when the document does not follow a Dial. */
void params_of_document(struct call *call, struct leg *leg,
			const struct dialled *after, struct get *get);
void params_of_hook(struct call *call, struct leg *leg, enum hook_event event,
		    struct post *post);

/* --- runner.c --- */
/* Asks for the first document of a leg. */
void runner_start(struct call *call, struct leg *leg, const char *url,
		  enum http_method method);
/* Asks for the next one; the document that runs is forgotten. */
void runner_fetch(struct call *call, struct leg *leg, const char *url,
		  enum http_method method, const struct dialled *after);
/* A verb follows the one that runs. */
bool runner_has_more(const struct leg *leg);
/* The document's next verb, or its end. */
void runner_next(struct call *call, struct leg *leg);
/* The leg's document cannot go on: the call ends with this error. */
void runner_fail(struct call *call, struct leg *leg, int error,
		 int http_status);
void runner_leg_gone(struct call *call, struct leg *leg);
void runner_timer(struct call *call, struct leg *leg);
void on_fetched(struct call *call, const void *event);

/* --- verb_*.c --- */
enum verb_result {
	VERB_DONE,  /* the next one may run */
	VERB_WAITS, /* for an event */
	VERB_LEFT /* the document is left: another was asked for, or the end */
};
enum verb_result verb_dial(struct call *call, struct leg *leg);
enum verb_result verb_hangup(struct call *call, struct leg *leg);
enum verb_result verb_reject(struct call *call, struct leg *leg);
enum verb_result verb_redirect(struct call *call, struct leg *leg);
enum verb_result verb_pause(struct call *call, struct leg *leg);
/* The legs of a Dial have their media, or (not NULL) one was refused. */
void dial_media(struct call *call, struct leg *callee,
		const struct leg_sdp *refused);
/* The dialled leg is gone (NULL: there was none): action, or the next verb. */
void dial_over(struct call *call, struct leg *leg, struct leg *callee);

/* --- sip_outcome.c --- */
/* What a final SIP status means for the leg that was dialled. */
enum call_status sip_outcome(int status, const struct dialect *dialect);

/* --- events.c, begin.c, restart.c, orphan.c --- */
void on_incoming(struct call *call, const void *event);
void on_confirmed(struct call *call, const void *event);
void on_ringing(struct call *call, const void *event);
void on_answered(struct call *call, const void *event);
void on_failed(struct call *call, const void *event);
void on_ended(struct call *call, const void *event);
void on_timer_fired(struct call *call, const void *event);
void on_instance_restarted(struct call *call, const void *event);
void on_restored(struct call *call, const void *event);
void orphan_step(struct call *call, const struct proto_message *desc,
		 const void *event);
