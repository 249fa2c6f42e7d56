/*
 * verbs_check.c - what is wrong with a document's names, nesting and values,
 * and what to write instead; see verbs.h.
 */
#include "services/interpreter/verbs_rules.h"

#include "lib/base/str.h"
#include "lib/base/subject.h"
#include "services/interpreter/target.h"
#include "services/interpreter/url.h"

#include <string.h>

struct check {
	const struct document *document;
	const struct dialect *dialect;
	struct findings *findings;
	bool whole;
	uint32_t node;
	const char *element; /* its name */
};

#define warn(check, code, place, ...)                                          \
	finding_add((check)->findings, NOTE_WARNING, code, place, __VA_ARGS__)

/* What a call's record calls an error: what is asked for is not done. */
#define refuse(check, code, place, ...)                                        \
	finding_add((check)->findings, NOTE_ERROR, code, place, __VA_ARGS__)

static bool is_reference(const char *text, bool document)
{
	char url[URL_BYTES];
	return (document ? url_document : url_resolve)("http://base.invalid/",
						       text, url, sizeof(url));
}

static void check_url(struct check *check, const struct attribute_rule *rule,
		      const char *value, struct place place)
{
	bool document = rule->code != ERR_STATUS_CALLBACK;
	if (!check->whole || is_reference(value, document))
		return;
	if (subject_is_url(value))
		refuse(check, rule->code, place,
		       document ? "%s='%.60s' names no subject: write "
				  "nats:app.voice"
				: "%s='%.60s': callbacks go to http(s) URLs, a "
				  "nats URL has a document",
		       rule->name, value);
	else
		refuse(check, rule->code, place,
		       "%s='%.60s' is no URL: write an absolute http(s) URL or "
		       "one relative to the document",
		       rule->name, value);
}

static void check_method(struct check *check, const struct attribute_rule *rule,
			 const char *value, struct place place)
{
	if (!str_same(value, "GET") && !str_same(value, "POST"))
		warn(check, rule->code, place,
		     "%s='%.40s' is not known, POST is used: write GET or POST",
		     rule->name, value);
}

static void check_number(struct check *check, const struct attribute_rule *rule,
			 const char *value, struct place place)
{
	int64_t number = 0;
	enum number_fit fit = verbs_fit(rule, value, &number);
	if (fit == NUMBER_NONE)
		warn(check, rule->code, place,
		     "%s='%.40s' is no number, %s is used: write %lld to %lld",
		     rule->name, value, rule->fallback, (long long)rule->lo,
		     (long long)rule->hi);
	else if (fit == NUMBER_CLAMPED)
		warn(check, rule->code, place,
		     "%s='%.40s' is out of bounds, %lld is used: write %lld to "
		     "%lld",
		     rule->name, value, (long long)number, (long long)rule->lo,
		     (long long)rule->hi);
}

static void check_session(struct check *check,
			  const struct attribute_rule *rule, const char *value,
			  struct place place)
{
	if (strcmp(value, "0") != 0)
		check_number(check, rule, value, place);
}

static void check_bool(struct check *check, const struct attribute_rule *rule,
		       const char *value, struct place place)
{
	if (!str_same(value, "true") && !str_same(value, "false"))
		warn(check, rule->code, place,
		     "%s='%.40s' is not known, %s is used: write true or false",
		     rule->name, value, rule->fallback);
}

static void check_words(struct check *check, const struct attribute_rule *rule,
			const char *value, struct place place)
{
	char word[32];
	while (verbs_next_word(&value, WORD_SEPARATORS, word, sizeof(word))) {
		if (!verbs_word_of(rule->fallback, word))
			warn(check, rule->code, place,
			     "%s: '%s' is not known: write %s", rule->name,
			     word, rule->fallback);
	}
}

static void check_name(struct check *check, const struct attribute_rule *rule,
		       const char *value, struct place place)
{
	char name[VERBS_NAME_BYTES];
	if (!verbs_cut_name(value, (size_t)rule->hi, name))
		warn(check, rule->code, place,
		     "%s is ignored: it holds control characters", rule->name);
	else if (strcmp(name, value) != 0)
		warn(check, rule->code, place,
		     "%s is cut to '%s': at most %lld characters and %d bytes",
		     rule->name, name, (long long)rule->hi,
		     VERBS_NAME_BYTES - 1);
}

