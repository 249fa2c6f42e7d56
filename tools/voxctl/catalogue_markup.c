/*
 * catalogue_markup.c - the tables of docs/markup.md, from the rows that parser,
 * lint and calls use; see catalogue.h.
 *
 * The page itself is written by hand; a table stands between two marks:
 *
 *     <!-- table: attributes Dial -->
 *     <!-- end of table -->
 */
#include "tools/voxctl/catalogue.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "services/interpreter/verbs.h"

#include <inttypes.h>
#include <string.h>

#define MARK "<!-- table: "
#define MARK_END " -->\n"
#define CLOSE "<!-- end of table -->\n"

/* Words of a row, "a|b", as `a` `b`. */
static void add_words(const char *words, struct buf *to)
{
	const char *blank = "";
	while (*words) {
		size_t length = strcspn(words, "|");
		if (length)
			buf_addf(to, "%s`%.*s`", blank, (int)length, words);
		blank = " ";
		words += length + (words[length] == '|');
	}
}

static void add_values(const struct attribute_rule *rule, struct buf *to)
{
	static const char *const kinds[] = {
		[VALUE_URL] = "URL",
		[VALUE_METHOD] = "`GET` `POST`",
		[VALUE_BOOL] = "`true` `false`",
		[VALUE_CALLER_ID] = "letters, digits and what the dialect "
				    "allows",
		[VALUE_EVENTS] = "`initiated` `ringing` `answered` `completed`",
		[VALUE_CODECS] = "`PCMU` `PCMA` `G722` `OPUS` `G729`, in order",
		[VALUE_KEYS] = "keys: `0` to `9`, `*`, `#`",
		[VALUE_DIGITS] = "keys, `w` and `W`",
		[VALUE_LATER] = "not supported yet",
	};
	size_t kind = rule->kind;
	if (kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[kind])
		buf_add_text(to, kinds[kind]);
	if (rule->kind == VALUE_NUMBER || rule->kind == VALUE_SESSION)
		buf_addf(to, "%s%" PRId64 " to %" PRId64,
			 rule->kind == VALUE_SESSION ? "0, " : "", rule->lo,
			 rule->hi);
	if (rule->kind == VALUE_CHOICE || rule->kind == VALUE_WORDS)
		add_words(rule->fallback, to);
	if (rule->kind == VALUE_LENGTH || rule->kind == VALUE_CALLER_ID)
		buf_addf(to, "%sup to %" PRId64 " bytes",
			 rule->kind == VALUE_LENGTH ? "text, " : ", ",
			 rule->hi);
	if (rule->kind == VALUE_NAME)
		buf_addf(to, "text, up to %" PRId64 " characters", rule->hi);
}

static void add_default(const struct attribute_rule *rule, struct buf *to)
{
	size_t length = strcspn(rule->fallback, "|");
	if (length)
		buf_addf(to, "`%.*s`", (int)length, rule->fallback);
	else
		buf_add_text(to, "none");
}

static void add_dialects(unsigned of, struct buf *to)
{
	const char *comma = "";
	if (of == PARAMS_ALL) {
		buf_add_text(to, "all");
		return;
	}
	for (int name = DIALECT_SIGNALWIRE; name <= DIALECT_TWILIO; name++) {
		const struct dialect *row = dialect_row(name);
		if (!(row->params & of))
			continue;
		buf_addf(to, "%s%s", comma, row->name);
		comma = ", ";
	}
}

static bool print_attributes(const char *element, struct buf *to)
{
	bool found = false;
	buf_add_text(to, "| attribute | values | default | wrong value | "
			 "dialects | example | |\n"
			 "|---|---|---|---|---|---|---|\n");
	for (const struct attribute_rule *rule = verbs_attributes; rule->name;
	     rule++) {
		if (strcmp(rule->element, element) != 0)
			continue;
		found = true;
		buf_addf(to, "| `%s` | ", rule->name);
		add_values(rule, to);
		buf_add_text(to, " | ");
		add_default(rule, to);
		buf_addf(to, " | %d | ", rule->code);
		add_dialects(rule->of, to);
		buf_addf(to, " | `%s=\"%s\"` | ", rule->name, rule->example);
		catalogue_cell(to, rule->doc);
		buf_add_text(to, " |\n");
	}
	return found;
}

