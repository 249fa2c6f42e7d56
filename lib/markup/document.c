/*
 * document.c - libxml2 in its smallest use: a SAX reader that fills our own
 * flat tree and stops at the first thing that is not allowed; see document.h.
 *
 * Rules (docs/markup.md): NONET, no entity but the five, no DOCTYPE, no
 * recovery, limits on size, depth, elements and attributes.
 */
#include "lib/markup/document.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/markup/charset.h"
#include "lib/markup/markup.h"

#include <assert.h>
#include <libxml/catalog.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	xmlParserCtxtPtr parser;
	struct document *document;
	const struct markup *markup;
	struct findings *findings;
	struct buf pool;
	struct buf texts[DOCUMENT_DEPTH_MAX]; /* of the open elements */
	uint32_t open[DOCUMENT_DEPTH_MAX];
	uint32_t last_child[DOCUMENT_DEPTH_MAX];
	unsigned depth;
	unsigned places_used; /* of the markup's attributes */
	bool stopped;         /* a finding says why */
};

static void stop(struct reader *reader, int code, struct place place,
		 const char *why)
{
	if (!reader->stopped)
		finding_add(reader->findings, NOTE_ERROR, code, place, "%s",
			    why);
	reader->stopped = true;
	xmlStopParser(reader->parser);
}

static uint32_t keep(struct reader *reader, const char *text, size_t length)
{
	uint32_t offset = (uint32_t)reader->pool.length;
	buf_add(&reader->pool, text, length);
	buf_add(&reader->pool, "", 1);
	return offset;
}

static uint32_t keep_name(struct reader *reader, const xmlChar *prefix,
			  const xmlChar *name)
{
	uint32_t offset = (uint32_t)reader->pool.length;
	if (prefix) {
		buf_add_text(&reader->pool, (const char *)prefix);
		buf_add_text(&reader->pool, ":");
	}
	buf_add_text(&reader->pool, (const char *)name);
	buf_add(&reader->pool, "", 1);
	return offset;
}

static struct place tag_place(const struct reader *reader, uint32_t node)
{
	if (node < reader->markup->tag_count)
		return reader->markup->tags[node];
	return (struct place){0, 0};
}

static struct node *add_node(struct reader *reader)
{
	struct document *document = reader->document;
	uint32_t number = document->node_count;
	if ((number & (number - 1)) == 0)
		document->nodes = mem_grow(document->nodes,
					   (number ? number * 2 : 1) *
						   sizeof(*document->nodes));
	struct node *node = &document->nodes[number];
	*node = (struct node){
		.parent = NODE_NONE,
		.next = NODE_NONE,
		.first_child = NODE_NONE,
		.first_attribute = document->attribute_count,
		.place = tag_place(reader, number),
	};
	document->node_count++;
	if (reader->depth > 0) {
		uint32_t above = reader->open[reader->depth - 1];
		uint32_t *last = &reader->last_child[reader->depth - 1];
		node->parent = above;
		if (*last == NODE_NONE)
			document->nodes[above].first_child = number;
		else
			document->nodes[*last].next = number;
		*last = number;
	}
	return node;
}

/*
 * A value without expanded entities: libxml2 then leaves each ampersand,
 * however it was written, as "&#38;", and nothing else.
 */
static uint32_t keep_value(struct reader *reader, const char *text,
			   size_t length)
{
	uint32_t offset = (uint32_t)reader->pool.length;
	for (size_t i = 0; i < length; i++) {
		buf_add(&reader->pool, text + i, 1);
		if (length - i >= 5 && memcmp(text + i, "&#38;", 5) == 0)
			i += 4;
	}
	buf_add(&reader->pool, "", 1);
	return offset;
}

