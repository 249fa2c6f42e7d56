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
#include "services/interpreter/document.h"

enum element_use { ELEMENT_RUN, ELEMENT_LATER };
enum element_text { NO_TEXT, TEXT_URL, TEXT_SIP, TEXT_NUMBER };
enum attribute_kind {
	VALUE_URL,
	VALUE_METHOD,
	VALUE_NUMBER,
	VALUE_CHOICE,
	VALUE_LENGTH,
	VALUE_CALLER_ID,
	VALUE_EVENTS,
	VALUE_CODECS,
	VALUE_LATER
};

struct element_rule {
	const char *name, *parent;
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

const char *verbs_text(const struct document *document, uint32_t node,
		       const char *name); /* NULL: absent or unusable */
int64_t verbs_number(const struct document *document, uint32_t node,
		     const char *name);
enum http_method verbs_method(const struct document *document, uint32_t node,
			      const char *name);
/* NULL: absent, or characters that the dialect does not allow. */
const char *verbs_caller_id(const struct document *document, uint32_t node,
			    const struct dialect *dialect);
unsigned verbs_events(const struct document *document, uint32_t node);
/* As mediad wants them: "PCMU,PCMA". */
void verbs_codecs(const struct document *document, uint32_t node,
		  char *codecs_out);
