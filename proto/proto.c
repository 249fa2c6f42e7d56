/*
 * proto.c - encodes, decodes and checks any message by its descriptor; knows no
 * message. Reading is jansson's, here and in mask_message.c alone.
 */
#include "proto/proto.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES_MAX (1024 * 1024)
/* Above what any table allows, all of it escaped. */
#define ENCODED_BYTES_MAX (64 * 1024 * 1024)

/* --- looking things up --- */

const struct proto_message *proto_find(const char *type)
{
	for (size_t i = 0; proto_messages[i]; i++)
		if (strcmp(proto_messages[i]->name, type) == 0)
			return proto_messages[i];
	return NULL;
}

const char *proto_word(const struct proto_set *set, int value)
{
	return value > 0 && value < set->count ? set->words[value] : "";
}

int proto_value(const struct proto_set *set, const char *word)
{
	for (int i = 1; word && i < set->count; i++)
		if (strcmp(set->words[i], word) == 0)
			return i;
	return 0;
}

const struct proto_error *proto_error(int code)
{
	const struct proto_error *row = proto_errors;
	while (row->code && row->code != code)
		row++;
	return row;
}

void proto_subject(const char *service, const char *target,
		   const char *call_sid, char *subject_out)
{
	snprintf(subject_out, PROTO_SUBJECT_BYTES, "vox.%s.%s.%s", service,
		 target, call_sid);
}

void proto_set_long(char **field, const char *text)
{
	char *copy = mem_copy_text(text);
	free(*field);
	*field = copy;
}

/* --- reaching into structs --- */

static void *at(const void *message, size_t offset)
{
	return (char *)(uintptr_t)message + offset;
}

static uint32_t *count_of(const struct proto_field *field, const void *message)
{
	return at(message, field->count_offset);
}

static void *element(const struct proto_field *field, const void *message,
		     size_t i)
{
	return at(message, field->offset + i * field->part->size);
}

void proto_clear(const struct proto_message *desc, void *message)
{
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		if (field->kind == PROTO_LONG)
			free(*(char **)at(message, field->offset));
		if (field->kind == PROTO_LIST)
			for (size_t j = 0; j < *count_of(field, message); j++)
				proto_clear(field->part,
					    element(field, message, j));
	}
	memset(message, 0, desc->size);
}

void proto_copy(const struct proto_message *desc, const void *from, void *to)
{
	memcpy(to, from, desc->size);
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		if (field->kind == PROTO_LONG) {
			char **text = at(to, field->offset);
			*text = mem_copy_text(*text);
		}
		if (field->kind == PROTO_LIST)
			for (size_t j = 0; j < *count_of(field, from); j++)
				proto_copy(field->part, element(field, from, j),
					   element(field, to, j));
	}
}

void *proto_new(const struct proto_message *desc)
{
	return mem_new(1, desc->size);
}

void *proto_free(const struct proto_message *desc, void *message)
{
	if (message) {
		proto_clear(desc, message);
		free(message);
	}
	return NULL;
}

/* --- encoding: written straight into one buffer, since every message of
 * every call passes here; jansson reads it all again in the tests --- */

/* Bytes that are not UTF-8 become U+FFFD, one each. */
static char *mended(const char *text)
{
	char *copy = mem_new(strlen(text) * 3 + 1, 1), *to = copy;
	while (*text) {
		size_t length = 4;
		while (length && !(strnlen(text, length) == length &&
				   str_is_utf8(text, length)))
			length--;
		size_t take = length ? length : 3;
		memcpy(to, length ? text : "\xef\xbf\xbd", take);
		to += take;
		text += length ? length : 1;
	}
	return copy;
}

static size_t plain_run(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	while (*c >= 0x20 && *c != '"' && *c != '\\')
		c++;
	return (size_t)((const char *)c - text);
}

