/*
 * speech_text.c - a table of SSML's elements and a walk over the text; see
 * speech_text.h.
 */
#include "services/mediad/sound/speech_text.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

#define NAME_BYTES 24
#define VALUE_BYTES 128
#define PARAGRAPH_MS 500

struct walk {
	struct speech *speech;
	size_t length;   /* of text so far */
	size_t begun;    /* where the present part begins */
	bool spelling;   /* inside of say-as */
	unsigned hidden; /* inside of sub: its alias is said instead */
};

/* One tag, as it stands between < and >. */
struct tag {
	char name[NAME_BYTES];
	bool closing, empty;
	const char *attributes;
	size_t attributes_length;
};

static void add(struct walk *walk, const char *bytes, size_t length)
{
	if (walk->length + length < SPEECH_TEXT_BYTES) {
		memcpy(walk->speech->text + walk->length, bytes, length);
		walk->length += length;
	}
}

static bool is_blank(const struct walk *walk)
{
	size_t length;

	str_trim(walk->speech->text + walk->begun, walk->length - walk->begun,
		 &length);
	return length == 0;
}

static void end_part(struct walk *walk, int pause_ms)
{
	struct speech *speech = walk->speech;
	struct speech_part *part = &speech->parts[speech->count];
	bool blank = is_blank(walk);

	if (speech->count == SPEECH_PARTS_MAX || (blank && !pause_ms))
		return;
	/* The last part has room for all the text that is left. */
	if (speech->count == SPEECH_PARTS_MAX - 1 && pause_ms)
		return;
	part->at = walk->begun;
	part->length = blank ? 0 : walk->length - walk->begun;
	part->pause_ms = pause_ms;
	speech->count++;
	walk->begun = walk->length;
}

/* --- attributes --- */

static bool attribute(const struct tag *tag, const char *name, char *value_out)
{
	const char *at = tag->attributes;
	const char *end = at + tag->attributes_length;
	size_t length = strlen(name);

	for (; at + length + 2 < end; at++) {
		const char *stop;

		if (strncasecmp(at, name, length) != 0 || at[length] != '=' ||
		    (at[length + 1] != '"' && at[length + 1] != '\''))
			continue;
		stop = memchr(at + length + 2, at[length + 1],
			      (size_t)(end - at) - length - 2);
		return stop &&
		       str_copy_bytes(value_out, VALUE_BYTES, at + length + 2,
				      (size_t)(stop - at) - length - 2);
	}
	return false;
}

/* "500ms", "1s", "1.5s" */
static int milliseconds(const char *text)
{
	double value = 0, place = 1;
	bool fraction = false;

	for (; (*text >= '0' && *text <= '9') || (*text == '.' && !fraction);
	     text++) {
		if (*text == '.') {
			fraction = true;
		} else if (fraction) {
			place /= 10;
			value += (*text - '0') * place;
		} else if (value < SPEECH_BREAK_MAX_MS) {
			value = value * 10 + (*text - '0');
		}
	}
	if (strcasecmp(text, "s") == 0)
		value *= 1000;
	else if (strcasecmp(text, "ms") != 0)
		return 0;
	return value < SPEECH_BREAK_MAX_MS ? (int)value : SPEECH_BREAK_MAX_MS;
}

static int strength(const char *word)
{
	static const struct {
		const char *word;
		int ms;
	} rows[] = {
		{"none", 0},     {"x-weak", 100},  {"weak", 250},
		{"medium", 500}, {"strong", 1000}, {"x-strong", 2000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcasecmp(rows[i].word, word) == 0)
			return rows[i].ms;
	return 500;
}

/* --- elements --- */

static void do_nothing(struct walk *walk, const struct tag *tag)
{
	(void)walk, (void)tag;
}

static void do_break(struct walk *walk, const struct tag *tag)
{
	char value[VALUE_BYTES] = "medium";

	if (tag->closing)
		return;
	if (attribute(tag, "time", value)) {
		end_part(walk, milliseconds(value));
		return;
	}
	(void)attribute(tag, "strength", value);
	end_part(walk, strength(value));
}

static void do_paragraph(struct walk *walk, const struct tag *tag)
{
	if (tag->closing)
		end_part(walk, PARAGRAPH_MS);
}

static void do_sub(struct walk *walk, const struct tag *tag)
{
	char alias[VALUE_BYTES];

	if (tag->closing) {
		walk->hidden = 0;
	} else if (!tag->empty && attribute(tag, "alias", alias)) {
		add(walk, alias, strlen(alias));
		walk->hidden = 1;
	}
}

static void do_say_as(struct walk *walk, const struct tag *tag)
{
	static const char *const spelled[] = {"digits", "characters",
					      "spell-out", "telephone"};
	char value[VALUE_BYTES];

	walk->spelling = false;
	if (tag->closing || tag->empty ||
	    !attribute(tag, "interpret-as", value))
		return;
	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++)
		if (strcasecmp(spelled[i], value) == 0)
			walk->spelling = true;
}

static const struct element {
	const char *name;
	void (*act)(struct walk *walk, const struct tag *tag);
} elements[] = {
	{"break", do_break},
	{"p", do_paragraph},
	{"s", do_nothing},
	{"sub", do_sub},
	{"say-as", do_say_as},
	{"emphasis", do_nothing},
	{"lang", do_nothing},
	{"phoneme", do_nothing},
	{"prosody", do_nothing},
	{"speak", do_nothing},
	{"voice", do_nothing},
	{"w", do_nothing},
	{"mark", do_nothing},
	{"amazon:effect", do_nothing},
	{"amazon:domain", do_nothing},
};

static const struct element *element_named(const char *name)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (strcasecmp(elements[i].name, name) == 0)
			return &elements[i];
	return NULL;
}

/* 'text' begins with <. Returns the bytes of the tag, 0: it is none of ours. */
static size_t read_tag(const char *text, struct tag *tag)
{
	const char *end = strchr(text, '>'), *at = text + 1;
	size_t name;

	if (!end)
		return 0;
	tag->closing = *at == '/';
	at += tag->closing;
	name = strcspn(at, " \t\r\n/>");
	if (!str_copy_bytes(tag->name, sizeof(tag->name), at, name) ||
	    !element_named(tag->name))
		return 0;
	tag->attributes = at + name;
	tag->attributes_length = (size_t)(end - tag->attributes);
	tag->empty = end[-1] == '/';
	return (size_t)(end - text) + 1;
}

/* Speech engines read "1234" as a number, "1 2 3 4" as digits. */
static void add_character(struct walk *walk, const char *text, size_t length)
{
	if (walk->hidden)
		return;
	add(walk, text, length);
	if (walk->spelling)
		add(walk, " ", 1);
}

void speech_read(const char *text, struct speech *speech_out)
{
	struct walk walk = {.speech = speech_out};
	struct tag tag;

	memset(speech_out, 0, sizeof(*speech_out));
	while (text && *text) {
		size_t length = *text == '<' ? read_tag(text, &tag) : 0;

		if (length) {
			element_named(tag.name)->act(&walk, &tag);
			text += length;
			continue;
		}
		length = str_utf8_length(text, strnlen(text, 4));
		add_character(&walk, text, length ? length : 1);
		text += length ? length : 1;
	}
	end_part(&walk, 0);
}
