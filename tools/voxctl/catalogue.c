/*
 * catalogue.c - the reference pages, printed from the tables; see catalogue.h.
 */
#include "tools/voxctl/catalogue.h"

#include "lib/base/buf.h"
#include "lib/base/str.h"
#include "proto/error_page.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#define PRINTED                                                                \
	"<!-- printed from the tables by `make docs`: change the tables -->\n"

void catalogue_cell(struct buf *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_add_text(to, "\\|");
		else if (*text == '<')
			buf_add_text(to, "&lt;");
		else
			buf_add(to, text, 1);
	}
}

/* --- messages --- */

static void add_bounds(const struct proto_field *field, struct buf *to)
{
	static const char *const kinds[] = {
		[PROTO_TEXT] = "text",  [PROTO_LONG] = "text",
		[PROTO_INT] = "number", [PROTO_BOOL] = "bool",
		[PROTO_ENUM] = "word",  [PROTO_LIST] = "list",
	};
	buf_add_text(to, kinds[field->kind]);
	if (field->kind == PROTO_TEXT || field->kind == PROTO_LONG)
		buf_addf(to, ", at most %" PRId64 " bytes", field->hi);
	else if (field->kind == PROTO_LIST)
		buf_addf(to, " of [%s](#%s), at most %" PRId64,
			 field->part->name, field->part->name, field->hi);
	else if (field->kind == PROTO_ENUM)
		buf_addf(to, ": [%s](#%s)", field->set->name, field->set->name);
	else if (field->kind == PROTO_INT && field->hi == INT64_MAX)
		buf_addf(to, " from %" PRId64, field->lo);
	else if (field->kind == PROTO_INT)
		buf_addf(to, ", %" PRId64 " to %" PRId64, field->lo, field->hi);
}

static void add_need(unsigned need, struct buf *to)
{
	static const struct {
		unsigned flag;
		const char *word;
	} words[] = {{PROTO_SECRET, "secret"},
		     {PROTO_DOCUMENT, "document"},
		     {PROTO_URI, "URI"},
		     {PROTO_SDP, "SDP"}};
	buf_add_text(to, need & PROTO_REQUIRED ? "required" : "optional");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (need & words[i].flag)
			buf_addf(to, ", %s", words[i].word);
}

static void add_fields(const struct proto_message *desc, struct buf *to)
{
	buf_add_text(to, "| field | is | need | |\n|---|---|---|---|\n");
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		buf_addf(to, "| `%s` | ", field->name);
		add_bounds(field, to);
		buf_add_text(to, " | ");
		add_need(field->need, to);
		buf_add_text(to, " | ");
		catalogue_cell(to, field->doc);
		buf_add_text(to, " |\n");
	}
	buf_add_text(to, "\n");
}

static void add_outcome(const struct proto_message *desc, struct buf *to)
{
	const char *word = desc->outcome;
	buf_add_text(to, " Outcome:");
	while (*word) {
		size_t length = strcspn(word, "|");
		buf_addf(to, "%s [%.*s](#%.*s)",
			 word == desc->outcome ? "" : " or", (int)length, word,
			 (int)length, word);
		word += length + (word[length] == '|');
	}
	buf_addf(to, ". Refused when older than %" PRId64 " s.",
		 desc->deadline_ms / 1000);
}

static void add_message(const struct proto_message *desc, struct buf *to)
{
	buf_addf(to, "### %s\n\n", desc->name);
	if (desc->use == PROTO_COMMAND || desc->use == PROTO_EVENT)
		buf_addf(to, "%s, %s → %s. ",
			 desc->use == PROTO_COMMAND ? "Command" : "Event",
			 desc->from, desc->to);
	if (desc->use == PROTO_RECORD)
		buf_addf(to, "Record of %s in bucket `%s`. ", desc->from,
			 desc->to);
	buf_add_text(to, desc->doc);
	if (desc->use == PROTO_COMMAND)
		add_outcome(desc, to);
	buf_add_text(to, "\n\n");
	add_fields(desc, to);
}

static void add_overview(struct buf *to)
{
	buf_add_text(to, "| message | from | to | |\n|---|---|---|---|\n");
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		if (desc->use == PROTO_RECORD)
			continue;
		buf_addf(to, "| [%s](#%s) | %s | %s | ", desc->name, desc->name,
			 desc->from, desc->to);
		catalogue_cell(to, desc->doc);
		buf_add_text(to, " |\n");
	}
	buf_add_text(to, "\n");
}

