/*
 * document_fuzz.c - whatever a web application answers. The first line is the
 * Content-Type, the rest the body. What is read strictly is read anyhow, and
 * what the readers give keeps to its bounds whatever is written.
 */
#include "lib/markup/document.h"
#include "services/interpreter/verbs.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_sip(const struct document *document, uint32_t sip)
{
	char codecs[VERBS_CODECS_BYTES];
	int64_t session = verbs_session(document, sip);
	const char *user = verbs_text(document, sip, "username");
	assert(session >= 90 && session <= 86400);
	assert(!user || (!str_has_control(user) && strlen(user) <= 255));
	verbs_codecs(document, sip, codecs);
	assert(codecs[0] && strlen(codecs) < sizeof(codecs));
	assert(verbs_events(document, sip) < 1U << HOOK_EVENTS);
}

static void read_dial(const struct document *document, uint32_t dial,
		      const struct dialect *dialect)
{
	struct noun nouns[VERBS_NOUNS_MAX];
	struct recording recording;
	char name[VERBS_NAME_BYTES];
	unsigned dialled = 0;
	unsigned count = verbs_nouns(document, dial, dialect, nouns);
	assert(count <= VERBS_NOUNS_MAX);
	for (unsigned i = 0; i < count; i++) {
		assert(nouns[i].node < document->node_count);
		assert(!nouns[i].error == !nouns[i].error_text[0]);
		dialled += !nouns[i].error;
	}
	assert(dialled <= dialect->sip_max);
	const char *caller = verbs_caller_id(document, dial, dialect);
	assert(!caller || (!str_has_control(caller) && !strchr(caller, ' ')));
	if (verbs_caller_name(document, dial, name))
		assert(!str_has_control(name) &&
		       str_is_utf8(name, strlen(name)));
	verbs_recording(document, dial, &recording);
	assert(recording.events && recording.events < 8);
	int64_t timeout = verbs_number(document, dial, "timeout");
	assert(timeout >= 1 && timeout <= 600);
	(void)verbs_bool(document, dial, "hangupOnStar");
}

static void read_all(const struct document *document,
		     const struct dialect *dialect)
{
	for (uint32_t node = 0; node < document->node_count; node++) {
		const char *name = document_name(document, node);
		if (strcmp(name, "Dial") == 0)
			read_dial(document, node, dialect);
		if (strcmp(name, "Sip") == 0)
			read_sip(document, node);
	}
}

static void read_as(const char *type, const char *body, size_t size,
		    enum dialect_name name)
{
	struct findings findings = {0};
	const struct dialect *dialect = dialect_row(name);
	struct document *document =
		document_parse(body, size, type, false, &findings);
	if (document) {
		verbs_check(document, dialect, true, &findings);
		read_all(document, dialect);
	}
	findings_clear(&findings);
	struct document *strict =
		document_parse(body, size, type, true, &findings);
	assert(!strict || document);
	assert(!strict || findings.count == 0);
	assert(strict || findings_have_error(&findings));
	findings_clear(&findings);
	document_free(strict);
	document_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	size_t head = line ? (size_t)(line - data) : 0;
	char *type = line ? mem_copy_bytes((const char *)data, head)
			  : mem_copy_text("text/xml");
	size_t skip = line ? head + 1 : 0;
	enum dialect_name name =
		(enum dialect_name)(DIALECT_SIGNALWIRE + size % 3);
	read_as(type, (const char *)data + skip, size - skip, name);
	free(type);
	return 0;
}
