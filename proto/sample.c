/*
 * sample.c - valid messages made from the tables: what tests go round with, and
 * the seeds of the fuzzers.
 */
#include "proto/proto.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdint.h>

static void sample_field(const struct proto_field *field, char *message)
{
	void *value = message + field->offset;
	switch (field->kind) {
	case PROTO_TEXT:
		str_copy(value, (size_t)field->hi + 1, "sample");
		break;
	case PROTO_LONG: proto_set_long(value, field->name); break;
	case PROTO_INT:
		*(int64_t *)value = field->lo > 0   ? field->lo
				    : field->hi < 7 ? field->hi
						    : 7;
		break;
	case PROTO_BOOL: *(bool *)value = true; break;
	case PROTO_ENUM: *(int *)value = field->set->count - 1; break;
	case PROTO_LIST:
		*(uint32_t *)(void *)(message + field->count_offset) = 1;
		proto_sample(field->part, value);
		break;
	}
}

void proto_sample(const struct proto_message *desc, void *message)
{
	for (size_t i = 0; i < desc->field_count; i++)
		sample_field(&desc->fields[i], message);
}
