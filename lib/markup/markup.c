/*
 * markup.c - one pass over the customer's text; see markup.h.
 */
#include "lib/markup/markup.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 4096

struct scanner {
	const char *at, *end;
	struct place here;  /* in the customer's text */
	struct place there; /* in what the parser will see */
	struct buf out;
	bool strict;
	bool refused; /* strict, and something would have to be mended */
	struct markup *markup;
	struct findings *findings;
};

static bool looks_at(const struct scanner *scanner, const char *word)
{
	size_t length = strlen(word);
	return (size_t)(scanner->end - scanner->at) >= length &&
	       memcmp(scanner->at, word, length) == 0;
}

static void move(struct place *place, char c)
{
	if (c == '\n') {
		place->line++;
		place->column = 1;
	} else if (((unsigned char)c & 0xC0) != 0x80) {
		place->column++; /* the first byte of a character */
	}
}

static void emit(struct scanner *scanner, const char *text, size_t length)
{
	buf_add(&scanner->out, text, length);
	for (size_t i = 0; i < length; i++)
		move(&scanner->there, text[i]);
}

static void skip(struct scanner *scanner, size_t length)
{
	for (; length && scanner->at < scanner->end; length--)
		move(&scanner->here, *scanner->at++);
}

static void copy(struct scanner *scanner, size_t length)
{
	if (length > (size_t)(scanner->end - scanner->at))
		length = (size_t)(scanner->end - scanner->at);
	emit(scanner, scanner->at, length);
	skip(scanner, length);
}

/* Writes 'with' instead of the next 'length' bytes. */
static void mend(struct scanner *scanner, size_t length, const char *with)
{
	struct markup *markup = scanner->markup;
	struct place before = scanner->here, after = scanner->there;
	emit(scanner, with, strlen(with));
	skip(scanner, length);
	int shift = (int)(scanner->there.column - after.column) -
		    (int)(scanner->here.column - before.column);
	if (shift && markup->mend_count <
			     sizeof(markup->mends) / sizeof(markup->mends[0])) {
		markup->mends[markup->mend_count].line = after.line;
		markup->mends[markup->mend_count].column = after.column;
		markup->mends[markup->mend_count++].shift = shift;
	}
}

static void note_place(struct place **places, unsigned *count,
		       struct place place)
{
	if (*count == PLACES_MAX)
		return;
	if ((*count & (*count - 1)) == 0) /* a power of two: double */
		*places = mem_grow(*places,
				   (*count ? *count * 2 : 1) * sizeof(place));
	(*places)[(*count)++] = place;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == ':';
}

/* "&name;", "&#12;" or "&#x1f;" begins here. */
static bool is_reference(const struct scanner *scanner)
{
	const char *c = scanner->at + 1;
	const char *end = scanner->end;
	if (c < end && *c == '#') {
		c++;
		if (c < end && (*c == 'x' || *c == 'X'))
			c++;
		const char *digits = c;
		while (c < end && is_name(*c) && *c != ':')
			c++;
		return c > digits && c < end && *c == ';';
	}
	if (c == end || !is_name_start(*c))
		return false;
	while (c < end && is_name(*c))
		c++;
	return c < end && *c == ';';
}

/* Something that is mended, or the document's end if it is read strictly. */
static void slip(struct scanner *scanner, const char *mended,
		 const char *strictly)
{
	scanner->refused |= scanner->strict;
	finding_add(scanner->findings,
		    scanner->strict ? NOTE_ERROR : NOTE_WARNING,
		    ERR_DOCUMENT_PARSE, scanner->here, "%s",
		    scanner->strict ? strictly : mended);
}

static void ampersand(struct scanner *scanner)
{
	if (is_reference(scanner)) {
		copy(scanner, 1);
		return;
	}
	slip(scanner, "a raw & was read as &amp;: write &amp; for & in XML",
	     "a raw & is not XML: write &amp;");
	mend(scanner, 1, "&amp;");
}

/* Bytes of the typographic quote here (U+2018..201F), or 0. */
static size_t typographic_quote(const struct scanner *scanner)
{
	return looks_at(scanner, "\xE2\x80") &&
			       scanner->end - scanner->at > 2 &&
			       (unsigned char)scanner->at[2] >= 0x98 &&
			       (unsigned char)scanner->at[2] <= 0x9F
		       ? 3
		       : 0;
}

