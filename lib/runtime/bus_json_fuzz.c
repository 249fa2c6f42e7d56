/*
 * bus_json_fuzz.c - nothing in an answer leads the scanner astray.
 */
#include "lib/runtime/bus_json.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *json = (const char *)data;
	int64_t number;
	char text[16];
	bus_json_number(json, size, "seq", &number);
	bus_json_number(json, size, "error.err_code", &number);
	bus_json_text(json, size, "error.description", text, sizeof(text));
	bus_json_true(json, size, "duplicate");
	return 0;
}
