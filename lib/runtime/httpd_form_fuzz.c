/*
 * httpd_form_fuzz.c - form bodies of strangers: nothing is read or written
 * outside, and what is found is a text.
 */
#include "lib/runtime/httpd_form.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form *form = form_parse((const char *)data, size);
	const char *value = form_value(form, "a");
	if (value && strlen(value) > size)
		abort();
	form_free(form);
	return 0;
}
