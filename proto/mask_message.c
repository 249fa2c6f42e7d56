/*
 * mask_message.c - a message as people may see it: secrets replaced, by the
 * table; see proto_masked() in proto.h.
 */
#include "proto/mask.h"
#include "proto/proto.h"

#include "lib/base/str.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void replace(json_t *object, const char *key, char *text)
{
	json_object_set_new(object, key, json_string(text));
	free(text);
}

static void mask_fields(const struct proto_message *desc, json_t *object)
{
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		json_t *value = json_object_get(object, field->name);
		const char *text = json_string_value(value);
		if (text && *text && field->need & PROTO_SECRET)
			json_object_set_new(object, field->name,
					    json_string("***"));
		else if (text && field->need & PROTO_DOCUMENT)
			replace(object, field->name, mask_document(text));
		else if (text && field->need & PROTO_SDP)
			replace(object, field->name, mask_sdp(text));
		else if (text && field->need & PROTO_URI)
			replace(object, field->name, mask_uris(text));
		for (size_t j = 0; j < json_array_size(value) && field->part;
		     j++)
			mask_fields(field->part, json_array_get(value, j));
	}
}

/* Nothing is known of its fields: no text of it is shown. */
static void mask_everything(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;
	json_object_foreach(json, key, value)
	{
		if (json_is_string(value))
			json_object_set_new(json, key, json_string("***"));
		mask_everything(value);
	}
	json_array_foreach(json, i, value)
	{
		if (json_is_string(value))
			json_array_set_new(json, i, json_string("***"));
		mask_everything(value);
	}
}

static void mask_unknown(json_t *message)
{
	static const char *const kept[] = {"type", "id", "call_sid",
					   "account_sid", "from"};
	json_t *envelope = json_object();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_t *value = json_object_get(message, kept[i]);
		if (json_is_string(value))
			json_object_set(envelope, kept[i], value);
	}
	mask_everything(message);
	json_object_update(message, envelope);
	json_decref(envelope);
}

/* Fields that its table does not know (a newer sender's) are not shown. */
static void mask_extra(const struct proto_message *desc, json_t *message)
{
	static const char envelope[] =
		" type id time call_sid account_sid from epoch ";
	const char *key;
	json_t *value;
	void *next;
	json_object_foreach_safe(message, next, key, value)
	{
		char word[40];
		bool known = str_format(word, sizeof(word), " %s ", key) &&
			     strstr(envelope, word);
		for (size_t i = 0; !known && i < desc->field_count; i++)
			known = strcmp(desc->fields[i].name, key) == 0;
		if (!known && json_is_string(value))
			json_object_set_new(message, key, json_string("***"));
		else if (!known)
			mask_everything(value);
	}
}

char *proto_masked(const char *text, size_t size)
{
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	char *masked = NULL;
	const char *type = json_string_value(json_object_get(json, "type"));
	if (type) {
		const struct proto_message *desc = proto_find(type);
		if (desc) {
			mask_fields(desc, json);
			mask_extra(desc, json);
		} else {
			mask_unknown(json);
		}
		masked = json_dumps(json, JSON_COMPACT);
	}
	json_decref(json);
	return masked;
}