static void add_escaped(struct buf *to, char c)
{
	static const char shorts[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'},
					 {'\r', 'r'}, {'\t', 't'},  {'\b', 'b'},
					 {'\f', 'f'}};
	for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
		if (shorts[i][0] == c) {
			buf_add(to, "\\", 1);
			buf_add(to, &shorts[i][1], 1);
			return;
		}
	}
	buf_addf(to, "\\u%04X", (unsigned)(unsigned char)c);
}

static void add_string(struct buf *to, const char *text)
{
	char *copy = NULL;
	if (!str_is_utf8(text, strlen(text)))
		text = copy = mended(text);
	buf_add(to, "\"", 1);
	for (;;) {
		size_t run = plain_run(text);
		buf_add(to, text, run);
		text += run;
		if (!*text)
			break;
		add_escaped(to, *text++);
	}
	buf_add(to, "\"", 1);
	free(copy);
}

/* Names come from the tables: nothing in them needs escaping. */
static void add_key(struct buf *to, const char *name)
{
	if (to->data[to->length - 1] != '{')
		buf_add(to, ",", 1);
	buf_add(to, "\"", 1);
	buf_add_text(to, name);
	buf_add(to, "\":", 2);
}

static void add_text(struct buf *to, const char *name, const char *text)
{
	add_key(to, name);
	add_string(to, text);
}

static void add_number(struct buf *to, const char *name, int64_t number)
{
	char digits[24];
	snprintf(digits, sizeof(digits), "%" PRId64, number);
	add_key(to, name);
	buf_add_text(to, digits);
}

static bool wrong(char *error_out, const struct proto_message *desc,
		  const struct proto_field *field, const char *what)
{
	if (error_out)
		snprintf(error_out, PROTO_ERROR_BYTES, "%s.%s %s", desc->name,
			 field->name, what);
	return false;
}

static bool encode_fields(const struct proto_message *desc, const void *message,
			  struct buf *to, char *error_out);

static bool encode_list(const struct proto_message *desc,
			const struct proto_field *field, const void *message,
			struct buf *to, char *error_out)
{
	uint32_t count = *count_of(field, message);
	if (count > field->hi)
		return wrong(error_out, desc, field, "has too many elements");
	if (!count && !(field->need & PROTO_REQUIRED))
		return true;
	add_key(to, field->name);
	buf_add(to, "[", 1);
	for (uint32_t i = 0; i < count; i++) {
		buf_add(to, i ? ",{" : "{", i ? 2 : 1);
		if (!encode_fields(field->part, element(field, message, i), to,
				   error_out))
			return false;
		buf_add(to, "}", 1);
	}
	buf_add(to, "]", 1);
	return true;
}

static bool encode_text(const struct proto_message *desc,
			const struct proto_field *field, const char *text,
			struct buf *to, char *error_out)
{
	bool required = field->need & PROTO_REQUIRED;
	if (!text)
		return !required || wrong(error_out, desc, field, "is missing");
	if (strlen(text) > (size_t)field->hi)
		return wrong(error_out, desc, field, "is too long");
	if (required || *text)
		add_text(to, field->name, text);
	return true;
}

static bool encode_number(const struct proto_message *desc,
			  const struct proto_field *field, int64_t number,
			  struct buf *to, char *error_out)
{
	bool required = field->need & PROTO_REQUIRED;
	if (!number && !required)
		return true;
	if (number < field->lo || number > field->hi)
		return wrong(error_out, desc, field, "is out of bounds");
	add_number(to, field->name, number);
	return true;
}

static bool encode_enum(const struct proto_message *desc,
			const struct proto_field *field, int value,
			struct buf *to, char *error_out)
{
	const char *word = proto_word(field->set, value);
	if (*word)
		add_text(to, field->name, word);
	else if (field->need & PROTO_REQUIRED)
		return wrong(error_out, desc, field, "is missing");
	return true;
}

static void encode_bool(const struct proto_field *field, bool value,
			struct buf *to)
{
	if (!value && !(field->need & PROTO_REQUIRED))
		return;
	add_key(to, field->name);
	buf_add_text(to, value ? "true" : "false");
}