/* 'fields' are libxml2's five: name, prefix, URI, value's begin and end. */
static void add_attribute(struct reader *reader, const xmlChar **fields)
{
	struct document *document = reader->document;
	uint32_t number = document->attribute_count;
	const struct markup *markup = reader->markup;
	if ((number & (number - 1)) == 0)
		document->attributes = mem_grow(
			document->attributes,
			(number ? number * 2 : 1) * sizeof(struct attribute));
	struct attribute *attribute = &document->attributes[number];
	size_t length;
	const char *value = str_trim((const char *)fields[3],
				     (size_t)(fields[4] - fields[3]), &length);
	attribute->name = keep_name(reader, fields[1], fields[0]);
	attribute->value = keep_value(reader, value, length);
	attribute->place = (struct place){0, 0};
	if (reader->places_used < markup->attribute_count)
		attribute->place = markup->attributes[reader->places_used++];
	document->attribute_count++;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *uri, int namespace_count,
		     const xmlChar **namespaces, int attribute_count,
		     int defaulted, const xmlChar **attributes)
{
	struct reader *reader = context;
	struct place place = tag_place(reader, reader->document->node_count);
	(void)uri, (void)namespaces, (void)defaulted;
	if (reader->stopped)
		return;
	if (reader->depth == DOCUMENT_DEPTH_MAX) {
		stop(reader, ERR_DOCUMENT_PARSE, place,
		     "elements are nested deeper than 16");
		return;
	}
	if (reader->document->node_count == DOCUMENT_ELEMENTS_MAX) {
		stop(reader, ERR_DOCUMENT_PARSE, place,
		     "the document has more than 1000 elements");
		return;
	}
	if (attribute_count + namespace_count > DOCUMENT_ATTRIBUTES_MAX) {
		stop(reader, ERR_DOCUMENT_PARSE, place,
		     "the element has more than 64 attributes");
		return;
	}
	struct node *node = add_node(reader);
	node->name = keep_name(reader, prefix, name);
	node->attribute_count = (uint32_t)attribute_count;
	/* Declared name spaces stand among the attributes in the text. */
	if (namespace_count)
		reader->places_used = reader->markup->attribute_count;
	for (int i = 0; i < attribute_count; i++)
		add_attribute(reader, attributes + 5 * i);
	reader->open[reader->depth] = reader->document->node_count - 1;
	reader->last_child[reader->depth] = NODE_NONE;
	reader->texts[reader->depth] = (struct buf)BUF_INIT(DOCUMENT_BYTES_MAX);
	reader->depth++;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *uri)
{
	struct reader *reader = context;
	(void)name, (void)prefix, (void)uri;
	if (reader->stopped || reader->depth == 0)
		return;
	struct buf *text = &reader->texts[--reader->depth];
	size_t length;
	const char *trimmed = str_trim(buf_text(text), text->length, &length);
	reader->document->nodes[reader->open[reader->depth]].text =
		keep(reader, trimmed, length);
	buf_free(text);
}

static void on_text(void *context, const xmlChar *text, int length)
{
	struct reader *reader = context;
	if (!reader->stopped && reader->depth)
		buf_add(&reader->texts[reader->depth - 1], (const char *)text,
			(size_t)length);
}

static void on_doctype(void *context, const xmlChar *name,
		       const xmlChar *public_id, const xmlChar *system_id)
{
	(void)name, (void)public_id, (void)system_id;
	stop(context, ERR_DOCUMENT_PARSE, (struct place){1, 1},
	     "DOCTYPE is not allowed: remove it");
}

