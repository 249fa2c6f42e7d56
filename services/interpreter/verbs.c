/*
 * verbs.c - the table of elements and attributes, and the reading of values by
 * it; see verbs.h. What is wrong is told by verbs_check.c.
 */
#include "services/interpreter/verbs_rules.h"

#include "lib/base/str.h"

#include <string.h>

const struct element_rule verbs_elements[] = {
#define ELEMENT(name, parent, use, text, doc)                                  \
	{#name, parent, ELEMENT_##use, text, doc},
#define ATTRIBUTE(element, name, kind, lo, hi, fallback, code, of, example, doc)
#include "services/interpreter/verbs.def"
#undef ELEMENT
#undef ATTRIBUTE
	{0}};

const struct attribute_rule verbs_attributes[] = {
#define ELEMENT(name, parent, use, text, doc)
#define ATTRIBUTE(element, name, kind, lo, hi, fallback, code, of, example,    \
		  doc)                                                         \
	{#element, #name, VALUE_##kind, lo,      hi,                           \
	 fallback, code,  of,           example, doc},
#include "services/interpreter/verbs.def"
#undef ELEMENT
#undef ATTRIBUTE
	{0}};

const char *const verbs_hook_words[HOOK_EVENTS] = {
	[HOOK_INITIATED] = "initiated",
	[HOOK_RINGING] = "ringing",
	[HOOK_ANSWERED] = "answered",
	[HOOK_COMPLETED] = "completed",
};

const struct element_rule *verbs_element(const char *name)
{
	for (const struct element_rule *rule = verbs_elements; rule->name;
	     rule++) {
		if (strcmp(rule->name, name) == 0)
			return rule;
	}
	return NULL;
}

const struct attribute_rule *verbs_attribute(const char *element,
					     const char *name)
{
	for (const struct attribute_rule *rule = verbs_attributes; rule->name;
	     rule++) {
		if (strcmp(rule->element, element) == 0 &&
		    strcmp(rule->name, name) == 0)
			return rule;
	}
	return NULL;
}

bool verbs_belongs(const struct element_rule *rule, const char *parent)
{
	return strcmp(rule->parent, parent) == 0 ||
	       verbs_word_of(rule->parent, parent);
}

bool verbs_runs(const struct document *document, uint32_t node)
{
	const struct element_rule *rule =
		verbs_element(document_name(document, node));
	uint32_t parent = document->nodes[node].parent;
	return rule && rule->use == ELEMENT_RUN && parent != NODE_NONE &&
	       verbs_belongs(rule, document_name(document, parent));
}

enum number_fit verbs_fit(const struct attribute_rule *rule, const char *text,
			  int64_t *number_out)
{
	int64_t number;
	if (!str_number(text, INT64_MIN, INT64_MAX, &number))
		return NUMBER_NONE;
	*number_out = number < rule->lo   ? rule->lo
		      : number > rule->hi ? rule->hi
					  : number;
	return *number_out == number ? NUMBER_FITS : NUMBER_CLAMPED;
}

const char *verbs_text(const struct document *document, uint32_t node,
		       const char *name)
{
	const struct attribute_rule *rule =
		verbs_attribute(document_name(document, node), name);
	const char *text = document_attribute(document, node, name);
	if (!text || !rule)
		return NULL;
	if (rule->kind == VALUE_CHOICE)
		return verbs_word_of(rule->fallback, text) ? text : NULL;
	if (rule->kind == VALUE_LENGTH &&
	    (strlen(text) > (size_t)rule->hi || str_has_control(text)))
		return NULL;
	return text;
}

int64_t verbs_number(const struct document *document, uint32_t node,
		     const char *name)
{
	const struct attribute_rule *rule =
		verbs_attribute(document_name(document, node), name);
	const char *text = document_attribute(document, node, name);
	int64_t number = 0;
	if (rule && (!text || verbs_fit(rule, text, &number) == NUMBER_NONE))
		(void)str_number(rule->fallback, rule->lo, rule->hi, &number);
	return number;
}

bool verbs_are_keys(const char *text, const char *more)
{
	for (; *text; text++) {
		if (!strchr("0123456789*#ABCD", *text) && !strchr(more, *text))
			return false;
	}
	return true;
}

void verbs_keys(const struct document *document, uint32_t node,
		const char *name, const struct dialect *dialect,
		char keys_out[VERBS_KEYS_BYTES])
{
	const struct attribute_rule *rule =
		verbs_attribute(document_name(document, node), name);
	const char *text = document_attribute(document, node, name);
	size_t length = 0;
	if (text && strcmp(text, "-1") == 0)
		text = "";
	if (!text || !verbs_are_keys(text, ""))
		text = rule->of & dialect->params ? rule->fallback : "";
	for (; *text; text++) {
		keys_out[length] = '\0';
		if (!strchr(keys_out, *text))
			keys_out[length++] = *text;
	}
	keys_out[length] = '\0';
}

