/*
 * document_test.c - bodies become documents, or errors with place and advice.
 */
#include "lib/markup/document.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/test/test.h"

#include <stdlib.h>
#include <string.h>

static struct findings findings;

static struct document *parse_as(const char *type, const char *body)
{
	findings_clear(&findings);
	return document_parse(body, strlen(body), type, false, &findings);
}

static struct document *parse(const char *body)
{
	return parse_as("text/xml", body);
}

/* The first error of a body that must be refused. */
static struct finding *refused(const char *body)
{
	static struct finding none;
	struct document *document = parse(body);
	CHECK(!document);
	document_free(document);
	for (unsigned i = 0; i < findings.count; i++) {
		if (findings.list[i].level == NOTE_ERROR)
			return &findings.list[i];
	}
	CHECK_TEXT("no error", "an error");
	none = (struct finding){.text = ""};
	return &none;
}

static void check_error(const char *body, int code, unsigned line,
			unsigned column, const char *words)
{
	struct finding *finding = refused(body);
	CHECK_INT(finding->code, code);
	CHECK_INT(finding->line, line);
	CHECK_INT(finding->column, column);
	if (!CHECK(strstr(finding->text, words) != NULL))
		CHECK_TEXT(finding->text, words);
}

TEST(a_document_is_a_tree_with_trimmed_texts_and_places)
{
	struct document *document =
		parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<Response>\n"
		      "  <Dial timeout=\"10\" action=\"/after\">\n"
		      "    <Sip>\n  sip:a@b.example  \n</Sip>\n"
		      "  </Dial>\n"
		      "  <Hangup/>\n"
		      "</Response>\n");
	if (!CHECK(document != NULL))
		return;
	CHECK_INT(findings.count, 0);
	CHECK_INT(document->node_count, 4);
	CHECK_TEXT(document_name(document, 1), "Dial");
	CHECK_TEXT(document_attribute(document, 1, "timeout"), "10");
	CHECK(!document_attribute(document, 1, "method"));
	CHECK_TEXT(document_text(document, 2), "sip:a@b.example");
	CHECK_INT(document->nodes[0].first_child, 1);
	CHECK_INT(document->nodes[1].first_child, 2);
	CHECK_INT(document->nodes[1].next, 3);
	CHECK_INT(document->nodes[3].next, NODE_NONE);
	CHECK_INT(document->nodes[2].place.line, 4);
	CHECK_INT(document->nodes[2].place.column, 5);
	CHECK_INT(document_place(document, 1, "action").line, 3);
	CHECK_INT(document_place(document, 1, "action").column, 22);
	document_free(document);
}

TEST(comments_cdata_and_references_are_read)
{
	struct document *document =
		parse("<!-- a & b --><Response><!-- <Dial> --><Redirect>"
		      "<![CDATA[http://a/?x=1&y=2]]>&#x26;z=&lt;&amp;"
		      "</Redirect></Response><!-- end -->");
	if (!CHECK(document != NULL))
		return;
	CHECK_INT(findings.count, 0);
	CHECK_INT(document->node_count, 2);
	CHECK_TEXT(document_text(document, 1), "http://a/?x=1&y=2&z=<&");
	document_free(document);
}

TEST(raw_ampersands_are_mended_with_a_warning_that_names_the_place)
{
	struct document *document =
		parse("<Response>\n<Dial action=\"/a?x=1&y=2\"><Sip>sip:c@d?"
		      "a=foo&b=bar</Sip></Dial></Response>");
	if (!CHECK(document != NULL))
		return;
	CHECK_TEXT(document_text(document, 2), "sip:c@d?a=foo&b=bar");
	CHECK_TEXT(document_attribute(document, 1, "action"), "/a?x=1&y=2");
	CHECK_INT(findings.count, 2);
	CHECK_INT(findings.list[0].level, NOTE_WARNING);
	CHECK_INT(findings.list[0].line, 2);
	CHECK_INT(findings.list[0].column, 21);
	CHECK_INT(findings.list[1].column, 45);
	document_free(document);
}

TEST(typographic_quotes_are_mended_with_a_warning)
{
	struct document *document =
		parse("<Response><Video enable=\xE2\x80\x9Dtrue\xE2\x80\x9D "
		      "x=\"1\"/></Response>");
	if (!CHECK(document != NULL))
		return;
	CHECK_TEXT(document_attribute(document, 1, "enable"), "true");
	CHECK_TEXT(document_attribute(document, 1, "x"), "1");
	CHECK_INT(findings.count, 1);
	CHECK_INT(findings.list[0].column, 25);
	document_free(document);
}

