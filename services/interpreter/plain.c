/*
 * plain.c - answers that are no markup and yet say what to do, in the dialects
 * that have them: text/plain is spoken (if it is no markup after all), a sound
 * is played, and then the document is over; see plain.h.
 */
#include "services/interpreter/plain.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "lib/markup/charset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TYPE_BYTES 256
#define MADE_MAX (4 * DOCUMENT_BYTES_MAX)
#define XML_TYPE "text/xml"

static bool is_text(const char *type)
{
	size_t length = strcspn(type, "; \t");
	return length == 10 && strncasecmp(type, "text/plain", 10) == 0;
}

static bool is_sound(const char *type)
{
	return strncasecmp(type, "audio/", 6) == 0;
}

static void add_escaped(struct buf *to, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '&')
			buf_add_text(to, "&amp;");
		else if (c == '<')
			buf_add_text(to, "&lt;");
		else if (c == '>')
			buf_add_text(to, "&gt;");
		else
			buf_add(to, c < 0x20 || c == 0x7f ? " " : text, 1);
	}
}

/* A document of this one verb. */
static struct document *made_of(const char *verb, const char *text,
				struct findings *findings)
{
	struct buf made = BUF_INIT(MADE_MAX);
	buf_addf(&made, "<Response><%s>", verb);
	add_escaped(&made, text);
	buf_addf(&made, "</%s></Response>", verb);
	struct document *document = document_parse(buf_text(&made), made.length,
						   XML_TYPE, true, findings);
	buf_free(&made);
	return document;
}

static struct document *read_text(bool strict, const char *type,
				  const char *body, size_t size,
				  struct findings *findings,
				  enum plain *plain_out)
{
	char as_xml[TYPE_BYTES];
	struct findings trial = {0};
	size_t length;
	if (!str_format(as_xml, sizeof(as_xml), XML_TYPE "%s",
			type + strlen("text/plain")))
		(void)str_copy(as_xml, sizeof(as_xml), XML_TYPE);
	struct document *document =
		document_parse(body, size, as_xml, strict, &trial);
	if (document || !size || size > DOCUMENT_BYTES_MAX) {
		*findings = trial;
		return document;
	}
	findings_clear(&trial);
	*plain_out = PLAIN_SPOKEN;
	char *text = charset_to_utf8(body, size, as_xml, findings, &length);
	document = text ? made_of("Say", text, findings) : NULL;
	free(text);
	return document;
}

struct document *plain_read(const struct plain_rules *rules, const char *type,
			    const char *body, size_t size,
			    struct findings *findings, enum plain *plain_out)
{
	*plain_out = PLAIN_MARKUP;
	if (rules->dialect->plain_answers && is_text(type))
		return read_text(rules->strict, type, body, size, findings,
				 plain_out);
	if (!is_sound(type))
		return document_parse(body, size, type, rules->strict,
				      findings);
	if (rules->dialect->plain_answers) {
		*plain_out = PLAIN_PLAYED;
		return made_of("Play", rules->url, findings);
	}
	/* Its body was not read: it is not the document that is empty. */
	finding_add(findings, NOTE_ERROR, ERR_DOCUMENT_TYPE,
		    (struct place){0, 0},
		    "Content-Type is '%.60s': answer with text/xml", type);
	return NULL;
}
