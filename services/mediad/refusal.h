/*
 * refusal.h - why something that was asked for does not happen.
 *
 * Contract: filled by whoever refuses, in words for a person; 'code' is a
 * number of errors.def, 'status' the SIP status that fits. Borrowed text is
 * copied. No thread of its own.
 */
#pragma once

#include <stdbool.h>

#define REFUSAL_TEXT_BYTES 256

struct refusal {
	int code;
	int status;
	char text[REFUSAL_TEXT_BYTES];
};

/* Fills it; always false, so that a refusing function can return it. */
bool refusal_set(struct refusal *refusal, int code, int status,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
