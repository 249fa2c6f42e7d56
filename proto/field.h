/*
 * field.h - reaches from a descriptor into a struct; for proto/ alone.
 *
 * Contract: 'message' is the struct that 'desc' describes. Any thread.
 */
#pragma once

#include "proto/proto.h"

#include <stdio.h>

/* A descriptor's constness is not the struct's: the caller knows. */
static inline void *field_at(const void *message, size_t offset)
{
	return (char *)(uintptr_t)message + offset;
}

static inline uint32_t *field_count(const struct proto_field *field,
				    const void *message)
{
	return field_at(message, field->count_offset);
}

static inline void *field_element(const struct proto_field *field,
				  const void *message, size_t i)
{
	return field_at(message, field->offset + i * field->part->size);
}

/* Says what is wrong with a field; false, always. */
static inline bool field_wrong(char *error_out,
			       const struct proto_message *desc,
			       const struct proto_field *field,
			       const char *what)
{
	if (error_out)
		snprintf(error_out, PROTO_ERROR_BYTES, "%s.%s %s", desc->name,
			 field->name, what);
	return false;
}