static void add_set(const struct proto_set *set, struct buf *to)
{
	buf_addf(to, "### %s\n\n%s\n\n| word | |\n|---|---|\n", set->name,
		 set->doc);
	for (int i = 1; i < set->count; i++) {
		buf_addf(to, "| `%s` | ", set->words[i]);
		catalogue_cell(to, set->docs[i]);
		buf_add_text(to, " |\n");
	}
	buf_add_text(to, "\n");
}

/* Parts are reached through the lists that hold them; each is told once. */
static bool told(const struct proto_message *const *parts, size_t count,
		 const struct proto_message *part)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i] == part)
			return true;
	return false;
}

static void add_parts(struct buf *to)
{
	const struct proto_message *parts[64];
	size_t count = 0;
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		for (size_t j = 0; j < desc->field_count; j++) {
			const struct proto_message *part = desc->fields[j].part;
			if (!part || count == 64 || told(parts, count, part))
				continue;
			parts[count++] = part;
			add_message(part, to);
		}
	}
}

static void add_use(enum proto_use first, enum proto_use second, struct buf *to)
{
	for (size_t i = 0; proto_messages[i]; i++)
		if (proto_messages[i]->use == first ||
		    proto_messages[i]->use == second)
			add_message(proto_messages[i], to);
}

void catalogue_messages(struct buf *to)
{
	buf_add_text(
		to,
		"# The messages of the bus\n\n" PRINTED
		"\nEvery message is a JSON object on the subject "
		"`vox.<service>.<target>.<CallSid>`, with the\nenvelope "
		"`type`, `id` (the same in every repeat), `time` (ms since "
		"1970), `call_sid` (the root\ncall's), `account_sid`, `from` "
		"(`<service>/<instance>`) and, in the interpreter's commands, "
		"`epoch`.\nA command names the thing that it makes, has one of "
		"its outcomes as the answer and a\ndeadline. Fields marked "
		"secret, document or URI are masked wherever a message is "
		"shown.\n\n## Who says what to whom\n\n");
	add_overview(to);
	buf_add_text(to, "## Messages\n\n");
	add_use(PROTO_EVENT, PROTO_COMMAND, to);
	buf_add_text(to, "## Records of the buckets\n\n");
	add_use(PROTO_RECORD, PROTO_RECORD, to);
	buf_add_text(to, "## Parts\n\n");
	add_parts(to);
	buf_add_text(to, "## Words\n\n");
	for (size_t i = 0; proto_sets[i]; i++)
		add_set(proto_sets[i], to);
	to->data[--to->length] = '\0'; /* one line break at the end */
}

/* --- errors --- */

void catalogue_errors(struct buf *to)
{
	buf_add_text(to, "# Errors\n\n" PRINTED
			 "\nNumbers are Twilio's and SignalWire's where the "
			 "meaning is the same; 64000 and above are\nvoxbus's "
			 "own. They stand in log lines (`error_code`), in a "
			 "call's notifications, in\n`voxctl trace` and in the "
			 "API. Each has a page, which apid serves, too "
			 "(`/errors/NUMBER`).\n\n| number | what | what to do "
			 "|\n|---|---|---|\n");
	for (size_t i = 0; proto_errors[i].code; i++) {
		buf_addf(to, "| <a id=\"%d\"></a>[%d](%d.md) | ",
			 proto_errors[i].code, proto_errors[i].code,
			 proto_errors[i].code);
		catalogue_cell(to, proto_errors[i].name);
		buf_add_text(to, " | ");
		catalogue_cell(to, proto_errors[i].advice);
		buf_add_text(to, " |\n");
	}
}

void catalogue_error(int code, struct buf *to)
{
	error_page_write(code,
			 "<!-- printed from the tables by `make docs`: change "
			 "the tables -->",
			 to);
}

/* --- settings --- */

enum who {
	FETCHER = 1,
	INTERPRETER = 2,
	SIPGW = 4,
	MEDIAD = 8,
	CALLBACKD = 16,
	APID = 32,
	VOXCTL = 64,
	ALL = 127
};

