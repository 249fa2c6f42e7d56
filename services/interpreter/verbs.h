/*
 * verbs.h - what documents may say (verbs.def), and what this one says.
 *
 * Contract: verbs_check tells everything that is wrong with names, nesting and
 * values, as warnings: nothing of it aborts a document. The readers give the
 * value that counts: within bounds, the default where there is none or none
 * that can be used. Texts are borrowed from the document. Any thread.
 */
#pragma once

#include "services/interpreter/dialect.h"
#include "lib/markup/document.h"

enum element_use { ELEMENT_RUN, ELEMENT_NOUN, ELEMENT_LATER };
enum element_text {
	NO_TEXT,
	TEXT_URL,
	TEXT_SIP,
	TEXT_NUMBER,
	TEXT_SPEECH,
	TEXT_SOUND
};
enum attribute_kind {
	VALUE_URL,
	VALUE_METHOD,
	VALUE_NUMBER,
	VALUE_SESSION,
	VALUE_BOOL,
	VALUE_CHOICE,
	VALUE_WORDS,
	VALUE_LENGTH,
	VALUE_NAME,
	VALUE_CALLER_ID,
	VALUE_EVENTS,
	VALUE_CODECS,
	VALUE_KEYS,
	VALUE_DIGITS,
	VALUE_LATER
};

struct element_rule {
	const char *name;
	const char *parent; /* or several: "A|B" */
	enum element_use use;
	enum element_text text;
	const char *doc;
};
struct attribute_rule {
	const char *element, *name;
	enum attribute_kind kind;
	int64_t lo, hi;
	const char *fallback; /* default, or words */
	int code;
	unsigned of; /* mask of enum params_of: the dialects that have it */
	const char *example;
	const char *doc;
};
/* Both end with a row without name. */
extern const struct element_rule verbs_elements[];
extern const struct attribute_rule verbs_attributes[];

/*
 * 'whole' asks also for what a call notes only when it gets there: the URLs and
 * SIP URIs (voxctl lint).
 */
void verbs_check(const struct document *document, const struct dialect *dialect,
		 bool whole, struct findings *findings);

/* The element is one that works, in its place. */
bool verbs_runs(const struct document *document, uint32_t node);

/* Status callback events, as a mask: bit (1 << event). */
enum hook_event {
	HOOK_INITIATED,
	HOOK_RINGING,
	HOOK_ANSWERED,
	HOOK_COMPLETED,
	HOOK_EVENTS
};
extern const char *const verbs_hook_words[HOOK_EVENTS];

#define VERBS_CODECS_BYTES 65
#define VERBS_SPEECH_BYTES 4096 /* of a <Say> */

const char *verbs_text(const struct document *document, uint32_t node,
		       const char *name); /* NULL: absent or unusable */
int64_t verbs_number(const struct document *document, uint32_t node,
		     const char *name);
/* The <Sip> has a <Video> that is enabled. */
bool verbs_video(const struct document *document, uint32_t sip);
bool verbs_bool(const struct document *document, uint32_t node,
		const char *name);
/* Of a list of words: bit (1 << place in the row's words); the default's if
 * there is none. */
unsigned verbs_words(const struct document *document, uint32_t node,
		     const char *name);
/* A set of keys, in order and without repeats: what the attribute says, or the
 * default where the dialect has it. */
#define VERBS_KEYS_BYTES 17
void verbs_keys(const struct document *document, uint32_t node,
		const char *name, const struct dialect *dialect,
		char keys_out[VERBS_KEYS_BYTES]);
/* Keys to press; NULL: none, or some that there are not. */
const char *verbs_digits(const struct document *document, uint32_t node);
enum http_method verbs_method(const struct document *document, uint32_t node,
			      const char *name);
/* NULL: absent, or characters that the dialect does not allow. */
const char *verbs_caller_id(const struct document *document, uint32_t node,
			    const struct dialect *dialect);
unsigned verbs_events(const struct document *document, uint32_t node);
/* As mediad wants them: "PCMU,PCMA". */
void verbs_codecs(const struct document *document, uint32_t node,
		  char *codecs_out);

/* --- verbs_dial.c: <Dial> and <Sip> --- */

/* One thing that a <Dial> names: its nouns, or the text that stands alone. */
#define VERBS_NOUNS_MAX 64
struct noun {
	uint32_t node;        /* its element: the Dial itself for a bare text */
	const char *text;     /* SIP URI as written, for target_parse() */
	int error;            /* 0: it is to be dialled */
	char error_text[200]; /* otherwise why it is not, and what to write */
};
/*
 * In the order of the document; those with an error are to be noted at their
 * node's place when the Dial runs, and not dialled. Of more than
 * VERBS_NOUNS_MAX the last entry is those that are not looked at.
 */
unsigned verbs_nouns(const struct document *document, uint32_t dial,
		     const struct dialect *dialect,
		     struct noun nouns_out[VERBS_NOUNS_MAX]);

/* callerName, cut to its bounds; false: none. 'to' holds VERBS_NAME_BYTES. */
#define VERBS_NAME_BYTES 129
bool verbs_caller_name(const struct document *document, uint32_t dial,
		       char *to);

/* sessionTimeout in seconds: never 0. */
int64_t verbs_session(const struct document *document, uint32_t sip);

/* What a Dial's record and its relatives, or a <Record>, ask for. */
enum record_from { RECORD_NEVER, RECORD_FROM_ANSWER, RECORD_FROM_RINGING };
enum record_track { RECORD_BOTH, RECORD_INBOUND, RECORD_OUTBOUND };
enum record_event { RECORD_COMPLETED, RECORD_IN_PROGRESS, RECORD_ABSENT };
struct recording {
	enum record_from from;
	bool dual; /* caller and callee on a channel each */
	enum record_track track;
	bool trim;
	const char *callback; /* reference as written; NULL: none */
	enum http_method method;
	unsigned events; /* mask: 1 << enum record_event */
};
void verbs_recording(const struct document *document, uint32_t dial,
		     struct recording *recording_out);

/* Country of ringTone as in the table ("de"); NULL: none was asked for. */
const char *verbs_ring_tone(const struct document *document, uint32_t dial);
