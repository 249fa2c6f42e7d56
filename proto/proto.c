/*
 * proto.c - encodes, decodes and checks any message by its descriptor; knows no
 * message. The only user of jansson, with mask_message.c beside it.
 */
#include "proto/proto.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES_MAX (1024 * 1024)

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

/* --- encoding --- */

/* A JSON string; bytes that are not UTF-8 become U+FFFD, one each. */
static json_t *text_to_json(const char *text)
{
	json_t *json = json_string(text);
	if (json)
		return json;
	char *mended = mem_new(strlen(text) * 3 + 1, 1), *to = mended;
	for (; *text; text++) {
		size_t length = 4;
		while (length && !(strnlen(text, length) == length &&
				   str_is_utf8(text, length)))
			length--;
		size_t take = length ? length : 3;
		memcpy(to, length ? text : "\xef\xbf\xbd", take);
		to += take;
		text += length ? length - 1 : 0;
	}
	json = json_string(mended);
	free(mended);
	return json;
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
			  json_t *to, char *error_out);

static bool encode_list(const struct proto_message *desc,
			const struct proto_field *field, const void *message,
			json_t *to, char *error_out)
{
	uint32_t count = *count_of(field, message);
	if (count > field->hi)
		return wrong(error_out, desc, field, "has too many elements");
	if (!count && !(field->need & PROTO_REQUIRED))
		return true;
	json_t *list = json_array();
	json_object_set_new_nocheck(to, field->name, list);
	for (uint32_t i = 0; i < count; i++) {
		json_t *item = json_object();
		json_array_append_new(list, item);
		if (!encode_fields(field->part, element(field, message, i),
				   item, error_out))
			return false;
	}
	return true;
}

static bool encode_text(const struct proto_message *desc,
			const struct proto_field *field, const char *text,
			json_t *to, char *error_out)
{
	bool required = field->need & PROTO_REQUIRED;
	if (!text)
		return !required || wrong(error_out, desc, field, "is missing");
	if (strlen(text) > (size_t)field->hi)
		return wrong(error_out, desc, field, "is too long");
	if (required || *text)
		json_object_set_new_nocheck(to, field->name,
					    text_to_json(text));
	return true;
}

static bool encode_number(const struct proto_message *desc,
			  const struct proto_field *field, int64_t number,
			  json_t *to, char *error_out)
{
	bool required = field->need & PROTO_REQUIRED;
	if (!number && !required)
		return true;
	if (number < field->lo || number > field->hi)
		return wrong(error_out, desc, field, "is out of bounds");
	json_object_set_new_nocheck(to, field->name, json_integer(number));
	return true;
}

static bool encode_enum(const struct proto_message *desc,
			const struct proto_field *field, int value, json_t *to,
			char *error_out)
{
	const char *word = proto_word(field->set, value);
	if (*word)
		json_object_set_new_nocheck(to, field->name, json_string(word));
	else if (field->need & PROTO_REQUIRED)
		return wrong(error_out, desc, field, "is missing");
	return true;
}

static bool encode_field(const struct proto_message *desc,
			 const struct proto_field *field, const void *message,
			 json_t *to, char *error_out)
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
		if (*(const bool *)value || field->need & PROTO_REQUIRED)
			json_object_set_new_nocheck(
				to, field->name,
				json_boolean(*(const bool *)value));
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
			  json_t *to, char *error_out)
{
	for (size_t i = 0; i < desc->field_count; i++)
		if (!encode_field(desc, &desc->fields[i], message, to,
				  error_out))
			return false;
	return true;
}

static void encode_envelope(const struct proto_message *desc,
			    const struct envelope *envelope, json_t *to)
{
	json_object_set_new(to, "type", json_string(desc->name));
	json_object_set_new(to, "id", text_to_json(envelope->id));
	json_object_set_new(to, "time", json_integer(envelope->time));
	json_object_set_new(to, "call_sid", text_to_json(envelope->call_sid));
	if (envelope->account_sid[0])
		json_object_set_new(to, "account_sid",
				    text_to_json(envelope->account_sid));
	json_object_set_new(to, "from", text_to_json(envelope->from));
	if (envelope->epoch)
		json_object_set_new(to, "epoch", json_integer(envelope->epoch));
}

char *proto_encode(const struct proto_message *desc,
		   const struct envelope *envelope, const void *message,
		   char *error_out)
{
	char *text = NULL;
	json_t *json = json_object();
	if (envelope)
		encode_envelope(desc, envelope, json);
	if (encode_fields(desc, message, json, error_out))
		text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
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
