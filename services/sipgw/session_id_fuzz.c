/*
 * session_id_fuzz.c - values of Session-ID, and lists of destinations: what
 * strangers and administrators write.
 */
#include "services/sipgw/session_id.h"

#include "lib/base/mem.h"
#include "services/sipgw/limits.h"
#include "services/sipgw/resolve.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[SESSION_ID_BYTES], line[SESSION_ID_LINE_BYTES];
	char *text = mem_copy_bytes((const char *)data, size);
	struct sockaddr_storage address;
	if (session_id_read(text, id)) {
		assert(strspn(id, "0123456789abcdef") == 32 && !id[32]);
		session_id_line(id, id, line);
		assert(strlen(line) == 12 + 32 + 8 + 32);
	} else {
		assert(!*id);
	}
	resolve_numeric("192.0.2.1", 5060, &address);
	limits_list_has(text, "sip.example.com", (struct sockaddr *)&address);
	if (size > 1)
		limits_list_has("*.example.com,192.0.2.0/24", text,
				(struct sockaddr *)&address);
	resolve_read(text, &address);
	free(text);
	return 0;
}