/* What to write instead, by libxml2's error number. */
static const struct {
	int number;
	const char *advice;
} advices[] = {
	{XML_ERR_TAG_NAME_MISMATCH,
	 "an element is closed by another's end tag: close elements in the "
	 "order they were opened"},
	{XML_ERR_TAG_NOT_FINISHED, "the document ends inside an element: close "
				   "every element, </Response> last"},
	{XML_ERR_GT_REQUIRED, "a tag is not finished: write > or />"},
	{XML_ERR_ATTRIBUTE_NOT_STARTED,
	 "an attribute's value needs quotes: write name=\"value\""},
	{XML_ERR_ATTRIBUTE_NOT_FINISHED,
	 "an attribute's value has no closing quote"},
	{XML_ERR_ATTRIBUTE_WITHOUT_VALUE,
	 "an attribute has no value: write name=\"value\""},
	{XML_ERR_ATTRIBUTE_REDEFINED, "an attribute stands twice: remove one"},
	{XML_ERR_LT_IN_ATTRIBUTE, "< inside a value: write &lt;"},
	{XML_ERR_SPACE_REQUIRED, "a blank is missing between two attributes"},
	{XML_ERR_NAME_REQUIRED,
	 "a name was expected here: write &lt; for < in text"},
	{XML_ERR_UNDECLARED_ENTITY, "only &amp; &lt; &gt; &quot; &apos; and "
				    "&#number; are known: write &amp; for &"},
	{XML_WAR_UNDECLARED_ENTITY, "only &amp; &lt; &gt; &quot; &apos; and "
				    "&#number; are known: write &amp; for &"},
	{XML_ERR_ENTITYREF_SEMICOL_MISSING, "write &amp; for & in XML"},
	{XML_ERR_INVALID_CHAR, "a control character stands here: remove it"},
	{XML_ERR_INVALID_CHARREF,
	 "this character reference names a character that XML does not allow"},
	{XML_ERR_DOCUMENT_EMPTY,
	 "no markup was found: write at least <Response/>"},
	{XML_ERR_DOCUMENT_END,
	 "something follows the root element: a document has one <Response>"},
	{XML_ERR_RESERVED_XML_NAME,
	 "the XML declaration must be the very first thing: remove what stands "
	 "before <?xml"},
	{XML_ERR_PI_NOT_FINISHED, "a <? is not closed by ?>"},
	{XML_ERR_COMMENT_NOT_FINISHED, "a comment is not closed by -->"},
	{XML_ERR_HYPHEN_IN_COMMENT, "-- is not allowed inside a comment"},
	{XML_ERR_CDATA_NOT_FINISHED, "a CDATA section is not closed by ]]>"},
	{XML_ERR_MISPLACED_CDATA_END, "]]> in text: write ]]&gt;"},
};

static void on_error(void *context, xmlErrorPtr error)
{
	struct reader *reader = context;
	if (error->level < XML_ERR_ERROR || reader->stopped ||
	    error->domain == XML_FROM_NAMESPACE)
		return;
	const char *advice = "this is not well-formed XML: run voxctl lint "
			     "on the document";
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		if (advices[i].number == error->code)
			advice = advices[i].advice;
	}
	stop(reader, ERR_DOCUMENT_PARSE,
	     markup_place(reader->markup, (unsigned)error->line,
			  error->int2 > 0 ? (unsigned)error->int2 : 1),
	     advice);
}

static xmlParserInputPtr load_nothing(const char *url, const char *id,
				      xmlParserCtxtPtr parser)
{
	(void)url, (void)id, (void)parser;
	return NULL;
}

static void run_parser(struct reader *reader)
{
	const struct markup *markup = reader->markup;
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
	xmlCatalogSetDefaults(XML_CATA_ALLOW_NONE);
	reader->parser =
		xmlCreateMemoryParserCtxt(markup->text, (int)markup->length);
	if (!reader->parser)
		abort(); /* out of memory, as lib/base/mem.c does */
	xmlCtxtUseOptions(reader->parser, XML_PARSE_NONET | XML_PARSE_NOCDATA);
	xmlSAXHandler *sax = reader->parser->sax;
	memset(sax, 0, sizeof(*sax));
	sax->initialized = XML_SAX2_MAGIC;
	sax->startElementNs = on_start;
	sax->endElementNs = on_end;
	sax->characters = on_text;
	sax->cdataBlock = on_text;
	sax->internalSubset = on_doctype;
	sax->serror = on_error;
	reader->parser->userData = reader;
	xmlParseDocument(reader->parser);
	if (!reader->stopped &&
	    (!reader->parser->wellFormed || !reader->document->node_count))
		stop(reader, ERR_DOCUMENT_PARSE, (struct place){1, 1},
		     "this is not well-formed XML");
	xmlFreeParserCtxt(reader->parser);
}

