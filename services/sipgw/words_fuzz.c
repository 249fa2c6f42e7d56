/*
 * words_fuzz.c - names and values of headers, user parts and display names:
 * results are bounded, clean, and survive the way out and back.
 */
#include "services/sipgw/words.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char to[300], back[300];
	char *text = mem_copy_bytes((const char *)data, size);
	words_header_is_told(text);
	words_header_may_be_added(text);
	if (words_value((const char *)data, size, to, sizeof(to))) {
		assert(!str_has_control(to) && str_is_utf8(to, strlen(to)));
		assert(words_value(to, strlen(to), back, sizeof(back)));
	}
	if (words_escape_user(text, to, sizeof(to)) &&
	    words_unescape(to, back, sizeof(back)))
		assert(strcmp(text, back) == 0);
	if (words_quote(text, to, sizeof(to))) {
		assert(words_unquote(to, back, sizeof(back)));
		assert(strcmp(text, back) == 0);
	}
	if (words_unquote(text, to, sizeof(to)))
		assert(!str_has_control(to));
	free(text);
	return 0;
}