static void check_choice(struct check *check, const struct attribute_rule *rule,
			 const char *value, struct place place)
{
	if (!verbs_word_of(rule->fallback, value))
		warn(check, rule->code, place,
		     "%s='%.40s' is not known, the default is used: write one "
		     "of %s",
		     rule->name, value, rule->fallback);
}

static void check_keys(struct check *check, const struct attribute_rule *rule,
		       const char *value, struct place place)
{
	if (!verbs_are_keys(value, "") && strcmp(value, "-1") != 0)
		warn(check, rule->code, place,
		     "%s='%.40s' is no set of keys, the default is used: "
		     "write some of 0 to 9, * and #",
		     rule->name, value);
}

static void check_digits(struct check *check, const struct attribute_rule *rule,
			 const char *value, struct place place)
{
	if (strlen(value) > (size_t)rule->hi || !verbs_are_keys(value, "wW"))
		warn(check, rule->code, place,
		     "%s='%.40s' is not played: write up to %lld of 0 to 9, "
		     "*, #, A to D, w and W",
		     rule->name, value, (long long)rule->hi);
}

static void check_length(struct check *check, const struct attribute_rule *rule,
			 const char *value, struct place place)
{
	if (strlen(value) > (size_t)rule->hi || str_has_control(value))
		warn(check, rule->code, place,
		     "%s is ignored: at most %lld bytes without line breaks",
		     rule->name, (long long)rule->hi);
}

static void check_caller_id(struct check *check,
			    const struct attribute_rule *rule,
			    const char *value, struct place place)
{
	if (!verbs_caller_id_is_good(value, check->dialect))
		warn(check, rule->code, place,
		     "callerId='%.60s' cannot be used, the caller's is: write "
		     "up to 128 letters, digits and %s without blanks",
		     value, check->dialect->caller_id_chars);
}

static void check_events(struct check *check, const struct attribute_rule *rule,
			 const char *value, struct place place)
{
	char word[32];
	while (verbs_next_word(&value, WORD_SEPARATORS, word, sizeof(word))) {
		if (verbs_hook_event(word) < 0)
			warn(check, rule->code, place,
			     "event '%s' is not known: write initiated, "
			     "ringing, answered, completed",
			     word);
	}
}

static void check_codecs(struct check *check, const struct attribute_rule *rule,
			 const char *value, struct place place)
{
	char word[32];
	while (verbs_next_word(&value, WORD_SEPARATORS, word, sizeof(word)))
		if (!verbs_codec(word))
			warn(check, rule->code, place,
			     "codec '%s' is not known, it is left out: write "
			     "PCMU, PCMA, G722, OPUS or G729",
			     word);
}

static void check_later(struct check *check, const struct attribute_rule *rule,
			const char *value, struct place place)
{
	if (!verbs_word_of(rule->fallback, value))
		warn(check, rule->code, place,
		     "attribute %s of <%s> is not supported yet by this "
		     "installation and has no effect",
		     rule->name, rule->element);
}

static void (*const value_checks[])(struct check *check,
				    const struct attribute_rule *rule,
				    const char *value, struct place place) = {
	[VALUE_URL] = check_url,         [VALUE_METHOD] = check_method,
	[VALUE_NUMBER] = check_number,   [VALUE_CHOICE] = check_choice,
	[VALUE_SESSION] = check_session, [VALUE_BOOL] = check_bool,
	[VALUE_WORDS] = check_words,     [VALUE_NAME] = check_name,
	[VALUE_LENGTH] = check_length,   [VALUE_CALLER_ID] = check_caller_id,
	[VALUE_EVENTS] = check_events,   [VALUE_CODECS] = check_codecs,
	[VALUE_KEYS] = check_keys,       [VALUE_DIGITS] = check_digits,
	[VALUE_LATER] = check_later,
};

