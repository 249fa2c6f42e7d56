/*
 * decode.c - reads any message by its descriptor; knows no message.
 *
 * The text is read once, from front to end, and each value goes straight to its
 * place in the struct. Fields are expected in their table's order, in which
 * proto_encode() writes them; another order costs a search. What is not in the
 * table is checked and skipped.
 */
#include "proto/proto.h"

#include "lib/base/mem.h"
#include "proto/field.h"
#include "proto/scan.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES_MAX (1024 * 1024)
#define WORD_BYTES_MAX 64

struct fields {
	const struct proto_field *list;
	size_t count;
	size_t next;   /* the one that is expected */
	uint64_t seen; /* one bit each; tables.c holds the count to 64 */
};

/* An object that is read, and where to. */
struct target {
	const struct proto_message *desc; /* NULL: only the envelope */
	void *message;
	struct fields head; /* the envelope's; none if nobody wants it */
	struct fields body;
};

struct decode {
	struct envelope *envelope;
	char *error_out;
	struct scan scan; /* large, and not zeroed */
};

/* --- the envelope --- */

#define MEMBER(name, kind, need)                                               \
	{                                                                      \
#name, kind, need, offsetof(struct envelope, name), 0, 0,      \
			sizeof(((struct envelope *)0)->name) - 1, NULL, NULL,  \
			NULL                                                   \
	}
static const struct proto_field members[] = {
	MEMBER(type, PROTO_TEXT, PROTO_REQUIRED),
	MEMBER(id, PROTO_TEXT, PROTO_REQUIRED),
	MEMBER(time, PROTO_INT, PROTO_OPTIONAL),
	MEMBER(call_sid, PROTO_TEXT, PROTO_REQUIRED),
	MEMBER(account_sid, PROTO_TEXT, PROTO_OPTIONAL),
	MEMBER(from, PROTO_TEXT, PROTO_REQUIRED),
	MEMBER(epoch, PROTO_INT, PROTO_OPTIONAL),
};
#undef MEMBER

static bool wrong_member(struct decode *decode, const struct proto_field *field)
{
	snprintf(decode->error_out, PROTO_ERROR_BYTES,
		 "envelope: %s is missing or too long", field->name);
	return false;
}

static bool read_number_member(struct scan *scan, int64_t *value)
{
	int64_t number;
	bool whole = false;
	if (scan_next(scan) != SCAN_NUMBER)
		return scan_skip(scan);
	if (!scan_number(scan, &number, &whole))
		return false;
	*value = whole ? number : 0;
	return true;
}

/* Of another kind it counts as absent. */
static bool read_member(struct decode *decode, const struct proto_field *field)
{
	struct scan *scan = &decode->scan;
	struct scan_text text;
	void *value = field_at(decode->envelope, field->offset);
	if (field->kind == PROTO_INT)
		return read_number_member(scan, value);
	if (scan_next(scan) != SCAN_TEXT) {
		if (!scan_skip(scan))
			return false;
		return !(field->need & PROTO_REQUIRED) ||
		       wrong_member(decode, field);
	}
	if (!scan_text(scan, &text))
		return false;
	if (text.size > (size_t)field->hi)
		return wrong_member(decode, field);
	scan_unescape(&text, value); /* all was zeroed: it has its end mark */
	return true;
}

/* --- fields --- */

static bool is_name(const char *own, const struct scan_name *name)
{
	return name->size && own[0] == name->data[0] &&
	       strncmp(own, name->data, name->size) == 0 && !own[name->size];
}

static const struct proto_field *find(struct fields *fields,
				      const struct scan_name *name)
{
	for (size_t i = 0; i < fields->count; i++) {
		size_t at = fields->next + i;
		at -= at < fields->count ? 0 : fields->count;
		if (is_name(fields->list[at].name, name)) {
			fields->next = at + 1;
			return &fields->list[at];
		}
	}
	return NULL;
}

