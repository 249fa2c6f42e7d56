/*
 * dialect.c - the rows of dialects.def; see dialect.h.
 */
#include "services/interpreter/dialect.h"

static const struct dialect rows[] = {
#define DIALECT(constant, ...) [constant] = {__VA_ARGS__},
#include "services/interpreter/dialects.def"
#undef DIALECT
};

const struct dialect *dialect_row(enum dialect_name name)
{
	size_t index = (size_t)name;
	if (index >= sizeof(rows) / sizeof(rows[0]) || !rows[index].name)
		index = DIALECT_SIGNALWIRE;
	return &rows[index];
}