static void check_root(struct reader *reader)
{
	const struct document *document = reader->document;
	if (reader->stopped)
		return;
	if (!str_equal(document_name(document, 0), "Response")) {
		reader->stopped = true;
		finding_add(reader->findings, NOTE_ERROR, ERR_DOCUMENT_ROOT,
			    document->nodes[0].place,
			    "the root element is <%.40s>: it must be "
			    "<Response>, in this spelling",
			    document_name(document, 0));
	}
}

static struct document *read_markup(const struct markup *markup,
				    struct findings *findings)
{
	struct reader reader = {
		.document = mem_new(1, sizeof(struct document)),
		.markup = markup,
		.findings = findings,
		.pool = BUF_INIT(4 * DOCUMENT_BYTES_MAX),
	};
	run_parser(&reader);
	while (reader.depth > 0)
		buf_free(&reader.texts[--reader.depth]);
	reader.document->pool =
		mem_copy_bytes(buf_text(&reader.pool), reader.pool.length);
	assert(!reader.pool.full); /* texts cannot outgrow the document so */
	buf_free(&reader.pool);
	check_root(&reader);
	return reader.stopped ? document_free(reader.document)
			      : reader.document;
}

struct document *document_parse(const char *body, size_t size,
				const char *content_type, bool strict,
				struct findings *findings)
{
	struct place whole = {0, 0};
	if (size && !charset_type_is_markup(content_type)) {
		finding_add(findings, NOTE_ERROR, ERR_DOCUMENT_TYPE, whole,
			    "Content-Type is '%.60s': answer with text/xml",
			    content_type);
		return NULL;
	}
	if (size > DOCUMENT_BYTES_MAX) {
		finding_add(findings, NOTE_ERROR, ERR_HTTP_TOO_LARGE, whole,
			    "the document has %zu bytes: 65536 are allowed",
			    size);
		return NULL;
	}
	size_t length;
	char *text =
		charset_to_utf8(body, size, content_type, findings, &length);
	if (!text)
		return NULL;
	struct document *document = NULL;
	struct markup markup;
	if (strspn(text, " \t\r\n") == length)
		finding_add(findings, NOTE_ERROR, ERR_DOCUMENT_PARSE, whole,
			    "the document is empty: write at least "
			    "<Response/>");
	else {
		if (markup_scan(text, length, strict, findings, &markup))
			document = read_markup(&markup, findings);
		markup_clear(&markup);
	}
	free(text);
	return document;
}

struct document *document_free(struct document *document)
{
	if (document) {
		free(document->nodes);
		free(document->attributes);
		free(document->pool);
		free(document);
	}
	return NULL;
}

const char *document_name(const struct document *document, uint32_t node)
{
	return document->pool + document->nodes[node].name;
}

const char *document_text(const struct document *document, uint32_t node)
{
	return document->pool + document->nodes[node].text;
}

static const struct attribute *find(const struct document *document,
				    uint32_t number, const char *name)
{
	const struct node *node = &document->nodes[number];
	for (uint32_t i = 0; name && i < node->attribute_count; i++) {
		const struct attribute *attribute =
			&document->attributes[node->first_attribute + i];
		if (strcmp(document->pool + attribute->name, name) == 0)
			return attribute;
	}
	return NULL;
}

const char *document_attribute(const struct document *document, uint32_t node,
			       const char *name)
{
	const struct attribute *attribute = find(document, node, name);
	return attribute ? document->pool + attribute->value : NULL;
}

struct place document_place(const struct document *document, uint32_t node,
			    const char *name)
{
	const struct attribute *attribute = find(document, node, name);
	return attribute && attribute->place.line ? attribute->place
						  : document->nodes[node].place;
}
