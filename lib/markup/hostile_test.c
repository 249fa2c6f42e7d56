/*
 * hostile_test.c - documents that are made to hurt: each is refused, and none
 * costs more than a moment and a few megabytes.
 *
 * Each is read in a child process of its own, whose processor time and memory
 * the kernel counts, so that a busy machine changes nothing.
 */
#include "lib/markup/document.h"

#include "lib/base/buf.h"
#include "lib/test/test.h"
#include "proto/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BODY_MAX (16 * 1024 * 1024)
#define MEMORY_KB (20 * 1024)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TIME_US 2000000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TIME_US 2000000
#endif
#endif
#ifndef TIME_US
#define TIME_US 100000
#endif
#define ACCEPTED 0

#define R "<Response>"
#define E "</Response>"
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define LAUGH(name, of) "<!ENTITY " name " \"&" of ";&" of ";&" of ";\">"

#define ONE(what, code, text)                                                  \
	{                                                                      \
		what, code, text, "", 0, "", "text/xml", false                 \
	}
#define MANY(what, code, head, piece, times, tail)                             \
	{                                                                      \
		what, code, head, piece, times, tail, "text/xml", false        \
	}
#define AS(what, code, text, type, strict)                                     \
	{                                                                      \
		what, code, text, "", 0, "", type, strict                      \
	}