static const struct {
	const char *field, *kind;
	int64_t lo, hi;
	const char *standard;
	int who;
	const char *doc;
} settings[] = {
#define SETTING(f, kind, lo, hi, standard, who, doc)                           \
	{#f, #kind, lo, hi, standard, who, doc},
#include "lib/runtime/settings.def"
#undef SETTING
};

static void add_readers(int who, struct buf *to)
{
	static const char *const names[] = {"fetcher", "interpreter", "sipgw",
					    "mediad",  "callbackd",   "apid",
					    "voxctl"};
	const char *comma = "";
	if (who == ALL) {
		buf_add_text(to, "all");
		return;
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(who & 1 << i))
			continue;
		buf_addf(to, "%s%s", comma, names[i]);
		comma = ", ";
	}
}

static const char *kind_name(const char *kind)
{
	if (strcmp(kind, "SECRET") == 0)
		return "secret";
	if (strcmp(kind, "DOCUMENT") == 0)
		return "http, https or nats URL";
	return strcmp(kind, "URL") == 0 ? "http or https URL" : "text";
}

static void add_setting(size_t i, struct buf *to)
{
	size_t standard = strcspn(settings[i].standard, "|");
	buf_add_text(to, "| `VOXBUS_");
	for (const char *c = settings[i].field; *c; c++)
		buf_addf(to, "%c", toupper((unsigned char)*c));
	buf_add_text(to, "` | ");
	if (strcmp(settings[i].field, "admin_port") == 0)
		buf_add_text(to, "9101 to 9106");
	else if (!standard)
		buf_add_text(to, "none");
	else
		buf_addf(to, "`%.*s`", (int)standard, settings[i].standard);
	buf_add_text(to, " | ");
	if (strcmp(settings[i].kind, "NUMBER") == 0)
		buf_addf(to, "%" PRId64 " to %" PRId64, settings[i].lo,
			 settings[i].hi);
	else if (strcmp(settings[i].kind, "WORD") == 0)
		catalogue_cell(to, settings[i].standard + standard + 1);
	else if (strcmp(settings[i].kind, "CIDRS") == 0)
		buf_add_text(to, "networks");
	else
		buf_addf(to, "%s, at most %" PRId64 " bytes",
			 kind_name(settings[i].kind), settings[i].hi);
	buf_add_text(to, " | ");
	add_readers(settings[i].who, to);
	buf_add_text(to, " | ");
	catalogue_cell(to, settings[i].doc);
	buf_add_text(to, " |\n");
}

void catalogue_settings(struct buf *to)
{
	buf_add_text(to, "# Settings\n\n" PRINTED
			 "\nEnvironment variables. A wrong value stops the "
			 "start with one line that says what is\nright; each "
			 "daemon prints its own with `--help`. A secret may "
			 "also be named as a file:\n`VOXBUS_AUTH_TOKEN_FILE` "
			 "holds it in its first line.\n\n| variable | default "
			 "| values | read by | |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		add_setting(i, to);
}

/* --- for fuzzers --- */

static void add_word(const char *word, struct buf *to)
{
	buf_addf(to, "\"\\\"%s\\\"\"\n", word);
}

void catalogue_dictionary(struct buf *to)
{
	static const char *const envelope[] = {
		"type",        "id",   "time", "call_sid",
		"account_sid", "from", "epoch"};
	for (size_t i = 0; i < sizeof(envelope) / sizeof(envelope[0]); i++)
		add_word(envelope[i], to);
	for (size_t i = 0; proto_messages[i]; i++) {
		const struct proto_message *desc = proto_messages[i];
		add_word(desc->name, to);
		for (size_t j = 0; j < desc->field_count; j++)
			add_word(desc->fields[j].name, to);
	}
	for (size_t i = 0; proto_sets[i]; i++)
		for (int j = 1; j < proto_sets[i]->count; j++)
			add_word(proto_sets[i]->words[j], to);
}

char *catalogue_sample(const struct proto_message *desc)
{
	struct envelope envelope = {
		.id = "ME00000000000000000000000000000000",
		.time = 1700000000000,
		.call_sid = "CA00000000000000000000000000000000",
		.account_sid = "AC00000000000000000000000000000000",
		.epoch = 1};
	str_copy(envelope.type, sizeof(envelope.type), desc->name);
	str_format(envelope.from, sizeof(envelope.from), "%s/x0", desc->from);
	void *message = proto_new(desc);
	proto_sample(desc, message);
	char *json =
		proto_encode(desc, desc->use == PROTO_RECORD ? NULL : &envelope,
			     message, NULL);
	proto_free(desc, message);
	return json;
}
