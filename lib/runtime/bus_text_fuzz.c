/*
 * bus_text_fuzz.c - whatever a server says, in whatever pieces it comes.
 */
#include "lib/runtime/bus_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX 4096

static void use(const struct text_piece *piece, const char *start, size_t left)
{
	if (piece->used > left || !piece->used)
		abort();
	if (piece->kind != TEXT_MESSAGE)
		return;
	if (piece->data < start || piece->data[piece->size] != '\0' ||
	    strlen(piece->subject) > left)
		abort();
	if (piece->headers)
		text_header(piece->headers, piece->headers_size,
			    "Nats-Last-Consumer");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1);
	size_t at = 0;
	struct text_piece piece;
	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	while (text_read(bytes + at, size - at, MAX, &piece) != TEXT_BROKEN &&
	       piece.kind != TEXT_NOTHING) {
		use(&piece, bytes + at, size - at);
		at += piece.used;
	}
	free(bytes);
	return 0;
}
