/*
 * document_fuzz.c - whatever a web application answers. The first line is the
 * Content-Type, the rest the body.
 */
#include "services/interpreter/document.h"
#include "services/interpreter/verbs.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct findings findings = {0};
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	size_t head = line ? (size_t)(line - data) : 0;
	char *type = line ? mem_copy_bytes((const char *)data, head)
			  : mem_copy_text("text/xml");
	size_t skip = line ? head + 1 : 0;
	struct document *document = document_parse(
		(const char *)data + skip, size - skip, type, false, &findings);
	if (document)
		verbs_check(document, dialect_row(DIALECT_SIGNALWIRE), true,
			    &findings);
	document_free(document);
	findings_clear(&findings);
	free(type);
	return 0;
}
