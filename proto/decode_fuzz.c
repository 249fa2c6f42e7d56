/*
 * decode_fuzz.c - the reader against jansson: the same messages are taken.
 *
 * The reference makes a tree of the text and looks each field up in it. What
 * one of them takes the other one must take, and see the same in it. Limits
 * that only the reader has are let pass; docs/adr/0011-our-own-json-reader.md
 * names them.
 */
#include "proto/proto.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "proto/field.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the reference --- */

static bool fields_of(const struct proto_message *desc, const json_t *json,
		      void *message);

static bool list_of(const struct proto_field *field, const json_t *json,
		    void *message)
{
	size_t count = json_array_size(json);
	if (!json_is_array(json) || count > (size_t)field->hi)
		return false;
	for (size_t i = 0; i < count; i++) {
		*field_count(field, message) = (uint32_t)i + 1;
		if (!fields_of(field->part, json_array_get(json, i),
			       field_element(field, message, i)))
			return false;
	}
	return true;
}

static bool text_of(const struct proto_field *field, const json_t *json,
		    void *value)
{
	const char *text = json_string_value(json);
	if (!text || json_string_length(json) > (size_t)field->hi)
		return false;
	if (field->kind == PROTO_LONG)
		*(char **)value = mem_copy_text(text);
	else
		str_copy(value, (size_t)field->hi + 1, text);
	return true;
}

static bool field_of(const struct proto_field *field, const json_t *json,
		     void *message)
{
	void *value = field_at(message, field->offset);
	int64_t number = json_integer_value(json);
	switch (field->kind) {
	case PROTO_TEXT:
	case PROTO_LONG: return text_of(field, json, value);
	case PROTO_INT:
		*(int64_t *)value = number;
		return json_is_integer(json) && number >= field->lo &&
		       number <= field->hi;
	case PROTO_BOOL:
		*(bool *)value = json_is_true(json);
		return json_is_boolean(json);
	case PROTO_ENUM:
		*(int *)value =
			proto_value(field->set, json_string_value(json));
		return *(int *)value != 0;
	case PROTO_LIST: return list_of(field, json, message);
	}
	return false;
}

static bool fields_of(const struct proto_message *desc, const json_t *json,
		      void *message)
{
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		const json_t *value = json_object_get(json, field->name);
		if (value ? !field_of(field, value, message)
			  : field->need & PROTO_REQUIRED)
			return false;
	}
	return true;
}

static bool member_of(const json_t *json, const char *name, bool required,
		      char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(json, name));
	return (text || !required) && str_copy(to, size, text);
}

static bool envelope_of(const json_t *json, struct envelope *to)
{
	memset(to, 0, sizeof(*to));
	to->time = json_integer_value(json_object_get(json, "time"));
	to->epoch = json_integer_value(json_object_get(json, "epoch"));
	return member_of(json, "type", true, to->type, sizeof(to->type)) &&
	       member_of(json, "id", true, to->id, sizeof(to->id)) &&
	       member_of(json, "call_sid", true, to->call_sid,
			 sizeof(to->call_sid)) &&
	       member_of(json, "account_sid", false, to->account_sid,
			 sizeof(to->account_sid)) &&
	       member_of(json, "from", true, to->from, sizeof(to->from));
}

/* jansson passes over a NUL byte behind a number or a word. */
static json_t *load(const char *text, size_t size)
{
	return memchr(text, '\0', size)
		       ? NULL
		       : json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
}

/* Without 'desc' only the envelope. */
static bool reference(const struct proto_message *desc, const json_t *json,
		      struct envelope *envelope, void *message)
{
	return json_is_object(json) &&
	       (!envelope || envelope_of(json, envelope)) &&
	       (!desc || fields_of(desc, json, message));
}

/* --- the comparison --- */

static bool is_own_limit(const char *error)
{
	static const char *const limits[] = {
		"too many levels", "too many unknown names",
		"too many names with escapes", "a number is too long"};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strstr(error, limits[i]))
			return true;
	return false;
}

static void fail(const char *what, const char *which, const char *error)
{
	fprintf(stderr, "%s: %s; the reader says: %s\n", which, what, error);
	abort();
}

static void same_message(const struct proto_message *desc, const void *ours,
			 const void *theirs)
{
	char *one = proto_encode(desc, NULL, ours, NULL);
	char *two = proto_encode(desc, NULL, theirs, NULL);
	if (!str_equal(one, two))
		fail("seen otherwise", desc->name, two ? two : "");
	free(one);
	free(two);
}

static void compare(const struct proto_message *desc, const char *text,
		    size_t size, const json_t *json, bool with_envelope)
{
	char error[PROTO_ERROR_BYTES] = "";
	struct envelope ours, theirs;
	void *one = proto_new(desc), *two = proto_new(desc);
	bool taken = proto_decode(desc, text, size,
				  with_envelope ? &ours : NULL, one, error);
	bool wanted =
		reference(desc, json, with_envelope ? &theirs : NULL, two);
	if (taken != wanted && !is_own_limit(error))
		fail(wanted ? "refused" : "taken", desc->name, error);
	if (taken && with_envelope && memcmp(&ours, &theirs, sizeof(ours)) != 0)
		fail("another envelope", desc->name, error);
	if (taken)
		same_message(desc, one, two);
	if (!taken && error[0] == '\0')
		fail("refused without a word", desc->name, error);
	proto_free(desc, one);
	proto_free(desc, two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	char error[PROTO_ERROR_BYTES] = "";
	struct envelope ours, theirs;
	if (size > MESSAGE_BYTES_MAX)
		return 0;
	json_t *json = load(text, size);
	bool taken = proto_peek(text, size, &ours, error);
	bool wanted = reference(NULL, json, &theirs, NULL);
	if (taken != wanted && !is_own_limit(error))
		fail(wanted ? "refused" : "taken", "envelope", error);
	if (taken && memcmp(&ours, &theirs, sizeof(ours)) != 0)
		fail("another envelope", "peek", error);
	const struct proto_message *desc = taken ? proto_find(ours.type) : NULL;
	if (desc && desc->use != PROTO_RECORD)
		compare(desc, text, size, json, true);
	compare(&leg_closed_message, text, size, json, false);
	compare(&dialog_message, text, size, json, false);
	compare(&hangup_message, text, size, json, false);
	json_decref(json);
	return 0;
}