const char *verbs_digits(const struct document *document, uint32_t node)
{
	const struct attribute_rule *rule =
		verbs_attribute(document_name(document, node), "digits");
	const char *text = document_attribute(document, node, "digits");
	return text && *text && strlen(text) <= (size_t)rule->hi &&
			       verbs_are_keys(text, "wW")
		       ? text
		       : NULL;
}

bool verbs_bool(const struct document *document, uint32_t node,
		const char *name)
{
	const struct attribute_rule *rule =
		verbs_attribute(document_name(document, node), name);
	const char *text = document_attribute(document, node, name);
	if (text && (str_same(text, "true") || str_same(text, "false")))
		return str_same(text, "true");
	return rule && strcmp(rule->fallback, "true") == 0;
}

/* The word's place among "a|b|c", or -1. */
static int place_of(const char *words, const char *word)
{
	char known[64];
	for (int place = 0; verbs_next_word(&words, "|", known, sizeof(known));
	     place++) {
		if (strcmp(known, word) == 0)
			return place;
	}
	return -1;
}

unsigned verbs_words(const struct document *document, uint32_t node,
		     const char *name)
{
	const struct attribute_rule *rule =
		verbs_attribute(document_name(document, node), name);
	const char *rest = document_attribute(document, node, name);
	unsigned mask = 0;
	char word[32];
	while (rule && rest &&
	       verbs_next_word(&rest, WORD_SEPARATORS, word, sizeof(word))) {
		int place = place_of(rule->fallback, word);
		if (place >= 0)
			mask |= 1U << place;
	}
	return mask ? mask : 1U;
}

enum http_method verbs_method(const struct document *document, uint32_t node,
			      const char *name)
{
	const char *text = document_attribute(document, node, name);
	return text && str_same(text, "GET") ? HTTP_GET : HTTP_POST;
}

bool verbs_caller_id_is_good(const char *text, const struct dialect *dialect)
{
	size_t length = strlen(text);
	if (length == 0 || length > 128)
		return false;
	for (const char *c = text; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') ||
			     (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9');
		if (!plain && !strchr(dialect->caller_id_chars, *c))
			return false;
	}
	return true;
}

const char *verbs_caller_id(const struct document *document, uint32_t node,
			    const struct dialect *dialect)
{
	const char *text = document_attribute(document, node, "callerId");
	return text && verbs_caller_id_is_good(text, dialect) ? text : NULL;
}

/* The next word of a list with separators; NULL at its end. */
const char *verbs_next_word(const char **rest, const char *separators,
			    char *word_out, size_t size)
{
	*rest += strspn(*rest, separators);
	size_t length = strcspn(*rest, separators);
	if (length == 0)
		return NULL;
	(void)str_copy_bytes(word_out, size, *rest,
			     length < size ? length : size - 1);
	*rest += length;
	return word_out;
}

bool verbs_word_of(const char *words, const char *word)
{
	return place_of(words, word) >= 0;
}

int verbs_hook_event(const char *word)
{
	for (int event = 0; event < HOOK_EVENTS; event++) {
		if (str_same(verbs_hook_words[event], word))
			return event;
	}
	return -1;
}

unsigned verbs_events(const struct document *document, uint32_t node)
{
	const char *rest =
		document_attribute(document, node, "statusCallbackEvent");
	unsigned mask = 0;
	char word[32];
	while (rest &&
	       verbs_next_word(&rest, WORD_SEPARATORS, word, sizeof(word))) {
		int event = verbs_hook_event(word);
		if (event >= 0)
			mask |= 1U << event;
	}
	return mask ? mask : 1U << HOOK_COMPLETED;
}

const char *verbs_codec(const char *word)
{
	static const char *const codecs[] = {"PCMU", "PCMA", "G722", "G729",
					     "OPUS"};

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (str_same(codecs[i], word))
			return codecs[i];
	return NULL;
}

void verbs_codecs(const struct document *document, uint32_t node,
		  char *codecs_out)
{
	const char *rest = document_attribute(document, node, "codecs");
	char word[32];
	codecs_out[0] = '\0';
	while (rest &&
	       verbs_next_word(&rest, WORD_SEPARATORS, word, sizeof(word))) {
		size_t used = strlen(codecs_out);
		const char *name = verbs_codec(word);
		if (!name || strstr(codecs_out, name) || used > 40)
			continue;
		(void)str_format(codecs_out + used, VERBS_CODECS_BYTES - used,
				 "%s%s", used ? "," : "", name);
	}
	if (!codecs_out[0])
		(void)str_copy(codecs_out, VERBS_CODECS_BYTES, "PCMU,PCMA");
}
