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
#include "lib/markup/document.h"
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
#define GUARD_STORE_MS 3600000 /* a recording's file, brought to its store */

#define ALERT_AGAIN_MS 60000 /* between a caller's 180s */

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

/* Why we ended a leg, or that its other side did. */
enum end_reason {
#define END_REASON(constant, header, text) constant,
#include "services/interpreter/end_reasons.def"
#undef END_REASON
	END_REASONS
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
	bool due;      /* the leg is gone; 'completed' may wait for: */
	bool measures; /* ... what mediad has measured */
};

/* What an outbound leg will be dialled with; freed when it is. */
struct plan {
	struct target target;
	char from_user[256];
	char from_name[129];
	char codecs[VERBS_CODECS_BYTES];
	char *username, *password;
	int64_t ring_ms, session_s;
	bool video;    /* it is offered the caller's pictures */
	unsigned line; /* of the document */
};

/* A recording: where it is in its life, and who is told. */
enum tape_state {
	TAPE_ASKED,    /* record_started is awaited */
	TAPE_RUNS,     /* recording */
	TAPE_STOPPING, /* recording_done is awaited */
	TAPE_DONE,     /* recording_stored is awaited */
	TAPE_OVER
};
struct tape {
	struct list link;
	unsigned number; /* of the call's */
	unsigned leg;    /* number of the leg that is recorded */
	char sid[ID_BYTES];
	enum tape_state state;
	struct record_start *start; /* until it is over */
	const char *source;         /* DialVerb, RecordVerb */
	bool dual, absent;
	bool paused, silent; /* paused: silence takes the pause's place */
	enum record_track track;
	char *callback; /* NULL: nobody is told */
	enum http_method method;
	unsigned events, told;
	int64_t started, duration_ms, due;
	int channels, error;
	char *url; /* of its file in a store of the customer's, or NULL */
};

/* What a leg runs first once it is up: a callee's screening, the API's call. */
struct first {
	char *url;  /* asked for, or where 'body' would have come from */
	char *body; /* not NULL: the document itself */
	enum http_method method;
	int64_t limit_ms; /* the leg may last from then on; 0: any time */
};

/* What is asked for in place of a document that cannot be had. */
struct fallback {
	char *url;
	enum http_method method;
};

enum run_purpose {
	RUN_CALL,  /* the document's end is the leg's */
	RUN_SCREEN /* its end accepts the call that the parent's Dial offers */
};

enum run_state {
	RUN_FETCHING, /* a document is awaited */
	RUN_WAITING,  /* a verb waits */
	RUN_OVER
};

struct runner {
	enum run_purpose purpose;
	enum run_state state;
	struct document *document; /* that runs; NULL before the first */
	uint32_t verb;        /* its element that runs; NODE_NONE: none yet */
	char *url;            /* where it came from, or is asked from */
	char fetch[ID_BYTES]; /* awaited */
	struct get *asked;    /* with it, for a fallback; or NULL */
	bool fallen;          /* it is the fallback that is awaited, or runs */
	unsigned documents;   /* asked for so far */
	unsigned bare;        /* of them in a row without a verb that waited */
	bool answer_ignored;  /* nobody is left to run the answer */
	/* The Dial that waits; its callees bear its number (dial_callee()). */
	unsigned dial;     /* number of the last Dial; the first is 1 */
	bool dial_waits;   /* for its callees */
	unsigned recorded; /* the last Dial whose recording was told of */
	unsigned noun;     /* of the document's, that comes next */
	/* Other verbs that wait. */
	bool opens;        /* the verb runs once the leg has its media */
	char keys[129];    /* Gather: so far; Record: what ended it */
	struct tape *tape; /* Record's, or the Dial's; or NULL */
	int refusal;       /* SIP status for a caller who was never answered */
	enum call_status refused_as;
	struct leg *winner; /* who accepted; its Dial's alone once it has met */
};

