/*
 * session_id.c - the Session-ID header; see session_id.h.
 */
#include "services/sipgw/session_id.h"

#include "lib/base/id.h"
#include "lib/base/str.h"

#include <string.h>

#define DIGITS 32
static const char nobody[] = "00000000000000000000000000000000";

/* A UUID of version 5 by its form: made from a name (RFC 7989 4.1). */
void session_id_make(const char *secret, const char *root, char *id_out)
{
	char id[ID_BYTES];
	id_keyed("SI", secret, root, "Session-ID", "", id);
	str_copy(id_out, SESSION_ID_BYTES, id + 2);
	id_out[12] = '5';
	id_out[16] = "89ab"[(unsigned char)id_out[16] & 3];
}

bool session_id_read(const char *value, char *id_out)
{
	size_t length;
	value = str_trim(value, strlen(value), &length);
	*id_out = '\0';
	if (strspn(value, "0123456789abcdefABCDEF") != DIGITS ||
	    (value[DIGITS] && !strchr("; \t", value[DIGITS])) ||
	    strncmp(value, nobody, DIGITS) == 0)
		return false;
	for (size_t i = 0; i < DIGITS; i++) {
		char c = value[i];
		id_out[i] = c >= 'A' && c <= 'F' ? (char)(c + 'a' - 'A') : c;
	}
	id_out[DIGITS] = '\0';
	return true;
}

void session_id_line(const char *ours, const char *remote, char *to)
{
	str_format(to, SESSION_ID_LINE_BYTES, "Session-ID: %s;remote=%s", ours,
		   *remote ? remote : nobody);
}
