/*
 * proto.c - finds, copies and frees any message by its descriptor; knows no
 * message. See encode.c and decode.c for its way to the bus and back.
 */
#include "proto/proto.h"

#include "lib/base/mem.h"
#include "proto/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* --- structs --- */

void proto_clear(const struct proto_message *desc, void *message)
{
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		if (field->kind == PROTO_LONG)
			free(*(char **)field_at(message, field->offset));
		if (field->kind == PROTO_LIST)
			for (size_t j = 0; j < *field_count(field, message);
			     j++)
				proto_clear(field->part,
					    field_element(field, message, j));
	}
	memset(message, 0, desc->size);
}

void proto_copy(const struct proto_message *desc, const void *from, void *to)
{
	memcpy(to, from, desc->size);
	for (size_t i = 0; i < desc->field_count; i++) {
		const struct proto_field *field = &desc->fields[i];
		if (field->kind == PROTO_LONG) {
			char **text = field_at(to, field->offset);
			*text = mem_copy_text(*text);
		}
		if (field->kind == PROTO_LIST)
			for (size_t j = 0; j < *field_count(field, from); j++)
				proto_copy(field->part,
					   field_element(field, from, j),
					   field_element(field, to, j));
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
