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

static unsigned limited(int64_t limit, int64_t most, unsigned standard)
{
	if (limit <= 0)
		return standard;
	return (unsigned)(limit < most ? limit : most);
}

struct dialect dialect_limited(enum dialect_name name,
			       struct dialect_limits limits)
{
	struct dialect dialect = *dialect_row(name);
	dialect.sip_max =
		limited(limits.sips, DIALECT_SIPS_MAX, dialect.sip_max);
	dialect.uri_max = limited(limits.uri, DIALECT_URI_MAX, dialect.uri_max);
	dialect.headers_max = limited(limits.headers, DIALECT_HEADERS_MAX,
				      dialect.headers_max);
	return dialect;
}