/* "A|B" as `<A>` `<B>`. */
static void add_parents(const char *parents, struct buf *to)
{
	const char *blank = "";
	while (*parents) {
		size_t length = strcspn(parents, "|");
		buf_addf(to, "%s`<%.*s>`", blank, (int)length, parents);
		blank = " ";
		parents += length + (parents[length] == '|');
	}
}

static bool print_elements(const char *what, struct buf *to)
{
	static const char *const uses[] = {
		[ELEMENT_RUN] = "yes",
		[ELEMENT_NOUN] = "nothing routes it here: error 13222",
		[ELEMENT_LATER] = "not yet: skipped with warning 13750",
	};
	(void)what;
	buf_add_text(to, "| element | inside | runs | |\n|---|---|---|---|\n");
	for (const struct element_rule *rule = verbs_elements; rule->name;
	     rule++) {
		buf_addf(to, "| `<%s>` | ", rule->name);
		add_parents(rule->parent, to);
		buf_addf(to, " | %s | ", uses[rule->use]);
		catalogue_cell(to, rule->doc);
		buf_add_text(to, " |\n");
	}
	return true;
}

static bool print_headers(const char *what, struct buf *to)
{
	static const struct {
		const char *name, *use, *doc;
	} headers[] = {
#define SIP_HEADER(name, use, doc) {name, #use, doc},
#include "services/interpreter/sip_headers.def"
#undef SIP_HEADER
	};
	const char *wanted = strcmp(what, "core") == 0 ? "IS_CORE" : "MAY_PASS";
	const char *comma = "";
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (strcmp(headers[i].use, wanted) != 0)
			continue;
		buf_addf(to, "%s`%s`", comma, headers[i].name);
		comma = " ";
	}
	buf_add_text(to, "\n");
	return *comma;
}

static bool print_outcomes(const char *what, struct buf *to)
{
	static const struct {
		int lo, hi;
		unsigned of;
		enum call_status outcome;
		const char *doc;
	} rows[] = {
#define SIP_OUTCOME(lo, hi, of, outcome, doc) {lo, hi, of, outcome, doc},
#include "services/interpreter/sip_outcomes.def"
#undef SIP_OUTCOME
	};
	(void)what;
	buf_add_text(to, "| final SIP status | `DialCallStatus` | dialects | "
			 "|\n|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].lo == rows[i].hi)
			buf_addf(to, "| %d", rows[i].lo);
		else
			buf_addf(to, "| %d to %d, else", rows[i].lo,
				 rows[i].hi);
		buf_addf(to, " | `%s` | ",
			 proto_word(&call_status_set, (int)rows[i].outcome));
		add_dialects(rows[i].of, to);
		buf_add_text(to, " | ");
		catalogue_cell(to, rows[i].doc);
		buf_add_text(to, " |\n");
	}
	return true;
}

static void add_transport(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "%s", proto_word(&sip_transport_set, (int)row->transport));
}

static void add_version(const struct dialect *row, struct buf *to)
{
	buf_add_text(to, row->api_version);
}

static void add_prefix(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "`%sCallSid` …", row->header_prefix);
}

static void add_ids(const struct dialect *row, struct buf *to)
{
	buf_add_text(to, row->ids_in_dialog ? "yes" : "no");
}

static void add_sips(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "%u", row->sip_max);
}

static void add_alone(const struct dialect *row, struct buf *to)
{
	buf_add_text(to, row->sip_alone ? "no: error 13215" : "yes");
}

static void add_uri(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "%u, %u", row->uri_max, row->headers_max);
}

