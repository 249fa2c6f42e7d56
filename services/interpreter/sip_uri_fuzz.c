/*
 * sip_uri_fuzz.c - whatever stands in a <Sip>. What may be dialled holds no
 * control character, and no header that would overwrite a core one.
 */
#include "services/interpreter/target.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_copy_bytes((const char *)data, size);
	for (int name = DIALECT_SIGNALWIRE; name <= DIALECT_TWILIO; name++) {
		struct findings findings = {0};
		struct target target;
		target_parse(text, dialect_row((enum dialect_name)name),
			     (struct place){1, 1}, &findings, &target);
		assert(target.error || !str_has_control(target.uri));
		for (uint32_t i = 0; i < target.header_count; i++) {
			struct header *header = &target.headers[i];
			assert(!str_has_control(header->value));
			assert(!str_has_control(header->name));
			assert(strcasecmp(header->name, "From") != 0);
			assert(strcasecmp(header->name, "Via") != 0);
			assert(strcasecmp(header->name, "Route") != 0);
		}
		target_clear(&target);
		findings_clear(&findings);
	}
	free(text);
	return 0;
}
