/*
 * bus_follow_fuzz.c - what a reply subject tells of a delivered message.
 */
#include "lib/runtime/bus_private.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char prefix[] = "$JS.ACK.";
	struct bus_delivery delivery;
	char *text = malloc(sizeof(prefix) + size);
	if (!text)
		return 0;
	memcpy(text, prefix, sizeof(prefix) - 1);
	memcpy(text + sizeof(prefix) - 1, data, size);
	text[sizeof(prefix) - 1 + size] = '\0';
	bus_delivery_parse(text, &delivery);
	free(text);
	return 0;
}