/* The attribute's right spelling, if only its case is wrong. */
static const char *other_case(const char *element, const char *name)
{
	for (const struct attribute_rule *rule = verbs_attributes; rule->name;
	     rule++) {
		if (strcmp(rule->element, element) == 0 &&
		    str_same(rule->name, name))
			return rule->name;
	}
	return NULL;
}

static void check_attributes(struct check *check)
{
	const struct document *document = check->document;
	const struct node *node = &document->nodes[check->node];
	for (uint32_t i = 0; i < node->attribute_count; i++) {
		const struct attribute *attribute =
			&document->attributes[node->first_attribute + i];
		const char *name = document->pool + attribute->name;
		const struct attribute_rule *rule =
			verbs_attribute(check->element, name);
		struct place place =
			document_place(document, check->node, name);
		const char *right =
			rule ? NULL : other_case(check->element, name);
		if (rule && check->whole &&
		    !(rule->of & check->dialect->params))
			warn(check, ERR_DOCUMENT_SCHEMA, place,
			     "<%s> has no attribute %s in the dialect %s: it "
			     "works here, but not there",
			     rule->element, rule->name, check->dialect->name);
		if (rule)
			value_checks[rule->kind](
				check, rule, document->pool + attribute->value,
				place);
		else if (right)
			warn(check, ERR_DOCUMENT_SCHEMA, place,
			     "attribute %.40s is ignored, names are "
			     "case-sensitive: write %s",
			     name, right);
		else
			warn(check, ERR_DOCUMENT_SCHEMA, place,
			     "<%s> has no attribute %.40s: it is ignored",
			     check->element, name);
	}
}

static void check_sip(struct check *check, const char *text, struct place place)
{
	struct target target;
	target_parse(text, check->dialect, place, check->findings, &target);
	if (target.error)
		refuse(check, target.error, place, "%s", target.error_text);
	target_clear(&target);
}

static void check_text(struct check *check, const struct element_rule *rule)
{
	const char *text = document_text(check->document, check->node);
	struct place place = check->document->nodes[check->node].place;
	if (rule->text == NO_TEXT && *text)
		warn(check, ERR_DOCUMENT_SCHEMA, place,
		     "text inside <%s> is ignored: remove '%.30s'",
		     check->element, text);
	bool sound = rule->text == TEXT_SOUND &&
		     !verbs_digits(check->document, check->node);
	if (rule->text == TEXT_SPEECH && strlen(text) > VERBS_SPEECH_BYTES)
		warn(check, ERR_DOCUMENT_SCHEMA, place,
		     "only the first %d bytes are spoken", VERBS_SPEECH_BYTES);
	if ((rule->text == TEXT_URL || sound) && check->whole &&
	    (!is_reference(text, !sound) || (sound && !*text)))
		refuse(check, ERR_URL_INVALID, place,
		       sound ? "'%.60s' is no URL: write an absolute http(s) "
			       "URL or one relative to the document"
			     : "'%.60s' is no URL: write an absolute http(s) "
			       "or nats URL or one relative to the document",
		       text);
}

static void unknown_element(struct check *check, struct place place)
{
	for (const struct element_rule *rule = verbs_elements; rule->name;
	     rule++) {
		if (str_same(rule->name, check->element)) {
			warn(check, ERR_UNKNOWN_VERB, place,
			     "<%.40s> is skipped, names are case-sensitive: "
			     "write <%s>",
			     check->element, rule->name);
			return;
		}
	}
	warn(check, ERR_UNKNOWN_VERB, place,
	     "<%.40s> is not known and is skipped", check->element);
}