struct leg {
	struct leg *next;
	struct leg *parent; /* NULL: the root */
	unsigned number;    /* 0: the root */
	unsigned dial;      /* of the parent's runner that made it; 0: none */
	char sid[ID_BYTES];
	bool inbound;
	bool tls;                /* its SIP goes over it */
	enum secure_mode secure; /* of its media */
	enum leg_state state;
	enum media_state media;
	enum call_status status;    /* now; terminal once it is gone */
	enum call_status ending_as; /* what our own end of it means */
	enum leg_end by;
	enum tone_kind tone; /* it hears */
	char ring[9];        /* country of its ringback; "": the default */
	bool bridged;        /* to its parent, now */
	bool early;          /* its parent hears it before it has answered */
	bool met;            /* ... ever */
	bool accepted;       /* it may be bridged to its parent */
	bool confirmed;      /* it has been up */
	bool answer_told;    /* mediad knows the other side's answer */
	bool alerted_sdp;    /* the last of its 180s was a 183 with our SDP */
	bool declined;       /* in its screening document */
	bool redirected;     /* away from its parent's Dial, by the API */
	enum end_reason why;
	char *their_reason; /* Reason header of the end that came */
	int sip_status;     /* last of its INVITE */
	int error;
	char *from, *to; /* as the application is told */
	char *sip_call_id;
	char *source_ip; /* of its SIP, once it is known */
	char *phrase;
	char *local_sdp, *remote_sdp;
	char *media_keys; /* DTLS: for whoever restores it, sealed by mediad */
	struct header
		*headers; /* of the INVITE, or of the final answer to it */
	uint32_t header_count;
	bool end_told;    /* they are those of the BYE, or of the 200 to ours */
	int64_t screen_s; /* that its screening document may take */
	int64_t started, rang, answered, ended;
	int64_t timers[TIMER_KINDS]; /* 0: off */
	struct hooks *hooks;
	struct tape *tape; /* that its 'completed' tells of, or NULL */
	struct plan *plan;
	struct first *first;
	struct reoffer *reoffer;   /* the last one, or NULL */
	struct refer *refer;       /* likewise */
	char play[ID_BYTES];       /* the prompt that plays; "": none */
	unsigned plays;            /* so far */
	struct leg_stats *stats;   /* of media that was closed before its end */
	struct fallback *fallback; /* NULL: its parent's, if any */
	char *cookies;             /* of the application's, or NULL */
	struct runner *runner;
};

/* A command without outcome: kept to be sent again. */
struct pending {
	struct list link;
	const struct proto_message *desc;
	void *message;
	char target[33];
	unsigned thing;  /* number of the leg, or a recording's */
	uint64_t number; /* of call.said: when it was last asked */
};

struct call {
	char sid[ID_BYTES];
	char account[65];
	char gateway[33], mediad[33];
	struct call_seen gateway_seen, mediad_seen;
	const struct dialect *dialect; /* 'rules' */
	struct dialect rules; /* the dialect's, with the account's limits */
	enum secure_mode media_secure; /* as the account wants it */
	bool strict; /* documents that would have to be mended are refused */
	struct leg *root;
	unsigned leg_count;
	struct list pendings;
	struct list tapes;
	unsigned tape_count;
	char *api_url;            /* of the REST API, or NULL */
	uint64_t said, fetches;   /* counters that ids are derived from */
	int64_t first_time, hops; /* hops behind its INVITEs */
	uint64_t first_sequence, last_sequence;
	char *caller_user, *caller_name; /* of the caller's From */
	char *to_host;
	int error; /* that ended it */
	bool closed;
	/* of the step that runs */
	uint64_t said_before;
	int64_t now;
	const struct envelope *envelope;
	struct commands *out;
};

/* --- call.c --- */
/* Whose rules hold for it, as its first event says. */
void call_set_dialect(struct call *call, int name,
		      struct dialect_limits limits);
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
void first_free(struct leg *leg);

/* --- say.c --- */
/* Takes 'message'. Nothing is expected to follow. */
void say(struct call *call, const struct proto_message *desc, void *message,
	 const char *target);
/* Takes 'message', and keeps a copy until settle(). */
void ask(struct call *call, const struct leg *leg,
	 const struct proto_message *desc, void *message, const char *target);
/* The same for what is no leg. */
void ask_thing(struct call *call, unsigned thing,
	       const struct proto_message *desc, void *message,
	       const char *target);
void settle_thing(struct call *call, unsigned thing,
		  const struct proto_message *desc);
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

/* The command that waits for its outcome, or NULL. */
const void *pending_message(const struct call *call, const struct leg *leg,
			    const struct proto_message *desc);

/* --- leg.c: what is done to a leg --- */
void leg_answer(struct call *call, struct leg *leg);
/* 180, or 183 with its SDP, to a caller who was not answered yet. */
void leg_alert(struct call *call, struct leg *leg, bool with_sdp);
void leg_reject(struct call *call, struct leg *leg, int status,
		enum call_status means);
void leg_dial(struct call *call, struct leg *leg);
/*
 * Ends it, whatever it is doing: 480, CANCEL or BYE, and 'means' becomes its
 * status. A leg that is not dialled yet is gone at once; whoever waits for it
 * is not told.
 */
void leg_end(struct call *call, struct leg *leg, enum call_status means);
/* ... and why: told on the record, and where it has one, as Reason header. */
void leg_end_for(struct call *call, struct leg *leg, enum call_status means,
		 enum end_reason why);