/* The body: head, 'times' times 'piece' (# is a number), tail. */
static const struct row {
	const char *what;
	int code;
	const char *head, *piece;
	unsigned times;
	const char *tail;
	const char *type;
	bool strict;
} rows[] = {
	/* entities and what declares them */
	ONE("external entity of a file", 12100,
	    "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" R
	    "&x;" E),
	ONE("external entity of a URL", 12100,
	    "<!DOCTYPE r [<!ENTITY x PUBLIC \"a\" \"http://127.0.0.1/\">]>" R
	    "&x;" E),
	ONE("parameter entity", 12100,
	    "<!DOCTYPE r [<!ENTITY % x SYSTEM \"file:///etc/passwd\"> %x;]>" R
		    E),
	ONE("external DTD", 12100,
	    "<!DOCTYPE r SYSTEM \"http://127.0.0.1/x.dtd\">" R E),
	MANY("billion laughs", 12100,
	     "<!DOCTYPE r [<!ENTITY a \"ha\">" LAUGH("b", "a") LAUGH("c", "b")
		     LAUGH("d", "c") LAUGH("e", "d") LAUGH("f", "e") LAUGH(
			     "g", "f") LAUGH("h", "g") LAUGH("i", "h") "]>" R,
	     "&i;", 5000, E),
	MANY("one large entity many times", 12100, "<!DOCTYPE r [<!ENTITY a \"",
	     "0123456789abcdef", 2000, "\">]>" R "&a;&a;&a;&a;&a;" E),
	ONE("an entity that holds itself", 12100,
	    "<!DOCTYPE r [<!ENTITY a \"&a;\">]>" R "&a;" E),
	ONE("attribute defaults", 12100,
	    "<!DOCTYPE r [<!ATTLIST Response a CDATA \"x\">]>" R E),
	ONE("DOCTYPE behind a comment", 12100, "<!-- a --><!DOCTYPE r>" R E),
	ONE("DOCTYPE behind an instruction", 12100,
	    XML "<?a b?>\n<!DOCTYPE r>" R E),
	ONE("DOCTYPE of HTML", 12100, "<!doctype html><html></html>"),
	ONE("DOCTYPE inside the root", 12100, R "<!DOCTYPE r>" E),
	ONE("ENTITY without DOCTYPE", 12100, "<!ENTITY a \"b\">" R "&a;" E),
	ONE("an entity of HTML", 12100, R "&nbsp;" E),
	/* size and shape */
	MANY("17 levels", 12100, R, "<a>", 16, ""),
	MANY("20,000 levels", 12100, R, "<a>", 20000, ""),
	MANY("1,001 elements", 12100, R, "<a/>", 1000, E),
	MANY("16,000 elements", 12100, R, "<a/>", 16000, E),
	MANY("65 attributes", 12100, "<Response", " a#=''", 65, "/>"),
	MANY("7,000 attributes", 12100, "<Response", " a#=''", 7000, "/>"),
	MANY("3,800 declared name spaces", 12100, "<Response", " xmlns:a#='u'",
	     3800, "/>"),
	MANY("a name of 60 kB", 12100, "<", "a", 60000, "/>"),
	MANY("a text of 11 MB", 11750, R, "0123456789", 1100000, E),
	MANY("an attribute of 11 MB", 11750, "<Response a='", "0123456789",
	     1100000, "'/>"),
	MANY("60 kB of <", 12100, R, "<", 60000, E),
	MANY("60 kB of tags that do not end", 12100, R, "<a ", 20000, E),
	MANY("60 kB of quotes", 12100, "<Response ", "a=\"", 20000, "/>"),
	MANY("60 kB of typographic quotes", 12100,
	     "<Response a=", "\xe2\x80\x9d", 20000, "/>"),
	MANY("60 kB of comments that do not end", 12100, R, "<!--", 15000, E),
	MANY("60 kB of CDATA that does not end", 12100, R, "<![CDATA[", 7000,
	     E),
	MANY("60 kB of instructions that do not end", 12100, R, "<?a ", 15000,
	     E),
	MANY("60 kB of end tags", 12100, R, "</a>", 15000, E),
	/* characters */
	ONE("bytes that are no UTF-8", 12100, R "\xff\xfe" E),
	ONE("UTF-8 that is too long for its character", 12100, R "\xc0\xaf" E),
	ONE("a surrogate in UTF-8", 12100, R "\xed\xa0\x80" E),
	ONE("beyond Unicode", 12100, R "\xf4\x90\x80\x80" E),
	ONE("a control character", 12100, R "a\x01" E),
	ONE("a reference to NUL", 12100, R "&#0;" E),
	ONE("a reference to a control character", 12100, R "&#x1;" E),
	ONE("a reference to a surrogate", 12100, R "&#xD800;" E),
	ONE("a reference beyond Unicode", 12100, R "&#x110000;" E),
	ONE("a reference that overflows", 12100, R "&#99999999999999999999;" E),
	ONE("UTF-7", 12100, "<?xml version=\"1.0\" encoding=\"UTF-7\"?>" R E),
	ONE("EBCDIC", 12100,
	    "<?xml version=\"1.0\" encoding=\"EBCDIC-US\"?>" R E),
	AS("UTF-16 by its type", 12100, R E, "text/xml; charset=utf-16", false),
	ONE("UTF-16 by its mark", 12100, "\xff\xfe<"),
	ONE("a packed body", 12100, "\x1f\x8b\x08"),
	/* what is no document */
	ONE("nothing", 12100, ""),
	MANY("blanks", 12100, "", " \r\n\t", 1000, ""),
	ONE("a comment", 12100, "<!-- " R E " -->"),
	ONE("a blank before the declaration", 12100, " " XML R E),
	ONE("two roots", 12100, R E R E),
	ONE("words behind the root", 12100, R E "more"),
	ONE("the end is missing", 12100, R "<Say>a</Say>"),
	ONE("ends that cross", 12100, R "<a><b></a></b>" E),
	ONE("an attribute twice", 12100, R "<a b='1' b='2'/>" E),
	ONE("an attribute without quotes", 12100, R "<a b=1/>" E),
	ONE("an attribute without a value", 12100, R "<a b/>" E),
	ONE("< in an attribute", 12100, R "<a b='<'/>" E),
	AS("a raw &, strictly", 12100, R "<a>b&c</a>" E, "text/xml", true),
	ONE("-- in a comment", 12100, R "<!-- a -- b -->" E),
	ONE("]]> in a text", 12100, R "a]]>b" E),
	ONE("another root", 12101, "<html><body/></html>"),
	ONE("the root in small letters", 12101, "<response/>"),
	ONE("a root of another name space", 12101,
	    "<x:Response xmlns:x='urn:x'/>"),
	ONE("JSON", 12100, "{\"a\":1}"),
	AS("another type", 12300, R E, "application/json", false),
	/* what is one, and does no harm */
	ONE("XInclude", ACCEPTED,
	    R "<x:include xmlns:x='http://www.w3.org/2001/XInclude' "
	      "href='file:///etc/passwd' parse='text'/>" E),
	ONE("a catalogue", ACCEPTED,
	    "<?oasis-xml-catalog catalog='http://127.0.0.1:1/'?>" R E),
	ONE("a style sheet", ACCEPTED,
	    "<?xml-stylesheet href='http://127.0.0.1:1/'?>" R E),
	ONE("a schema", ACCEPTED,
	    "<Response xmlns:x='http://www.w3.org/2001/XMLSchema-instance' "
	    "x:noNamespaceSchemaLocation='http://127.0.0.1:1/'/>"),
	ONE("an entity in CDATA", ACCEPTED,
	    R "<![CDATA[<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;]]>" E),
	MANY("60 kB of raw ampersands", ACCEPTED, R, "&", 60000, E),
	MANY("60 kB of references", ACCEPTED, R, "&amp;", 13000, E),
	MANY("60 kB of instructions", ACCEPTED, R, "<?a b?>", 9000, E),
	MANY("60 kB of comments", ACCEPTED, R, "<!---->", 9000, E),
};
#undef ONE
#undef MANY
#undef AS
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void add_body(const struct row *row, struct buf *to)
{
	buf_add_text(to, row->head);
	for (unsigned i = 0; i < row->times; i++) {
		const char *number = strchr(row->piece, '#');
		if (number)
			buf_addf(to, "%.*s%u%s", (int)(number - row->piece),
				 row->piece, i, number + 1);
		else
			buf_add_text(to, row->piece);
	}
	buf_add_text(to, row->tail);
}

