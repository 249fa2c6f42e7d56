/*
 * freshness.c - the directives of Cache-Control that matter here; see
 * freshness.h.
 */
#include "services/fetcher/freshness.h"

#include "lib/base/str.h"

#include <string.h>
#include <strings.h>

static bool is_word(const char *at, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(at, word, length) == 0;
}

/* A value that is no number means "stale at once" (RFC 9111, 4.2.1). */
static int64_t seconds(const char *value, size_t length)
{
	char text[12];
	int64_t number;

	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		value++;
		length -= 2;
	}
	if (length > 10 && strspn(value, "0123456789") >= length)
		return FRESHNESS_MAX_S;
	if (!str_copy_bytes(text, sizeof(text), value, length) ||
	    !str_number(text, 0, INT64_MAX, &number))
		return 0;
	return number < FRESHNESS_MAX_S ? number : FRESHNESS_MAX_S;
}

static void read_directive(struct freshness *found, const char *at,
			   size_t length)
{
	const char *equals = memchr(at, '=', length);
	size_t name = equals ? (size_t)(equals - at) : length;

	if (is_word(at, name, "no-store"))
		found->keep = false;
	else if (is_word(at, name, "no-cache"))
		found->fresh_ms = -1;
	else if (is_word(at, name, "must-revalidate"))
		found->strict = true;
	else if (is_word(at, name, "max-age") && equals && found->fresh_ms == 0)
		found->fresh_ms = seconds(equals + 1, length - name - 1) * 1000;
}

struct freshness freshness_of(const char *cache_control)
{
	struct freshness found = {.keep = true};
	const char *at = cache_control ? cache_control : "";

	while (*at) {
		size_t part = strcspn(at, ","), length;
		const char *word = str_trim(at, part, &length);

		read_directive(&found, word, length);
		at += part + (at[part] == ',');
	}
	if (found.fresh_ms < 0) { /* no-cache, whatever max-age says */
		found.fresh_ms = 0;
		found.strict = true;
	}
	return found;
}