/* Marks a field as seen; not twice. */
static bool mark(struct decode *decode, struct fields *fields,
		 const struct proto_field *field)
{
	uint64_t bit = (uint64_t)1 << (field - fields->list);
	if (fields->seen & bit)
		return scan_fail(&decode->scan, "a name comes twice");
	fields->seen |= bit;
	return true;
}

static const struct proto_field *missing(const struct fields *fields)
{
	for (size_t i = 0; i < fields->count; i++)
		if (fields->list[i].need & PROTO_REQUIRED &&
		    !(fields->seen >> i & 1))
			return &fields->list[i];
	return NULL;
}

/* A value of another kind than the table's. */
static bool mismatch(struct decode *decode, const struct proto_message *desc,
		     const struct proto_field *field, const char *what)
{
	return scan_skip(&decode->scan) &&
	       field_wrong(decode->error_out, desc, field, what);
}

static bool read_text(struct decode *decode, const struct proto_message *desc,
		      const struct proto_field *field, void *value)
{
	struct scan_text text;
	if (scan_next(&decode->scan) != SCAN_TEXT)
		return mismatch(decode, desc, field, "is not a text");
	if (!scan_text(&decode->scan, &text))
		return false;
	if (text.size > (size_t)field->hi)
		return field_wrong(decode->error_out, desc, field,
				   "is too long");
	char *to = value;
	if (field->kind == PROTO_LONG)
		*(char **)value = to = mem_grow(NULL, text.size + 1);
	scan_unescape(&text, to);
	to[text.size] = '\0';
	return true;
}

static bool read_number(struct decode *decode, const struct proto_message *desc,
			const struct proto_field *field, int64_t *value)
{
	bool whole;
	if (scan_next(&decode->scan) != SCAN_NUMBER)
		return mismatch(decode, desc, field, "is not a whole number");
	if (!scan_number(&decode->scan, value, &whole))
		return false;
	if (!whole)
		return field_wrong(decode->error_out, desc, field,
				   "is not a whole number");
	return (*value >= field->lo && *value <= field->hi) ||
	       field_wrong(decode->error_out, desc, field, "is out of bounds");
}

static bool read_bool(struct decode *decode, const struct proto_message *desc,
		      const struct proto_field *field, bool *value)
{
	enum scan_kind kind = scan_next(&decode->scan);
	if (kind != SCAN_TRUE && kind != SCAN_FALSE)
		return mismatch(decode, desc, field, "is not a bool");
	*value = kind == SCAN_TRUE;
	return scan_word(&decode->scan, kind);
}

static bool read_enum(struct decode *decode, const struct proto_message *desc,
		      const struct proto_field *field, int *value)
{
	static const char unknown[] = "is no known word";
	char word[WORD_BYTES_MAX + 1] = "";
	struct scan_text text;
	if (scan_next(&decode->scan) != SCAN_TEXT)
		return mismatch(decode, desc, field, unknown);
	if (!scan_text(&decode->scan, &text))
		return false;
	if (text.size <= WORD_BYTES_MAX)
		scan_unescape(&text, word);
	*value = proto_value(field->set, word);
	return *value || field_wrong(decode->error_out, desc, field, unknown);
}

static bool read_part(struct decode *decode, const struct proto_message *desc,
		      void *part);

static bool read_list(struct decode *decode, const struct proto_message *desc,
		      const struct proto_field *field, void *message)
{
	uint32_t *count = field_count(field, message);
	bool begun = false;
	if (scan_next(&decode->scan) != SCAN_LIST)
		return mismatch(decode, desc, field, "is not a list");
	if (!scan_list_open(&decode->scan))
		return false;
	while (scan_list_next(&decode->scan, &begun)) {
		if (*count == field->hi)
			return field_wrong(decode->error_out, desc, field,
					   "has too many elements");
		/* counted first, so that a half-read part is freed too */
		if (!read_part(decode, field->part,
			       field_element(field, message, (*count)++)))
			return false;
	}
	return !decode->scan.fault;
}