/* As parameter Direction has it. */
const char *leg_direction(const struct leg *leg);
const char *end_reason_text(enum end_reason why); /* NULL: none */
/* 'hangup' for a leg that answered although it was being cancelled. */
void leg_bye(struct call *call, struct leg *leg);
void leg_gone(struct call *call, struct leg *leg, enum call_status status);
void leg_enter(struct leg *leg, enum leg_state state);
void leg_ring(struct call *call, struct leg *leg);
void leg_up(struct call *call, struct leg *leg);
void leg_keep_headers(struct leg *leg, const struct header *headers,
		      uint32_t count);
void leg_drop_headers(struct leg *leg);
int64_t leg_seconds(const struct leg *leg); /* talked; 0: never answered */

/* --- media.c --- */
/*
 * Ports and SDPs for the callees of 'caller' that are new and can be dialled,
 * and for the caller if it has none yet: one message. dial_media() follows.
 */
void media_open(struct call *call, struct leg *caller);
/*
 * True if the leg has its media, and has been answered. Otherwise it is asked
 * for, and the verb that runs is run again by runner_media().
 */
bool media_have(struct call *call, struct leg *leg);
/* The same for a root that the API dials; root_media() follows. */
void media_open_root(struct call *call);
void media_bridge(struct call *call, struct leg *caller, struct leg *callee);
/* ... before the callee's answer. */
void media_bridge_early(struct call *call, struct leg *caller,
			struct leg *callee);
/* They hear each other no longer; both keep their media. */
void media_part(struct call *call, struct leg *caller, struct leg *callee);
/* mediad learns the leg's answer before it is bridged. */
void media_answer(struct call *call, struct leg *leg);
void media_tone(struct call *call, struct leg *leg, enum tone_kind kind);
enum close_which { CLOSE_GONE, CLOSE_ALL };
/* Closes the media of legs that are gone, or of all, in one message. */
void media_close(struct call *call, enum close_which which);
void media_restore(struct call *call);
void media_timer(struct call *call, struct leg *leg);
void on_leg_opened(struct call *call, const void *event);
void on_bridged(struct call *call, const void *event);
void on_tone_changed(struct call *call, const void *event);
void on_leg_closed(struct call *call, const void *event);
void on_answer_told(struct call *call, const void *event); /* leg_changed */

/* --- hooks.c --- */
void hook_fire(struct call *call, struct leg *leg, enum hook_event event);
/* The leg is gone: the last one, at once or once what it tells is known: its
 * media is closed, its recording over. */
void hook_completed(struct call *call, struct leg *leg);
/* Its media is: 'stats' is what was measured, or NULL. */
void hook_measured(struct call *call, struct leg *leg,
		   const struct leg_stats *stats);
/* The recording is over, however it went. */
void hooks_taped(struct call *call, const struct tape *tape);
/* Closes the media of legs that are gone and whose last callback waits. */
void hooks_measure(struct call *call);

struct after; /* params.h */

/* --- runner_fetch.c --- */
/* A request of the leg's, named 'fetch_out' (ID_BYTES), without parameters. */
struct get *fetch_new(struct call *call, const struct leg *leg, const char *url,
		      enum http_method method, char *fetch_out);
/* What an answer says beside its document: the leg's cookies, and warnings. */
void fetch_answered(struct call *call, struct leg *leg,
		    const struct fetched *fetched);
void fetch_forget(struct runner *runner);
/* The leg's own from now on. Empty or no URL: nothing changes. */
void fallback_set(struct call *call, struct leg *leg, const char *url,
		  enum http_method method);
void fallback_free(struct leg *leg);
/* The leg's document cannot be had, or cannot go on: its fallback is asked for.
 * False: there is none, or it is what failed. */
bool fallback_begins(struct call *call, struct leg *leg, int error);

/* --- runner.c --- */
/*
 * A leg runs a document from now on, whatever it ran before: asks for the URL.
 * Whoever calls it has brought a Dial of the old document to its end.
 */
void runner_start(struct call *call, struct leg *leg, const char *url,
		  enum http_method method);
/* Runs leg->first: screening if the leg has a parent. */
void runner_start_first(struct call *call, struct leg *leg);
/*
 * The API's wish: a leg that is up runs another document. Of a root, or any leg
 * whose own Dial waits, the callees are hung up. A callee leaves its parent's
 * Dial, which is over as if it had hung up. False: the leg cannot run one now.
 * 'body' (or NULL) is the document itself.
 */
bool leg_redirect(struct call *call, struct leg *leg, const char *url,
		  enum http_method method, const char *body);
/*
 * A leg that is up runs this document, which it takes, and came from 'url'.
 * Nobody waits for it any more, nor it for anybody.
 */
void leg_run(struct call *call, struct leg *leg, const char *url,
	     struct document *document);
/* The document has come. */
void runner_take(struct call *call, struct leg *leg, const char *type,
		 const char *body, size_t size);
/* Asks for the next one; the document that runs is forgotten. */
void runner_fetch(struct call *call, struct leg *leg, const char *url,
		  enum http_method method, const struct after *after);