static void add_header_rule(const struct dialect *row, struct buf *to)
{
	buf_add_text(to, row->prefix_all ? "gets it" : "left out, with 64005");
}

static void add_caller_id(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "`%s`", row->caller_id_chars);
}

static void add_users(const struct dialect *row, struct buf *to)
{
	buf_add_text(to, row->user_parts ? "user parts" : "URIs");
}

static void add_redirects(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "%u", row->redirects_max);
}

static void add_extra(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "%u s", row->ring_extra_ms / 1000);
}

static void add_sources(const struct dialect *row, struct buf *to)
{
	const char *const words[] = {
		row->headers_of_success ? "the 200" : NULL,
		row->headers_of_failure ? "the final failure" : NULL,
		row->headers_of_end ? "the BYE or its 200" : NULL,
	};
	const char *between = "";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!words[i])
			continue;
		buf_addf(to, "%s%s", between, words[i]);
		between = ", ";
	}
}

static void add_not_found(const struct dialect *row, struct buf *to)
{
	buf_addf(to, "%u", row->not_found_status);
}

static bool print_dialects(const char *what, struct buf *to)
{
	static const struct {
		const char *name;
		void (*add)(const struct dialect *row, struct buf *to);
	} lines[] = {
		{"transport of a SIP URI that names none", add_transport},
		{"`<Sip>` in one `<Dial>`", add_sips},
		{"other nouns beside `<Sip>`", add_alone},
		{"bytes of a SIP URI, of its headers", add_uri},
		{"header without `X-` in a SIP URI", add_header_rule},
		{"in `callerId`, beside letters and digits", add_caller_id},
		{"headers of the INVITE", add_prefix},
		{"the same in ACK, CANCEL and BYE", add_ids},
		{"`ApiVersion`", add_version},
		{"`From`, `To`", add_users},
		{"`DialSipHeader_` are those of", add_sources},
		{"ring time beyond `timeout`", add_extra},
		{"HTTP redirects of a document", add_redirects},
		{"unanswered caller when the document is 404", add_not_found},
	};
	(void)what;
	buf_add_text(to, "| |");
	for (int name = DIALECT_SIGNALWIRE; name <= DIALECT_TWILIO; name++)
		buf_addf(to, " %s |", dialect_row(name)->name);
	buf_add_text(to, "\n|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_addf(to, "| %s |", lines[i].name);
		for (int name = DIALECT_SIGNALWIRE; name <= DIALECT_TWILIO;
		     name++) {
			buf_add_text(to, " ");
			lines[i].add(dialect_row(name), to);
			buf_add_text(to, " |");
		}
		buf_add_text(to, "\n");
	}
	return true;
}

static const struct {
	const char *name;
	bool (*print)(const char *what, struct buf *to);
} tables[] = {
	{"attributes ", print_attributes}, {"elements", print_elements},
	{"headers ", print_headers},       {"outcomes", print_outcomes},
	{"dialects", print_dialects},
};

static bool print_table(const char *name, struct buf *to)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (str_starts(name, tables[i].name))
			return tables[i].print(name + strlen(tables[i].name),
					       to);
	}
	return false;
}

bool catalogue_fill(const char *page, struct buf *to, char *wrong_out,
		    size_t size)
{
	const char *mark, *end, *close;
	char name[64];
	while ((mark = strstr(page, MARK)) != NULL) {
		const char *word = mark + strlen(MARK);
		end = strstr(word, MARK_END);
		close = end ? strstr(end, CLOSE) : NULL;
		if (!close || !str_copy_bytes(name, sizeof(name), word,
					      (size_t)(end - word))) {
			(void)str_copy(wrong_out, size, "a mark has no end");
			return false;
		}
		buf_add(to, page, (size_t)(end - page) + strlen(MARK_END));
		if (!print_table(name, to)) {
			(void)str_copy(wrong_out, size, name);
			return false;
		}
		page = close;
	}
	buf_add_text(to, page);
	return true;
}