static bool encode_field(const struct proto_message *desc,
			 const struct proto_field *field, const void *message,
			 struct buf *to, char *error_out)
{
	const void *value = at(message, field->offset);
	switch (field->kind) {
	case PROTO_TEXT: return encode_text(desc, field, value, to, error_out);
	case PROTO_LONG:
		return encode_text(desc, field, *(char *const *)value, to,
				   error_out);
	case PROTO_INT:
		return encode_number(desc, field, *(const int64_t *)value, to,
				     error_out);
	case PROTO_BOOL:
		encode_bool(field, *(const bool *)value, to);
		return true;
	case PROTO_ENUM:
		return encode_enum(desc, field, *(const int *)value, to,
				   error_out);
	case PROTO_LIST:
		return encode_list(desc, field, message, to, error_out);
	}
	return false;
}

static bool encode_fields(const struct proto_message *desc, const void *message,
			  struct buf *to, char *error_out)
{
	for (size_t i = 0; i < desc->field_count; i++)
		if (!encode_field(desc, &desc->fields[i], message, to,
				  error_out))
			return false;
	return true;
}

static void encode_envelope(const struct proto_message *desc,
			    const struct envelope *envelope, struct buf *to)
{
	add_text(to, "type", desc->name);
	add_text(to, "id", envelope->id);
	add_number(to, "time", envelope->time);
	add_text(to, "call_sid", envelope->call_sid);
	if (envelope->account_sid[0])
		add_text(to, "account_sid", envelope->account_sid);
	add_text(to, "from", envelope->from);
	if (envelope->epoch)
		add_number(to, "epoch", envelope->epoch);
}

char *proto_encode(const struct proto_message *desc,
		   const struct envelope *envelope, const void *message,
		   char *error_out)
{
	struct buf to = BUF_INIT(ENCODED_BYTES_MAX);
	buf_add(&to, "{", 1);
	if (envelope)
		encode_envelope(desc, envelope, &to);
	if (!encode_fields(desc, message, &to, error_out)) {
		buf_free(&to);
		return NULL;
	}
	buf_add(&to, "}", 1);
	return buf_take(&to);
}

/* --- decoding --- */

static bool decode_fields(const struct proto_message *desc, const json_t *json,
			  void *message, char *error_out);

static bool decode_list(const struct proto_message *desc,
			const struct proto_field *field, const json_t *json,
			void *message, char *error_out)
{
	if (!json_is_array(json))
		return wrong(error_out, desc, field, "is not a list");
	size_t count = json_array_size(json);
	if (count > (size_t)field->hi)
		return wrong(error_out, desc, field, "has too many elements");
	for (size_t i = 0; i < count; i++) {
		/* counted first, so that a half-read part is freed too */
		*count_of(field, message) = (uint32_t)i + 1;
		if (!decode_fields(field->part, json_array_get(json, i),
				   element(field, message, i), error_out))
			return false;
	}
	return true;
}

static bool decode_text(const struct proto_message *desc,
			const struct proto_field *field, const json_t *json,
			void *value, char *error_out)
{
	const char *text = json_string_value(json);
	if (!text)
		return wrong(error_out, desc, field, "is not a text");
	if (json_string_length(json) > (size_t)field->hi)
		return wrong(error_out, desc, field, "is too long");
	if (field->kind == PROTO_LONG)
		*(char **)value = mem_copy_text(text);
	else
		str_copy(value, (size_t)field->hi + 1, text);
	return true;
}

static bool decode_number(const struct proto_message *desc,
			  const struct proto_field *field, const json_t *json,
			  int64_t *value, char *error_out)
{
	if (!json_is_integer(json))
		return wrong(error_out, desc, field, "is not a whole number");
	*value = json_integer_value(json);
	if (*value < field->lo || *value > field->hi)
		return wrong(error_out, desc, field, "is out of bounds");
	return true;
}

