/*
 * prompt.c - <Play>, <Say> and <Pause> as pieces of a prompt, alone or inside a
 * <Gather>.
 */
#include "services/interpreter/call.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "services/interpreter/url.h"

#include <string.h>

#define LOOPS_MAX 1000 /* of a piece; what goes on for ever is asked again */
#define ITEMS_MAX (sizeof(((struct play *)0)->items) / sizeof(struct prompt))

/* Of a text, as it is spoken: a blank for each run of white space. */
static char *speech_of(const char *text)
{
	size_t length = strlen(text), used = 0;
	char *speech = mem_new(length + 1, 1);
	for (; *text && used < VERBS_SPEECH_BYTES; text++) {
		bool blank = strchr(" \t\r\n", *text) != NULL;
		if (!blank)
			speech[used++] = *text;
		else if (used && speech[used - 1] != ' ')
			speech[used++] = ' ';
	}
	/* Not in the middle of a character. */
	while (*text && used && ((unsigned char)*text & 0xC0) == 0x80)
		used--, text--;
	speech[used] = '\0';
	return speech;
}

static bool add_speech(const struct runner *runner, uint32_t node,
		       struct prompt *prompt)
{
	const struct document *document = runner->document;
	const char *text = document_text(document, node);
	if (!*text)
		return false;
	prompt->kind = PROMPT_SPEECH;
	prompt->text = speech_of(text);
	(void)str_copy(prompt->voice, sizeof(prompt->voice),
		       verbs_text(document, node, "voice"));
	(void)str_copy(prompt->language, sizeof(prompt->language),
		       verbs_text(document, node, "language"));
	return true;
}

static bool add_digits(const char *digits, struct prompt *prompt)
{
	prompt->kind = PROMPT_DIGITS;
	return str_copy(prompt->digits, sizeof(prompt->digits), digits);
}

static bool add_file(struct call *call, const struct leg *leg, uint32_t node,
		     struct prompt *prompt)
{
	const struct runner *runner = leg->runner;
	const char *text = document_text(runner->document, node);
	const char *digits = verbs_digits(runner->document, node);
	char url[URL_BYTES];
	bool nested = node != runner->verb;
	if (digits && !nested)
		return add_digits(digits, prompt);
	if (!*text || !url_resolve(runner->url, text, url, sizeof(url)) ||
	    strlen(url) > 4096) {
		note(call, leg, NOTE_ERROR, ERR_URL_INVALID, runner->url,
		     "Play: '%.100s' is no http(s) URL: write an absolute one, "
		     "or one relative to this document",
		     text);
		return false;
	}
	prompt->kind = PROMPT_FILE;
	proto_set_long(&prompt->url, url);
	return true;
}

static bool add_pause(const struct runner *runner, uint32_t node,
		      struct prompt *prompt)
{
	prompt->kind = PROMPT_PAUSE;
	prompt->ms = 1000 * verbs_number(runner->document, node, "length");
	return prompt->ms > 0;
}

bool prompt_add(struct call *call, const struct leg *leg, uint32_t node,
		struct play *play)
{
	const struct runner *runner = leg->runner;
	const char *name = document_name(runner->document, node);
	struct prompt *prompt = &play->items[play->items_count];
	bool added;
	if (play->items_count == ITEMS_MAX)
		return false;
	if (strcmp(name, "Say") == 0)
		added = add_speech(runner, node, prompt);
	else if (strcmp(name, "Play") == 0)
		added = add_file(call, leg, node, prompt);
	else
		added = add_pause(runner, node, prompt);
	if (!added)
		return false;
	if (prompt->kind != PROMPT_PAUSE) {
		int64_t loop = verbs_number(runner->document, node, "loop");
		prompt->times = loop ? loop : LOOPS_MAX;
	}
	if (prompt->times == 1)
		prompt->times = 0;
	play->items_count++;
	return true;
}

void prompt_add_inside(struct call *call, const struct leg *leg,
		       struct play *play)
{
	const struct document *document = leg->runner->document;
	uint32_t node = document->nodes[leg->runner->verb].first_child;
	for (; node != NODE_NONE; node = document->nodes[node].next) {
		if (!verbs_runs(document, node))
			continue;
		if (play->items_count == ITEMS_MAX) {
			note(call, leg, NOTE_WARNING, ERR_DOCUMENT_SCHEMA,
			     leg->runner->url,
			     "line %u: only the first %u prompts inside "
			     "<Gather> are played",
			     document->nodes[node].place.line,
			     (unsigned)ITEMS_MAX);
			return;
		}
		(void)prompt_add(call, leg, node, play);
	}
}