/* The first error's number; ACCEPTED: it is a document, and holds no file. */
static int read_row(const struct row *row, const struct buf *body)
{
	static struct findings findings;
	findings_clear(&findings);
	struct document *document = document_parse(
		buf_text(body), body->length,
		row->type ? row->type : "text/xml", row->strict, &findings);
	int code = ACCEPTED;
	for (unsigned i = 0; i < findings.count && !document; i++)
		if (!code && findings.list[i].level == NOTE_ERROR)
			code = findings.list[i].code;
	for (uint32_t i = 0; document && i < document->node_count; i++)
		if (strstr(document_text(document, i), "root:"))
			code = 1;
	if (!document && !code)
		code = 1;
	document_free(document);
	return code;
}

struct cost {
	int status;
	long kilobytes;
	long long us;
};

/* 'row' NULL: what a child costs that reads nothing. */
static struct cost measure(const struct row *row, const struct buf *body)
{
	struct cost cost = {-1, 0, 0};
	struct rusage usage;
	int status;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) /* a status has 8 bits */
		_exit(row && read_row(row, body) != row->code);
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return cost;
	cost.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	cost.kilobytes = usage.ru_maxrss;
	cost.us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL +
		  usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	return cost;
}

TEST(hostile_documents_are_refused_at_little_cost)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct buf body = BUF_INIT(BODY_MAX);
		add_body(&rows[i], &body);
		struct cost idle = measure(NULL, &body);
		struct cost cost = measure(&rows[i], &body);
		bool good = idle.status == 0 && cost.status == 0 &&
			    cost.us - idle.us <= TIME_US &&
			    cost.kilobytes - idle.kilobytes <= MEMORY_KB;
		if (!CHECK(good))
			fprintf(stderr,
				"  %s: status %d, %d wanted %d, %lld us, %ld "
				"kB\n",
				rows[i].what, cost.status,
				read_row(&rows[i], &body), rows[i].code,
				cost.us - idle.us,
				cost.kilobytes - idle.kilobytes);
		buf_free(&body);
	}
}

TEST(a_zero_byte_ends_no_document_early)
{
	static const char body[] = R "\0" E;
	struct findings findings = {0};
	CHECK(!document_parse(body, sizeof(body) - 1, "text/xml", false,
			      &findings));
	CHECK_INT(findings.list[0].code, ERR_DOCUMENT_PARSE);
	findings_clear(&findings);
}

TEST_MAIN()