/* True if what is inside is worth a look. */
static bool check_element(struct check *check)
{
	const struct node *node = &check->document->nodes[check->node];
	const struct element_rule *rule = verbs_element(check->element);
	const char *parent =
		node->parent == NODE_NONE
			? ""
			: document_name(check->document, node->parent);
	if (!rule) {
		unknown_element(check, node->place);
		return false;
	}
	if (rule->use == ELEMENT_NOUN && verbs_belongs(rule, parent))
		return false; /* its Dial says what becomes of it */
	if (rule->use != ELEMENT_RUN) {
		warn(check, ERR_UNKNOWN_VERB, node->place,
		     "<%s> is not supported yet by this installation and is "
		     "skipped",
		     check->element);
		return false;
	}
	if (!*rule->parent && *parent) {
		warn(check, ERR_NESTING, node->place,
		     "<%s> inside <%s> is skipped: a document has one, around "
		     "everything",
		     check->element, parent);
		return false;
	}
	if (!verbs_belongs(rule, parent)) {
		const char *bar = strchr(rule->parent, '|');
		size_t first = bar ? (size_t)(bar - rule->parent)
				   : strlen(rule->parent);
		warn(check, ERR_NESTING, node->place,
		     "<%s> inside <%s> is skipped: it belongs inside "
		     "<%.*s>%s%s%s",
		     check->element, parent, (int)first, rule->parent,
		     bar ? " or <" : "", bar ? bar + 1 : "", bar ? ">" : "");
		return false;
	}
	check_attributes(check);
	check_text(check, rule);
	return true;
}

/* <Dial>: what is said of its nouns when it runs, said before. */
static void check_nouns(struct check *check, uint32_t dial)
{
	struct noun nouns[VERBS_NOUNS_MAX];
	unsigned dialled = 0;
	if (!check->whole)
		return;
	unsigned count =
		verbs_nouns(check->document, dial, check->dialect, nouns);
	for (unsigned i = 0; i < count; i++) {
		struct place place =
			check->document->nodes[nouns[i].node].place;
		if (nouns[i].error)
			refuse(check, nouns[i].error, place, "%s",
			       nouns[i].error_text);
		else
			check_sip(check, nouns[i].text, place);
		dialled += !nouns[i].error;
	}
	if (dialled == 0)
		refuse(check, ERR_DIAL_NO_NOUN,
		       document_place(check->document, dial, NULL),
		       "<Dial> has no <Sip>, nothing can be dialled: put "
		       "<Sip>sip:user@host</Sip> inside");
}

/* Verbs that leave the document, if they have this attribute (NULL: always). */
static const struct {
	const char *verb, *attribute;
} leaving[] = {
	{"Hangup", NULL},
	{"Reject", NULL},
	{"Redirect", NULL},
	{"Dial", "action"},
};

static bool leaves(const struct check *check, uint32_t verb)
{
	const struct document *document = check->document;
	const char *name = document_name(document, verb);
	if (strcmp(name, "Record") == 0)
		return check->dialect->action_of_nothing;
	for (size_t i = 0; i < sizeof(leaving) / sizeof(leaving[0]); i++) {
		if (strcmp(leaving[i].verb, name) == 0)
			return !leaving[i].attribute ||
			       verbs_text(document, verb, leaving[i].attribute);
	}
	return false;
}

/* The first verb that no call gets to. */
static void check_order(struct check *check)
{
	const struct document *document = check->document;
	uint32_t left = NODE_NONE;
	for (uint32_t verb = document->nodes[0].first_child; verb != NODE_NONE;
	     verb = document->nodes[verb].next) {
		if (!verbs_runs(document, verb))
			continue;
		if (left != NODE_NONE) {
			warn(check, ERR_DOCUMENT_SCHEMA,
			     document->nodes[verb].place,
			     "<%s> is never reached: <%s> in line %u leaves "
			     "the document",
			     document_name(document, verb),
			     document_name(document, left),
			     document->nodes[left].place.line);
			return;
		}
		if (leaves(check, verb))
			left = verb;
	}
}

void verbs_check(const struct document *document, const struct dialect *dialect,
		 bool whole, struct findings *findings)
{
	struct check check = {document, dialect, findings, whole, 0, NULL};
	uint32_t skip_to = 0; /* what is inside a skipped element is too */
	for (uint32_t node = 0; node < document->node_count; node++) {
		if (node < skip_to)
			continue;
		check.node = node;
		check.element = document_name(document, node);
		if (check_element(&check)) {
			if (strcmp(check.element, "Dial") == 0)
				check_nouns(&check, node);
			continue;
		}
		skip_to = node + 1;
		while (skip_to < document->node_count &&
		       document->nodes[skip_to].parent >= node &&
		       document->nodes[skip_to].parent != NODE_NONE)
			skip_to++;
	}
	if (whole)
		check_order(&check);
}