static void typographic_value(struct scanner *scanner)
{
	slip(scanner,
	     "typographic quotes round a value were read as \": write straight "
	     "quotes",
	     "typographic quotes round a value are not XML: write straight "
	     "quotes");
	mend(scanner, 3, "\"");
	while (scanner->at < scanner->end && *scanner->at != '>') {
		if (typographic_quote(scanner)) {
			mend(scanner, 3, "\"");
			return;
		}
		if (*scanner->at == '"')
			mend(scanner, 1, "&quot;");
		else if (*scanner->at == '&')
			ampersand(scanner);
		else
			copy(scanner, 1);
	}
}

static void quoted_value(struct scanner *scanner)
{
	char quote = *scanner->at;
	copy(scanner, 1);
	while (scanner->at < scanner->end && *scanner->at != quote) {
		if (*scanner->at == '&')
			ampersand(scanner);
		else
			copy(scanner, 1);
	}
	copy(scanner, 1);
}

/* A start tag: names are noted, values mended, up to and with its '>'. */
static void tag(struct scanner *scanner)
{
	bool wants_value = false, in_name = true;
	note_place(&scanner->markup->tags, &scanner->markup->tag_count,
		   scanner->here);
	copy(scanner, 1);
	while (scanner->at < scanner->end && *scanner->at != '>') {
		char c = *scanner->at;
		bool name = is_name(c) && !typographic_quote(scanner);
		if (wants_value && (c == '"' || c == '\'')) {
			quoted_value(scanner);
			wants_value = false;
		} else if (wants_value && typographic_quote(scanner)) {
			typographic_value(scanner);
			wants_value = false;
		} else {
			if (name && !in_name && !wants_value)
				note_place(&scanner->markup->attributes,
					   &scanner->markup->attribute_count,
					   scanner->here);
			wants_value = c == '=' || (wants_value && is_space(c));
			copy(scanner, 1);
		}
		in_name = name;
	}
	copy(scanner, 1);
}

/* Comments, CDATA, instructions, end tags: as they are. */
static void copy_until(struct scanner *scanner, const char *end)
{
	while (scanner->at < scanner->end && !looks_at(scanner, end))
		copy(scanner, 1);
	copy(scanner, strlen(end));
}

/* The declaration's encoding was obeyed already: blanks take its place. */
static void blank_declaration(struct scanner *scanner)
{
	while (scanner->at < scanner->end && !looks_at(scanner, "?>"))
		mend(scanner, 1, *scanner->at == '\n' ? "\n" : " ");
	mend(scanner, 2, "  ");
}

static bool scan(struct scanner *scanner)
{
	const char *start = scanner->at;
	while (scanner->at < scanner->end) {
		if (looks_at(scanner, "<!--"))
			copy_until(scanner, "-->");
		else if (looks_at(scanner, "<![CDATA["))
			copy_until(scanner, "]]>");
		else if (looks_at(scanner, "<!"))
			return false;
		else if (looks_at(scanner, "<?xml") && scanner->at == start)
			blank_declaration(scanner);
		else if (looks_at(scanner, "<?"))
			copy_until(scanner, "?>");
		else if (*scanner->at == '<' &&
			 scanner->at + 1 < scanner->end &&
			 is_name_start(scanner->at[1]))
			tag(scanner);
		else if (*scanner->at == '<')
			copy_until(scanner, ">");
		else if (*scanner->at == '&')
			ampersand(scanner);
		else
			copy(scanner, 1);
	}
	return true;
}

bool markup_scan(const char *text, size_t length, bool strict,
		 struct findings *findings, struct markup *markup_out)
{
	struct scanner scanner = {
		.at = text,
		.end = text + length,
		.here = {1, 1},
		.there = {1, 1},
		.out = BUF_INIT(length * 6 + 64),
		.strict = strict,
		.markup = markup_out,
		.findings = findings,
	};
	memset(markup_out, 0, sizeof(*markup_out));
	bool good = scan(&scanner);
	if (!good)
		finding_add(findings, NOTE_ERROR, ERR_DOCUMENT_PARSE,
			    scanner.here,
			    "DOCTYPE and other <! declarations are not "
			    "allowed: remove this one");
	markup_out->length = scanner.out.length;
	markup_out->text = buf_take(&scanner.out);
	return good && !scanner.refused;
}

struct place markup_place(const struct markup *markup, unsigned line,
			  unsigned column)
{
	struct place place = {line, column};
	for (unsigned i = 0; i < markup->mend_count; i++) {
		if (markup->mends[i].line == line &&
		    markup->mends[i].column < column)
			place.column = (unsigned)((int)place.column -
						  markup->mends[i].shift);
	}
	return place;
}

void markup_clear(struct markup *markup)
{
	free(markup->text);
	free(markup->tags);
	free(markup->attributes);
	memset(markup, 0, sizeof(*markup));
}