TEST(what_is_not_well_formed_is_refused_with_its_place)
{
	check_error("<Response>\n<Dial>\n</Response>", ERR_DOCUMENT_PARSE, 3,
		    12, "order they were opened");
	check_error("<Response><Dial timeout=10/></Response>",
		    ERR_DOCUMENT_PARSE, 1, 25, "needs quotes");
	check_error("<Response><Dial a=\"1\" a=\"2\"/></Response>",
		    ERR_DOCUMENT_PARSE, 1, 28, "stands twice");
	check_error("<Response><Say>caf&eacute;</Say></Response>",
		    ERR_DOCUMENT_PARSE, 1, 27, "only &amp;");
	check_error("<Response>", ERR_DOCUMENT_PARSE, 1, 11, "close every");
	check_error("<Response/><Response/>", ERR_DOCUMENT_PARSE, 1, 12,
		    "one <Response>");
	check_error("hello", ERR_DOCUMENT_PARSE, 1, 1, "<Response/>");
	check_error("{\"a\":1}", ERR_DOCUMENT_PARSE, 1, 1, "<Response/>");
	check_error("\n<?xml version=\"1.0\"?><Response/>", ERR_DOCUMENT_PARSE,
		    2, 6, "very first thing");
}

TEST(an_error_behind_a_mended_ampersand_keeps_its_column)
{
	check_error("<Response><Sip>a&b&c</Sip><Dial a=1/></Response>",
		    ERR_DOCUMENT_PARSE, 1, 35, "needs quotes");
}

TEST(empty_bodies_and_other_roots_are_refused)
{
	check_error("", ERR_DOCUMENT_PARSE, 0, 0, "empty");
	check_error("  \n ", ERR_DOCUMENT_PARSE, 0, 0, "empty");
	check_error("<response/>", ERR_DOCUMENT_ROOT, 1, 1, "<Response>");
	check_error("<html><body/></html>", ERR_DOCUMENT_ROOT, 1, 1, "<html>");
}

TEST(any_doctype_is_refused_and_nothing_is_loaded)
{
	check_error("<!DOCTYPE Response [<!ENTITY x SYSTEM "
		    "\"file:///etc/passwd\">]><Response>&x;</Response>",
		    ERR_DOCUMENT_PARSE, 1, 1, "DOCTYPE");
	check_error("<?xml version=\"1.0\"?>\n<!DOCTYPE r>\n<Response/>",
		    ERR_DOCUMENT_PARSE, 2, 1, "DOCTYPE");
}

TEST(limits_hold_while_the_document_is_read)
{
	struct buf body = BUF_INIT(1 << 20);
	for (int i = 0; i < 17; i++)
		buf_add_text(&body, i ? "<a>" : "<Response>");
	CHECK(strstr(refused(buf_text(&body))->text, "deeper") != NULL);
	buf_clear(&body);
	buf_add_text(&body, "<Response>");
	for (int i = 0; i < 1000; i++)
		buf_add_text(&body, "<a/>");
	buf_add_text(&body, "</Response>");
	CHECK(strstr(refused(buf_text(&body))->text, "1000") != NULL);
	buf_clear(&body);
	buf_add_text(&body, "<Response");
	for (int i = 0; i < 65; i++)
		buf_addf(&body, " a%d=\"1\"", i);
	buf_add_text(&body, "/>");
	CHECK(strstr(refused(buf_text(&body))->text, "64") != NULL);
	buf_clear(&body);
	for (int i = 0; i < 65537; i++)
		buf_add_text(&body, " ");
	CHECK_INT(refused(buf_text(&body))->code, ERR_HTTP_TOO_LARGE);
	buf_free(&body);
}

TEST(content_types_decide_what_is_markup)
{
	static const char *const good[] = {"text/xml", "application/xml",
					   "Text/HTML; charset=utf-8",
					   " text/xml ;charset=\"UTF-8\""};
	static const char *const bad[] = {"", "application/json", "text/plain",
					  "audio/wav", "text/xmlx"};
	for (size_t i = 0; i < 4; i++) {
		struct document *document = parse_as(good[i], "<Response/>");
		CHECK(document != NULL);
		document_free(document);
	}
	for (size_t i = 0; i < 5; i++) {
		CHECK(!parse_as(bad[i], "<Response/>"));
		CHECK_INT(findings.list[0].code, ERR_DOCUMENT_TYPE);
	}
}

TEST(latin1_is_read_by_declaration_or_by_content_type)
{
	struct document *document =
		parse("<?xml version='1.0' encoding='ISO-8859-1'?>"
		      "<Response><Say>caf\xe9</Say></Response>");
	if (CHECK(document != NULL))
		CHECK_TEXT(document_text(document, 1), "caf\xc3\xa9");
	document_free(document);
	document = parse_as("text/xml; charset=ISO-8859-1",
			    "<?xml version='1.0' encoding='UTF-8'?>"
			    "<Response><Say>\xfc</Say></Response>");
	if (CHECK(document != NULL))
		CHECK_TEXT(document_text(document, 1), "\xc3\xbc");
	document_free(document);
	CHECK_INT(refused("<Response>\n<Say>caf\xe9</Say></Response>")->line,
		  2);
	CHECK(strstr(refused("<?xml version='1.0' "
			     "encoding='UTF-7'?><Response/>")
			     ->text,
		     "UTF-8") != NULL);
}

TEST(a_byte_order_mark_is_skipped)
{
	struct document *document = parse("\xEF\xBB\xBF<Response/>");
	CHECK(document != NULL);
	document_free(document);
	findings_clear(&findings);
}

TEST_MAIN()
