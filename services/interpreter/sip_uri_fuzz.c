/*
 * sip_uri_fuzz.c - whatever stands in a <Sip>. What may be dialled holds no
 * control character, and no header that would overwrite a core one.
 */
#include "services/interpreter/target.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_core(const char *name)
{
	static const struct {
		const char *name, *use;
	} headers[] = {
#define SIP_HEADER(name, use, doc) {name, #use},
#include "services/interpreter/sip_headers.def"
#undef SIP_HEADER
	};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (strcasecmp(headers[i].name, name) == 0)
			return strcmp(headers[i].use, "IS_CORE") == 0;
	}
	return strlen(name) == 1; /* a compact form */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_copy_bytes((const char *)data, size);
	/* The rows' own limits, and the largest that can be set. */
	for (int name = 2 * DIALECT_SIGNALWIRE; name <= 2 * DIALECT_TWILIO + 1;
	     name++) {
		struct findings findings = {0};
		struct target target;
		int64_t most = name % 2 ? INT64_MAX : 0;
		const struct dialect dialect = dialect_limited(
			(enum dialect_name)(name / 2),
			(struct dialect_limits){.uri = most, .headers = most});
		target_parse(text, &dialect, (struct place){1, 1}, &findings,
			     &target);
		assert(target.error || !str_has_control(target.uri));
		assert(target.error || strlen(target.uri) <= dialect.uri_max);
		assert(!target.error || target.error_text[0]);
		for (uint32_t i = 0; i < target.header_count; i++) {
			struct header *header = &target.headers[i];
			assert(!str_has_control(header->value));
			assert(!str_has_control(header->name));
			assert(strlen(header->value) <=
			       (name % 2 ? 1024 : SIP_URI_BYTES_MAX));
			assert(!is_core(header->name));
		}
		target_clear(&target);
		findings_clear(&findings);
	}
	free(text);
	return 0;
}