static bool read_field(struct decode *decode, const struct proto_message *desc,
		       const struct proto_field *field, void *message)
{
	void *value = field_at(message, field->offset);
	switch (field->kind) {
	case PROTO_TEXT:
	case PROTO_LONG: return read_text(decode, desc, field, value);
	case PROTO_INT: return read_number(decode, desc, field, value);
	case PROTO_BOOL: return read_bool(decode, desc, field, value);
	case PROTO_ENUM: return read_enum(decode, desc, field, value);
	case PROTO_LIST: return read_list(decode, desc, field, message);
	}
	return false;
}

/* --- objects --- */

/* The envelope's names come first: no field of a message has one of them. */
static bool read_one(struct decode *decode, struct target *target,
		     const struct scan_object *object,
		     const struct scan_name *name)
{
	const struct proto_field *field = find(&target->head, name);
	if (field)
		return mark(decode, &target->head, field) &&
		       read_member(decode, field);
	field = find(&target->body, name);
	if (field)
		return mark(decode, &target->body, field) &&
		       read_field(decode, target->desc, field, target->message);
	return scan_name_once(&decode->scan, object, name) &&
	       scan_skip(&decode->scan);
}

static bool read_object(struct decode *decode, struct target *target)
{
	struct scan_object object;
	struct scan_name name;
	if (!scan_object_open(&decode->scan, &object))
		return false;
	while (scan_object_next(&decode->scan, &object, &name))
		if (!read_one(decode, target, &object, &name))
			return false;
	return !decode->scan.fault;
}

static bool is_complete(struct decode *decode, const struct target *target)
{
	const struct proto_field *member = missing(&target->head);
	const struct proto_field *field = missing(&target->body);
	if (member)
		return wrong_member(decode, member);
	return !field || field_wrong(decode->error_out, target->desc, field,
				     "is missing");
}

static struct target target_of(const struct proto_message *desc, void *message)
{
	return (struct target){
		.desc = desc,
		.message = message,
		.body = {.list = desc->fields, .count = desc->field_count}};
}

/* What is no object lacks every field. */
static bool read_part(struct decode *decode, const struct proto_message *desc,
		      void *part)
{
	struct target target = target_of(desc, part);
	bool object = scan_next(&decode->scan) == SCAN_OBJECT;
	return (object ? read_object(decode, &target)
		       : scan_skip(&decode->scan)) &&
	       is_complete(decode, &target);
}

/* --- whole messages --- */

static bool read_root(struct decode *decode, struct target *target)
{
	if (scan_next(&decode->scan) != SCAN_OBJECT) {
		snprintf(decode->error_out, PROTO_ERROR_BYTES,
			 "not a JSON object");
		return false;
	}
	bool good = read_object(decode, target) && scan_end(&decode->scan);
	if (decode->scan.fault)
		snprintf(decode->error_out, PROTO_ERROR_BYTES,
			 "not JSON: %s at byte %zu", decode->scan.fault,
			 decode->scan.fault_at);
	return good && is_complete(decode, target);
}

static bool read_message(struct target *target, const char *text, size_t size,
			 struct envelope *envelope_out, char *error_out)
{
	struct decode decode;
	if (size > MESSAGE_BYTES_MAX) {
		snprintf(error_out, PROTO_ERROR_BYTES, "%zu bytes are too many",
			 size);
		return false;
	}
	decode.envelope = envelope_out;
	decode.error_out = error_out;
	scan_begin(&decode.scan, text, size);
	if (envelope_out) {
		memset(envelope_out, 0, sizeof(*envelope_out));
		target->head = (struct fields){
			members, sizeof(members) / sizeof(members[0]), 0, 0};
	}
	return read_root(&decode, target);
}

bool proto_peek(const char *text, size_t size, struct envelope *envelope_out,
		char *error_out)
{
	struct target target = {.desc = NULL};
	return read_message(&target, text, size, envelope_out, error_out);
}

bool proto_decode(const struct proto_message *desc, const char *text,
		  size_t size, struct envelope *envelope_out, void *message,
		  char *error_out)
{
	struct target target = target_of(desc, message);
	memset(message, 0, desc->size);
	bool good = read_message(&target, text, size, envelope_out, error_out);
	if (!good)
		proto_clear(desc, message);
	return good;
}
