/*
 * url_fuzz.c - whatever a document calls a URL: base and reference, split at
 * the first line break. A result is always an absolute URL, and a fixed point.
 */
#include "services/interpreter/url.h"

#include "lib/base/mem.h"
#include "lib/base/subject.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char url[URL_BYTES], again[URL_BYTES];
	char *text = mem_copy_bytes((const char *)data, size);
	char *reference = strchr(text, '\n');
	const char *base = "http://a/b/c/d;p?q";
	if (reference) {
		*reference++ = '\0';
		base = text;
	} else {
		reference = text;
	}
	if (url_resolve(base, reference, url, sizeof(url))) {
		assert(url_is_absolute(url));
		assert(url_resolve("", url, again, sizeof(again)));
		assert(strcmp(url, again) == 0);
	}
	url_public(base, url, sizeof(url));
	assert(strlen(url) <= strlen(base));
	url_arrived(base, reference, url, sizeof(url));
	if (url_document(base, reference, url, sizeof(url))) {
		assert(url_is_absolute(url) || subject_in_url(url));
		assert(url_document("", url, again, sizeof(again)));
		assert(strcmp(url, again) == 0);
	}
	free(text);
	return 0;
}