/*
 * The verb that runs is over, and asks for its action ("": this document's own
 * URL), which is a reference; one that is none ends the call.
 */
void runner_ask(struct call *call, struct leg *leg, const char *verb,
		const char *action, const struct after *after);
/* The leg that its verb needs media for has it, or (not NULL) was refused. */
void runner_media(struct call *call, struct leg *leg,
		  const struct leg_sdp *refused);
/* What the verb that waits may wait for. */
void runner_played(struct call *call, struct leg *leg,
		   const struct played *played);
void runner_digit(struct call *call, struct leg *leg, const char *digit);
void runner_taped(struct call *call, struct leg *leg, const struct tape *tape);
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
enum verb_result verb_play(struct call *call, struct leg *leg);
void verb_play_played(struct call *call, struct leg *leg,
		      const struct played *played);
enum verb_result verb_gather(struct call *call, struct leg *leg);
void verb_gather_played(struct call *call, struct leg *leg,
			const struct played *played);
void verb_gather_digit(struct call *call, struct leg *leg, const char *digit);
void verb_gather_timer(struct call *call, struct leg *leg);
enum verb_result verb_record(struct call *call, struct leg *leg);
void verb_record_played(struct call *call, struct leg *leg,
			const struct played *played);
void verb_record_digit(struct call *call, struct leg *leg, const char *digit);
void verb_record_taped(struct call *call, struct leg *leg,
		       const struct tape *tape);

/* --- prompt.c --- */
/* The element as a piece of 'play'; false: there is nothing to play. */
bool prompt_add(struct call *call, const struct leg *leg, uint32_t node,
		struct play *play);
/* Those inside the verb that runs. */
void prompt_add_inside(struct call *call, const struct leg *leg,
		       struct play *play);

/* --- play.c --- */
/* Takes 'play', whose items are set. runner_played() follows. */
void play_begin(struct call *call, struct leg *leg, struct play *play);
/* Ends what plays, if anything does; nothing follows. */
void play_end(struct call *call, struct leg *leg);
/* A key that the leg pressed by SIP, for whom it talks to. */
void play_digit_on(struct call *call, struct leg *leg, const char *digit);
void on_played(struct call *call, const void *event);

/* --- tape.c: recordings --- */
/*
 * Takes 'start', whose track, other and limits are set. 'wanted' has the rest,
 * 'source' is a literal. runner_taped() follows if it is the runner's by then.
 */
struct tape *tape_start(struct call *call, struct leg *leg,
			const struct recording *wanted,
			struct record_start *start, const char *source);
void tape_stop(struct call *call, struct tape *tape);
/* The runner's is stopped, and is the runner's no more. */
void tape_leave(struct call *call, struct leg *leg);
void tapes_stop(struct call *call,
		const struct leg *leg); /* all of the leg's */
void tapes_restore(struct call *call);  /* mediad came back without memory */
bool tapes_live(const struct call *call);
void tapes_free(struct call *call);
void tape_timer(struct call *call, struct leg *leg);
void on_record_wish(struct call *call, const void *event);
void on_record_started(struct call *call, const void *event);
void on_record_changed(struct call *call, const void *event);
void on_recording_done(struct call *call, const void *event);
void on_recording_stored(struct call *call, const void *event);

/* --- early.c: what is heard before the answer --- */
/* Whether the caller hears it: 'sdp' (or NULL) is that of a provisional answer.
 */
bool early_hear(struct call *call, struct leg *callee, const char *sdp);
void early_refused(struct call *call, struct leg *callee, int error,
		   const char *why);

/* --- reoffer.c: the other side changes its media; digits.c; refer.c --- */
void reoffer_free(struct leg *leg);
void reoffer_timer(struct call *call, struct leg *leg);
void refer_free(struct leg *leg);
/* The leg is gone; then, before others are told, what it means for a transfer
 * that it asked for. */
void refer_gone(struct leg *leg);
void refer_leg_gone(struct call *call, struct leg *leg);
void refer_timer(struct call *call, struct leg *leg);
void on_reoffered(struct call *call, const void *event);
void on_leg_changed(struct call *call, const void *event);
void on_reconfirmed(struct call *call, const void *event);
void on_media_silent(struct call *call, const void *event);
void on_leg_keyed(struct call *call, const void *event);
void on_digit(struct call *call, const void *event);
void on_digit_info(struct call *call, const void *event);
void on_referred(struct call *call, const void *event);
void on_refer_fetched(struct call *call, const void *event); /* fetched */
void on_notified(struct call *call, const void *event);

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
/* --- api.c --- */
void on_call_start(struct call *call, const void *event);
void on_call_change(struct call *call, const void *event);

void orphan_step(struct call *call, const struct proto_message *desc,
		 const void *event);

#include "services/interpreter/dial.h"
