/*
 * types.c - the table of Content-Types, and what a URL's end tells; see
 * types.h.
 */
#include "services/mediad/sound/types.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

struct type {
	const char *name;
	enum decode_hint hint;
};

static const struct type types[] = {
#define TYPE(name, hint) {name, hint},
#include "services/mediad/sound/sound_types.def"
#undef TYPE
};

/* Ends of paths whose files have no head. */
static const struct type ends[] = {
	{".ulaw", DECODE_ULAW}, {".ul", DECODE_ULAW}, {".mulaw", DECODE_ULAW},
	{".alaw", DECODE_ALAW}, {".al", DECODE_ALAW}, {".gsm", DECODE_GSM},
};

static enum decode_hint hint_of_path(const char *url)
{
	size_t path = strcspn(url, "?#");

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t length = strlen(ends[i].name);

		if (path > length &&
		    strncasecmp(url + path - length, ends[i].name, length) == 0)
			return ends[i].hint;
	}
	return DECODE_PLAIN;
}

static bool says_nothing(const char *type)
{
	return !*type || str_same(type, "application/octet-stream") ||
	       str_same(type, "binary/octet-stream");
}

bool types_hint(const char *content_type, const char *url,
		enum decode_hint *hint_out)
{
	char type[64];
	size_t length;
	const char *name =
		str_trim(content_type, strcspn(content_type, ";"), &length);

	if (!str_copy_bytes(type, sizeof(type), name, length))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!str_same(types[i].name, type))
			continue;
		*hint_out = types[i].hint;
		return true;
	}
	*hint_out = hint_of_path(url);
	/* A kind of sound that nobody listed: libsndfile may know it. */
	return says_nothing(type) || strncasecmp(type, "audio/", 6) == 0;
}