static bool decode_enum(const struct proto_message *desc,
			const struct proto_field *field, const json_t *json,
			int *value, char *error_out)
{
	*value = proto_value(field->set, json_string_value(json));
	return *value || wrong(error_out, desc, field, "is no known word");
}

static bool decode_field(const struct proto_message *desc,
			 const struct proto_field *field, const json_t *json,
			 void *message, char *error_out)
{
	void *value = at(message, field->offset);
	switch (field->kind) {
	case PROTO_TEXT:
	case PROTO_LONG:
		return decode_text(desc, field, json, value, error_out);
	case PROTO_INT:
		return decode_number(desc, field, json, value, error_out);
	case PROTO_BOOL:
		if (!json_is_boolean(json))
			return wrong(error_out, desc, field, "is not a bool");
		*(bool *)value = json_is_true(json);
		return true;
	case PROTO_ENUM:
		return decode_enum(desc, field, json, value, error_out);
	case PROTO_LIST:
		return decode_list(desc, field, json, message, error_out);
	}
	return false;
}

static bool decode_fields(const struct proto_message *desc, const json_t *json,
			  void *message, char *error_out)
{
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		const json_t *value = json_object_get(json, field->name);
		if (!value && field->need & PROTO_REQUIRED)
			return wrong(error_out, desc, field, "is missing");
		if (value &&
		    !decode_field(desc, field, value, message, error_out))
			return false;
	}
	return true;
}

static bool copy_member(const json_t *json, const char *name, bool required,
			char *to, size_t size, char *error_out)
{
	const char *text = json_string_value(json_object_get(json, name));
	if ((!text && required) || !str_copy(to, size, text)) {
		snprintf(error_out, PROTO_ERROR_BYTES,
			 "envelope: %s is missing or too long", name);
		return false;
	}
	return true;
}

static bool decode_envelope(const json_t *json, struct envelope *envelope,
			    char *error_out)
{
	const json_t *time = json_object_get(json, "time");
	memset(envelope, 0, sizeof(*envelope));
	envelope->time = json_integer_value(time);
	envelope->epoch = json_integer_value(json_object_get(json, "epoch"));
	return copy_member(json, "type", true, envelope->type,
			   sizeof(envelope->type), error_out) &&
	       copy_member(json, "id", true, envelope->id, sizeof(envelope->id),
			   error_out) &&
	       copy_member(json, "call_sid", true, envelope->call_sid,
			   sizeof(envelope->call_sid), error_out) &&
	       copy_member(json, "account_sid", false, envelope->account_sid,
			   sizeof(envelope->account_sid), error_out) &&
	       copy_member(json, "from", true, envelope->from,
			   sizeof(envelope->from), error_out);
}

static json_t *load(const char *text, size_t size, char *error_out)
{
	json_error_t error;
	if (size > MESSAGE_BYTES_MAX) {
		snprintf(error_out, PROTO_ERROR_BYTES, "%zu bytes are too many",
			 size);
		return NULL;
	}
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (!json) {
		snprintf(error_out, PROTO_ERROR_BYTES, "not JSON: %.120s",
			 error.text);
	} else if (!json_is_object(json)) {
		snprintf(error_out, PROTO_ERROR_BYTES, "not a JSON object");
		json_decref(json);
		json = NULL;
	}
	return json;
}

bool proto_peek(const char *text, size_t size, struct envelope *envelope_out,
		char *error_out)
{
	json_t *json = load(text, size, error_out);
	if (!json)
		return false;
	bool good = decode_envelope(json, envelope_out, error_out);
	json_decref(json);
	return good;
}

bool proto_decode(const struct proto_message *desc, const char *text,
		  size_t size, struct envelope *envelope_out, void *message,
		  char *error_out)
{
	memset(message, 0, desc->size);
	json_t *json = load(text, size, error_out);
	if (!json)
		return false;
	bool good =
		!envelope_out || decode_envelope(json, envelope_out, error_out);
	good = good && decode_fields(desc, json, message, error_out);
	if (!good)
		proto_clear(desc, message);
	json_decref(json);
	return good;
}
